import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import stripe
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from checkout.api.models import CheckoutRequest
from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.errors import (
    IdempotencyMismatch,
    InvalidRequest,
    OrdersUnavailable,
    StripeRateLimited,
    StripeUnavailable,
)
from checkout.settings import Settings
from checkout.stripe.api import StripeApi
from tests.unit.aws_calls import AwsCalls, breaks, refuses
from tests.unit.fake_stripe import FakeStripe, StripeRequest
from tests.unit.stack import OTHER_STACK
from tests.unit.stripe_objects import NOW, fact, session

type Json = dict[str, Any]
type Failure = Callable[[AWSPreparedRequest], AWSResponse]

CREATE = ("post", "/v1/checkout/sessions")
EXPIRE_SECOND = ("post", "/v1/checkout/sessions/cs_test_2/expire")
NO_ROUTE = breaks(EndpointConnectionError(endpoint_url="https://dynamodb"))
KEY = "cart-77"
# What a retry finds again after the next deployment, too.
ORDER_OF_KEY = "ord_2c7fd096c6837b098628de17a134a40e"
REQUEST = CheckoutRequest.model_validate({"items": [{"price": "price_1abc", "quantity": 2}]})
ANOTHER = CheckoutRequest.model_validate({"items": [{"price": "price_1abc", "quantity": 3}]})


class Stripe(FakeStripe):
    """Create, expire and give sessions, with idempotency keys; canned answers come first."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str | None, tuple[dict[str, str], Json]] = {}
        self.sessions: dict[str, Json] = {}
        self.fail_at: tuple[str, str] | None = None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        **more: object,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            return super().request(method, url, headers, post_data, **more)
        except IndexError:
            status, document = self._answer(self.requests[-1])
            return json.dumps(document), status, {}

    def _answer(self, sent: StripeRequest) -> tuple[int, Json]:
        if (sent.method, sent.path) == self.fail_at:
            return 500, {"error": {"type": "api_error"}}
        match sent.method, sent.path.split("/")[4:]:
            case "post", []:
                return self._create(sent)
            case "post", [session_id, "expire"] if self.sessions[session_id]["status"] == "open":
                self.sessions[session_id] |= {"status": "expired", "url": None}
                return 200, self.sessions[session_id]
            case "get", [session_id]:
                return 200, self.sessions[session_id]
        return 400, {"error": {"type": "invalid_request_error", "message": "not open"}}

    def _create(self, sent: StripeRequest) -> tuple[int, Json]:
        if sent.idempotency_key not in self.keys:
            number = len(self.sessions) + 1
            metadata = {
                name[len("metadata[") : -1]: value
                for name, value in sent.params.items()
                if name.startswith("metadata[")
            }
            made = session(id=f"cs_test_{number}", url=f"https://pay/{number}", metadata=metadata)
            self.keys[sent.idempotency_key] = (sent.params, dict(made))
            self.sessions[made["id"]] = made
        params, answer = self.keys[sent.idempotency_key]
        if params != sent.params:
            return 400, {"error": {"type": "idempotency_error"}}
        return 200, answer


@pytest.fixture
def fake_stripe() -> Stripe:
    return Stripe()


@pytest.fixture
def sessions(
    settings: Settings,
    stripe_client: stripe.StripeClient,
    credentials: CredentialsReader,
    orders: OrdersTable,
) -> Checkouts:
    credentials.read()
    return Checkouts(settings, StripeApi(stripe_client, credentials), orders, now=lambda: NOW)


def test_the_same_key_and_body_give_the_same_session(
    sessions: Checkouts, fake_stripe: Stripe, orders: OrdersTable
) -> None:
    first = sessions.create(REQUEST, KEY)
    assert sessions.create(REQUEST, KEY) == first
    assert first.url == "https://pay/1"
    order = orders.find(first.order_id)
    assert order is not None
    assert order.version == 1
    assert fake_stripe.calls == [CREATE, CREATE]


def test_a_key_means_the_same_order_from_one_release_to_the_next(
    sessions: Checkouts, fake_stripe: Stripe
) -> None:
    assert sessions.create(REQUEST, KEY).order_id == ORDER_OF_KEY
    assert fake_stripe.requests[0].idempotency_key == ORDER_OF_KEY


def test_another_key_is_another_order(sessions: Checkouts) -> None:
    assert sessions.create(REQUEST, KEY).order_id != sessions.create(REQUEST, "cart-78").order_id


def test_without_a_key_each_request_is_an_order_of_its_own(sessions: Checkouts) -> None:
    assert sessions.create(REQUEST, None).order_id != sessions.create(REQUEST, None).order_id


def test_the_same_key_is_another_order_in_another_stack(
    sessions: Checkouts, settings: Settings
) -> None:
    other = replace(sessions, settings=replace(settings, stack=OTHER_STACK))
    assert sessions.create(REQUEST, KEY).order_id != other.create(REQUEST, KEY).order_id


@pytest.mark.parametrize("key", ["k", "k" * 255, "a b", "!~", '"0f0c"'])
def test_a_key_is_1_to_255_printable_characters(sessions: Checkouts, key: str) -> None:
    assert sessions.create(REQUEST, key).session_id == "cs_test_1"


@pytest.mark.parametrize("key", ["", " ", "k" * 256, " k", "k ", "a\nb", "k\n", "é", "\x00"])
def test_any_other_key_is_refused_before_stripe_is_asked(
    sessions: Checkouts, fake_stripe: Stripe, key: str
) -> None:
    with pytest.raises(InvalidRequest, match="Idempotency-Key must be 1 to 255"):
        sessions.create(REQUEST, key)
    assert fake_stripe.requests == []


@pytest.mark.parametrize(
    ("failure", "written"), [(NO_ROUTE, False), (refuses("InternalServerError", 500), True)]
)
def test_a_retry_completes_what_a_failure_left(
    sessions: Checkouts,
    fake_stripe: Stripe,
    calls: AwsCalls,
    failure: Failure,
    written: bool,  # noqa: FBT001
) -> None:
    """The write fails, or its answer is lost."""
    calls.failure = failure
    with pytest.raises(OrdersUnavailable):
        sessions.create(REQUEST, KEY)
    calls.failure = None
    assert (sessions.orders.find(ORDER_OF_KEY) is not None) == written
    created = sessions.create(REQUEST, KEY)
    assert (created.session_id, created.url) == ("cs_test_1", "https://pay/1")
    assert len(fake_stripe.sessions) == 1
    order = sessions.orders.find(ORDER_OF_KEY)
    assert order is not None
    assert (order.session_id, order.version) == ("cs_test_1", 1)


def test_a_retry_completes_what_a_broken_connection_left(
    sessions: Checkouts, fake_stripe: Stripe
) -> None:
    fake_stripe.break_connection()
    with pytest.raises(StripeUnavailable):
        sessions.create(REQUEST, KEY)
    sessions.create(REQUEST, KEY)
    first, second = fake_stripe.requests
    assert first.idempotency_key == second.idempotency_key == ORDER_OF_KEY
    assert first.params == second.params


def test_the_same_key_with_another_body_is_refused(
    sessions: Checkouts, fake_stripe: Stripe, orders: OrdersTable
) -> None:
    first = sessions.create(REQUEST, KEY)
    before = orders.find(first.order_id)
    with pytest.raises(IdempotencyMismatch, match="use a new key for a new checkout"):
        sessions.create(ANOTHER, KEY)
    assert orders.find(first.order_id) == before
    assert sessions.create(REQUEST, KEY) == first


def test_another_body_is_refused_even_where_a_crash_left_no_order(
    sessions: Checkouts, calls: AwsCalls
) -> None:
    calls.failure = NO_ROUTE
    with pytest.raises(OrdersUnavailable):
        sessions.create(REQUEST, KEY)
    calls.failure = None
    with pytest.raises(IdempotencyMismatch):
        sessions.create(ANOTHER, KEY)


def test_two_requests_at_once_are_asked_to_come_back(
    sessions: Checkouts, fake_stripe: Stripe
) -> None:
    fake_stripe.answer_error(409, type="idempotency_error", code="idempotency_key_in_use")
    with pytest.raises(StripeRateLimited):
        sessions.create(REQUEST, KEY)


def test_the_same_body_finds_its_session_though_the_stack_changed(
    sessions: Checkouts, settings: Settings, fake_stripe: Stripe
) -> None:
    """A new default address makes other parameters of the same request."""
    first = sessions.create(REQUEST, KEY)
    moved = replace(settings, default_cancel_url="https://shop.example/new-cart")
    assert replace(sessions, settings=moved).create(REQUEST, KEY) == first
    assert fake_stripe.calls == [CREATE, CREATE, ("get", "/v1/checkout/sessions/cs_test_1")]


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.EXPIRED, OrderStatus.PROCESSING])
def test_a_retry_leads_nobody_to_a_page_that_is_done(
    sessions: Checkouts, orders: OrdersTable, status: OrderStatus
) -> None:
    first = sessions.create(REQUEST, KEY)
    orders.record(fact(status, order_id=first.order_id, session_id=first.session_id))
    assert sessions.create(REQUEST, KEY) == replace(first, url=None, status=status)


def test_a_session_that_a_late_retry_made_is_expired_and_the_first_one_given(
    sessions: Checkouts, fake_stripe: Stripe, orders: OrdersTable
) -> None:
    first = sessions.create(REQUEST, KEY)
    before = orders.find(first.order_id)
    fake_stripe.keys.clear()  # as after 24 hours
    assert sessions.create(REQUEST, KEY) == first
    assert [made["status"] for made in fake_stripe.sessions.values()] == ["open", "expired"]
    assert orders.find(first.order_id) == before


def test_the_next_late_retry_gives_the_first_session_again(
    sessions: Checkouts, fake_stripe: Stripe
) -> None:
    first = sessions.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    for _ in range(3):
        assert sessions.create(REQUEST, KEY) == first
    assert len(fake_stripe.sessions) == 2


def test_a_late_retry_whose_expiry_failed_is_completed_by_the_next(
    sessions: Checkouts, fake_stripe: Stripe
) -> None:
    first = sessions.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    fake_stripe.fail_at = EXPIRE_SECOND
    with pytest.raises(StripeUnavailable):
        sessions.create(REQUEST, KEY)
    fake_stripe.fail_at = None
    assert sessions.create(REQUEST, KEY) == first
    assert fake_stripe.sessions["cs_test_2"]["status"] == "expired"


def test_another_body_is_refused_after_24_hours_too_and_leaves_nothing_to_pay(
    sessions: Checkouts, fake_stripe: Stripe
) -> None:
    sessions.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    with pytest.raises(IdempotencyMismatch):
        sessions.create(ANOTHER, KEY)
    assert [made["status"] for made in fake_stripe.sessions.values()] == ["open", "expired"]


def test_a_late_retry_of_a_paid_order_leads_to_no_page(
    sessions: Checkouts, fake_stripe: Stripe, orders: OrdersTable
) -> None:
    first = sessions.create(REQUEST, KEY)
    ids = {"order_id": first.order_id, "session_id": first.session_id}
    fingerprint = REQUEST.fingerprint(KEY)
    orders.record(fact(OrderStatus.PAID, request_fingerprint=fingerprint, **ids))
    fake_stripe.keys.clear()
    assert sessions.create(REQUEST, KEY) == replace(first, url=None, status=OrderStatus.PAID)
    assert fake_stripe.sessions["cs_test_2"]["status"] == "expired"

from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.domain.order import OrderStatus
from checkout.errors import (
    IdempotencyMismatch,
    InvalidRequest,
    OrdersUnavailable,
    StripeRateLimited,
    StripeUnavailable,
    UnexpectedStripeObject,
)
from checkout.settings import Settings
from tests.support import creating
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.creating import CREATE, PRICE, CreatingStripe, by_price, request, retrieve
from tests.support.stack import OTHER_STACK
from tests.support.stripe_objects import fact

type Failure = Callable[[AWSPreparedRequest], AWSResponse]

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts

NO_ROUTE = breaks(EndpointConnectionError(endpoint_url="https://dynamodb"))
KEY = "cart-77-attempt-1"
# What a retry finds again after the next deployment, too.
ORDER_OF_KEY = "ord_1b5beb2a55aa1155cbe7c0512f8873f9"
MALFORMED_KEY = r"^Idempotency-Key must be 16 to 255 printable ASCII characters\.$"
ANOTHER_BODY = (
    r"^This Idempotency-Key was used with another body: use a new key for a new checkout\.$"
)
LOST = r"^Stripe no longer has the session of this order\.$"
REQUEST = request(*by_price(PRICE, quantity=2))
ANOTHER = request(*by_price(PRICE, quantity=3))


def test_the_same_key_and_body_give_the_same_session(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    first = checkouts.create(REQUEST, KEY)
    assert checkouts.create(REQUEST, KEY) == first
    assert first.url == "https://pay.example/1"
    order = orders.find(first.order_id)
    assert order is not None
    assert order.version == 1
    assert fake_stripe.calls == [CREATE, CREATE]


def test_a_key_means_the_same_order_from_one_release_to_the_next(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    assert checkouts.create(REQUEST, KEY).order_id == ORDER_OF_KEY
    assert fake_stripe.requests[0].idempotency_key == ORDER_OF_KEY


def test_another_key_is_another_order(checkouts: Checkouts) -> None:
    assert (
        checkouts.create(REQUEST, KEY).order_id
        != checkouts.create(REQUEST, "cart-78-attempt-1").order_id
    )


def test_without_a_key_each_request_is_an_order_of_its_own(checkouts: Checkouts) -> None:
    assert checkouts.create(REQUEST, None).order_id != checkouts.create(REQUEST, None).order_id


def test_the_same_key_is_another_order_in_another_stack(
    checkouts: Checkouts, settings: Settings
) -> None:
    other = replace(checkouts, settings=replace(settings, stack=OTHER_STACK))
    assert checkouts.create(REQUEST, KEY).order_id != other.create(REQUEST, KEY).order_id


@pytest.mark.parametrize("key", ["k" * 16, "k" * 255, "a b" * 6, "!~" * 8, '"0f0c3b7e1a2d4c5f"'])
def test_a_key_is_16_to_255_printable_characters(checkouts: Checkouts, key: str) -> None:
    assert checkouts.create(REQUEST, key).session_id == "cs_test_1"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "k" * 15,
        " " * 16,
        "k" * 256,
        " " + "k" * 16,
        "k" * 16 + " ",
        "k" * 8 + "\n" + "k" * 8,
        "k" * 16 + "\n",
        "é" * 16,
        "k" * 16 + "\x00",
    ],
)
def test_any_other_key_is_refused_before_stripe_is_asked(
    checkouts: Checkouts, fake_stripe: CreatingStripe, key: str
) -> None:
    with pytest.raises(InvalidRequest, match=MALFORMED_KEY):
        checkouts.create(REQUEST, key)
    assert fake_stripe.requests == []


@pytest.mark.parametrize(
    ("failure", "written"), [(NO_ROUTE, False), (refuses("InternalServerError", 500), True)]
)
def test_a_retry_completes_what_a_failure_left(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    calls: AwsCalls,
    failure: Failure,
    written: bool,  # noqa: FBT001
) -> None:
    """The write fails, or its response is lost."""
    calls.failure = failure
    with pytest.raises(OrdersUnavailable):
        checkouts.create(REQUEST, KEY)
    calls.failure = None
    assert (checkouts.orders.find(ORDER_OF_KEY) is not None) == written
    created = checkouts.create(REQUEST, KEY)
    assert (created.session_id, created.url) == ("cs_test_1", "https://pay.example/1")
    assert len(fake_stripe.sessions) == 1
    order = checkouts.orders.find(ORDER_OF_KEY)
    assert order is not None
    assert (order.checkout.session_id, order.version) == ("cs_test_1", 1)


def test_a_retry_completes_what_a_broken_connection_left(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.break_connection()
    with pytest.raises(StripeUnavailable):
        checkouts.create(REQUEST, KEY)
    checkouts.create(REQUEST, KEY)
    first, second = fake_stripe.requests
    assert first.idempotency_key == second.idempotency_key == ORDER_OF_KEY
    assert first.params == second.params


def test_the_same_key_with_another_body_is_refused(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    first = checkouts.create(REQUEST, KEY)
    before = orders.find(first.order_id)
    with pytest.raises(IdempotencyMismatch, match=ANOTHER_BODY):
        checkouts.create(ANOTHER, KEY)
    assert orders.find(first.order_id) == before
    assert checkouts.create(REQUEST, KEY) == first


def test_a_key_without_an_order_is_free_for_another_body(
    checkouts: Checkouts, fake_stripe: CreatingStripe, calls: AwsCalls
) -> None:
    """Stripe has the key but a crash left no order: its session was never returned."""
    calls.failure = NO_ROUTE
    with pytest.raises(OrdersUnavailable):
        checkouts.create(REQUEST, KEY)
    calls.failure = None
    created = checkouts.create(ANOTHER, KEY)
    assert (created.order_id, created.session_id) == (ORDER_OF_KEY, "cs_test_2")
    assert checkouts.create(ANOTHER, KEY) == created
    keys = [sent.idempotency_key for sent in fake_stripe.requests if sent.path == CREATE[1]]
    assert len(set(keys)) == 2
    with pytest.raises(IdempotencyMismatch):
        checkouts.create(REQUEST, KEY)
    assert fake_stripe.states == ["expired", "open"]


def test_two_requests_at_once_are_asked_to_come_back(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(409, type="idempotency_error", code="idempotency_key_in_use")
    with pytest.raises(StripeRateLimited):
        checkouts.create(REQUEST, KEY)


def test_the_same_body_finds_its_session_though_the_stack_changed(
    checkouts: Checkouts, settings: Settings, fake_stripe: CreatingStripe
) -> None:
    """A new default address makes other parameters of the same request."""
    first = checkouts.create(REQUEST, KEY)
    moved = replace(settings, default_cancel_url="https://shop.example/new-cart")
    assert replace(checkouts, settings=moved).create(REQUEST, KEY) == first
    assert fake_stripe.calls == [CREATE, CREATE, retrieve(1)]


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.EXPIRED, OrderStatus.PROCESSING])
def test_a_retry_returns_no_url_of_a_closed_page(
    checkouts: Checkouts, orders: OrdersTable, status: OrderStatus
) -> None:
    first = checkouts.create(REQUEST, KEY)
    orders.record(fact(status, order_id=first.order_id, session_id=first.session_id))
    assert checkouts.create(REQUEST, KEY) == replace(first, url=None, status=status)


def test_a_retry_records_what_became_of_the_session(
    checkouts: Checkouts, settings: Settings, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    """The order names its session, so edited metadata does not matter."""
    first = checkouts.create(REQUEST, KEY)
    fake_stripe.sessions[first.session_id] |= {"status": "expired", "metadata": {}}
    moved = replace(settings, default_cancel_url="https://shop.example/new-cart")
    retried = replace(checkouts, settings=moved).create(REQUEST, KEY)
    assert (retried.order_id, retried.status) == (first.order_id, OrderStatus.EXPIRED)
    order = orders.find(first.order_id)
    assert order is not None
    assert order.status is OrderStatus.EXPIRED


def test_a_key_whose_session_is_gone_names_the_reason(
    checkouts: Checkouts, settings: Settings, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(REQUEST, KEY)
    del fake_stripe.sessions[first.session_id]
    moved = replace(settings, default_cancel_url="https://shop.example/new-cart")
    with pytest.raises(UnexpectedStripeObject, match=LOST):
        replace(checkouts, settings=moved).create(REQUEST, KEY)

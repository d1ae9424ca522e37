from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from checkout.credentials import CredentialsReader
from checkout.errors import (
    Misconfigured,
    StripeRateLimited,
    StripeUnavailable,
)
from checkout.stripe.api import CreatedSession, StripeApi
from tests.support.aws_calls import AwsCalls
from tests.support.environment import Clock, Log, Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import API_KEY
from tests.support.stripe_objects import ORDER_ID, SESSION_ID, line_item, listed, price, session

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

type Operation = Callable[[StripeApi], object]
type Pages = Callable[[StripeApi], Iterator[list[dict[str, Any]]]]

ROLLED = "sk_test_rolled"
PARAMS: "SessionCreateParams" = {
    "mode": "payment",
    "line_items": [{"price": "price_1abc", "quantity": 2}],
    "success_url": "https://shop.example/thanks",
}


def create(api: StripeApi) -> object:
    return api.create_session(PARAMS, ORDER_ID)


def retrieve(api: StripeApi) -> object:
    return api.session(SESSION_ID)


def expire(api: StripeApi) -> None:
    api.expire_session(SESSION_ID)


def look_up(api: StripeApi) -> object:
    return api.prices_by_lookup_key(["tea"])


EVERY_CALL = pytest.mark.parametrize("call", [create, retrieve, expire, look_up])


@pytest.fixture
def api(stripe_client: stripe.StripeClient, credentials: CredentialsReader) -> StripeApi:
    return StripeApi(stripe_client, credentials)


def refuse(fake: FakeStripe, status: int, **error: str) -> None:
    fake.respond_with_error(status, None, message="No.", **error)


def test_creates_a_session_with_the_key_of_the_secret(
    api: StripeApi, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(session())
    assert create(api) == CreatedSession(session(), replayed=False)
    [request] = fake_stripe.requests
    assert (request.method, request.path) == ("post", "/v1/checkout/sessions")
    assert request.params == {
        "mode": "payment",
        "expand[0]": "line_items.data.price.product",
        "line_items[0][price]": "price_1abc",
        "line_items[0][quantity]": "2",
        "success_url": "https://shop.example/thanks",
    }
    assert (request.api_key, request.idempotency_key) == (API_KEY, ORDER_ID)


def test_retrieves_a_session_with_its_payment_intent(
    api: StripeApi, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(session())
    assert retrieve(api) == session()
    [request] = fake_stripe.requests
    assert (request.method, request.path) == ("get", f"/v1/checkout/sessions/{SESSION_ID}")
    assert request.params == {"expand[0]": "payment_intent"}


def test_expires_a_session(api: StripeApi, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(session(status="expired"))
    expire(api)
    assert fake_stripe.calls == [("post", f"/v1/checkout/sessions/{SESSION_ID}/expire")]


def test_a_session_that_is_not_open_any_more_needs_no_expiry(
    api: StripeApi, fake_stripe: FakeStripe, log: Log
) -> None:
    refuse(fake_stripe, 400, type="invalid_request_error")
    expire(api)
    assert len(fake_stripe.requests) == 1
    assert log.entries[-1]["message"] == "not expired"
    assert log.entries[-1]["session_id"] == SESSION_ID


def test_finds_the_active_prices_of_lookup_keys(api: StripeApi, fake_stripe: FakeStripe) -> None:
    tea = price(id="price_1", lookup_key="tea")
    fake_stripe.respond(listed(tea))
    assert api.prices_by_lookup_key({"tea", "gone"}) == {"tea": tea}
    [request] = fake_stripe.requests
    assert (request.method, request.path) == ("get", "/v1/prices")
    assert request.params == {
        "lookup_keys[0]": "gone",
        "lookup_keys[1]": "tea",
        "active": "true",
        "limit": "10",
        "expand[0]": "data.product",
    }


def test_gives_all_line_items_with_their_products(api: StripeApi, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(listed(line_item()))
    assert api.line_items(SESSION_ID) == [line_item()]
    [request] = fake_stripe.requests
    assert request.path == f"/v1/checkout/sessions/{SESSION_ID}/line_items"
    assert request.params == {"limit": "100", "expand[0]": "data.price.product"}


@pytest.mark.parametrize(
    ("call", "path", "wanted"),
    [
        (
            lambda api: api.sessions_of_customer("ada@example.com"),
            "/v1/checkout/sessions",
            {"customer_details[email]": "ada@example.com"},
        ),
        (lambda api: api.refunds_of_payment("pi_1"), "/v1/refunds", {"payment_intent": "pi_1"}),
        (lambda api: api.disputes_of_payment("pi_1"), "/v1/disputes", {"payment_intent": "pi_1"}),
    ],
)
def test_lists_what_belongs_to_a_customer_or_a_payment(
    api: StripeApi, fake_stripe: FakeStripe, call: Pages, path: str, wanted: dict[str, str]
) -> None:
    fake_stripe.respond(listed({"id": "one"}, has_more=True))
    fake_stripe.respond(listed({"id": "two"}))
    assert [one["id"] for page in call(api) for one in page] == ["one", "two"]
    assert fake_stripe.calls == [("get", path)] * 2
    page = wanted | {"limit": "100", "expand[0]": "data.payment_intent"}
    assert fake_stripe.requests[0].params == page
    assert fake_stripe.requests[1].params == page | {"starting_after": "one"}


def test_says_that_a_created_session_was_replayed(api: StripeApi, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(session(), Idempotent_Replayed="true")
    assert api.create_session(PARAMS, ORDER_ID) == CreatedSession(session(), replayed=True)


@EVERY_CALL
def test_a_broken_connection_is_stripe_unavailable(
    api: StripeApi, fake_stripe: FakeStripe, call: Operation
) -> None:
    fake_stripe.break_connection()
    with pytest.raises(StripeUnavailable, match="Nothing was charged"):
        call(api)


@EVERY_CALL
def test_a_rolled_key_works_at_once(
    api: StripeApi, fake_stripe: FakeStripe, secret: Secret, calls: AwsCalls, call: Operation
) -> None:
    fake_stripe.respond(session())
    retrieve(api)
    secret.roll(api_key=ROLLED)
    refuse(fake_stripe, 401)
    for _ in range(2):
        fake_stripe.respond(listed() if call is look_up else session())
    call(api)
    call(api)
    used = [request.api_key for request in fake_stripe.requests]
    assert used == [API_KEY, API_KEY, ROLLED, ROLLED]
    assert calls.count("GetSecretValue") == 2


def test_a_rolled_key_keeps_the_idempotency_key(
    api: StripeApi, fake_stripe: FakeStripe, credentials: CredentialsReader, secret: Secret
) -> None:
    credentials.read()
    secret.roll(api_key=ROLLED)
    refuse(fake_stripe, 401)
    fake_stripe.respond(session())
    create(api)
    assert [request.idempotency_key for request in fake_stripe.requests] == [ORDER_ID, ORDER_ID]


def test_what_a_rolled_key_is_refused_with_has_its_own_meaning(
    api: StripeApi, fake_stripe: FakeStripe, credentials: CredentialsReader, secret: Secret
) -> None:
    credentials.read()
    secret.roll(api_key=ROLLED)
    refuse(fake_stripe, 401)
    refuse(fake_stripe, 429)
    with pytest.raises(StripeRateLimited):
        create(api)


def test_a_bad_key_is_looked_up_again_once_a_second(
    api: StripeApi, fake_stripe: FakeStripe, calls: AwsCalls, clock: Clock
) -> None:
    for second, fetched in [(0.0, 2), (0.5, 2), (1.0, 3)]:
        clock.now = second
        refuse(fake_stripe, 401)
        with pytest.raises(Misconfigured):
            create(api)
        assert calls.count("GetSecretValue") == fetched
    assert len(fake_stripe.requests) == 3

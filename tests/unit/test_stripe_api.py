from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from checkout.credentials import CredentialsReader
from checkout.errors import (
    CheckoutError,
    Misconfigured,
    SessionNotFound,
    StripeRateLimited,
    StripeRefused,
    StripeUnavailable,
)
from checkout.stripe.api import StripeApi
from checkout.stripe.errors import IdempotencyKeyReused, RequestRefused
from tests.unit.aws_calls import AwsCalls
from tests.unit.conftest import Clock, Log, Secret
from tests.unit.fake_stripe import FakeStripe
from tests.unit.stack import API_KEY
from tests.unit.stripe_objects import ORDER_ID, SESSION_ID, session

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

type Operation = Callable[[StripeApi], object]

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
    fake.answer_error(status, None, message="No.", **error)


def replay(fake: FakeStripe) -> None:
    """Answer as Stripe does to an idempotency key whose first answer was a 500."""
    fake.answer_error(500, {"Idempotent_Replayed": "true"}, message="No.", type="api_error")


def prices(**ids: str) -> dict[str, Any]:
    data = [{"id": price, "object": "price", "lookup_key": key} for key, price in ids.items()]
    return {"object": "list", "data": data, "has_more": False, "url": "/v1/prices"}


def test_creates_a_session_with_the_key_of_the_secret(
    api: StripeApi, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(session())
    assert create(api) == session()
    [request] = fake_stripe.requests
    assert (request.method, request.path) == ("post", "/v1/checkout/sessions")
    assert request.params == {
        "mode": "payment",
        "line_items[0][price]": "price_1abc",
        "line_items[0][quantity]": "2",
        "success_url": "https://shop.example/thanks",
    }
    assert (request.api_key, request.idempotency_key) == (API_KEY, ORDER_ID)


def test_retrieves_a_session_with_its_payment_intent(
    api: StripeApi, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(session())
    assert retrieve(api) == session()
    [request] = fake_stripe.requests
    assert (request.method, request.path) == ("get", f"/v1/checkout/sessions/{SESSION_ID}")
    assert request.params == {"expand[0]": "payment_intent"}


def test_expires_a_session(api: StripeApi, fake_stripe: FakeStripe) -> None:
    fake_stripe.answer(session(status="expired"))
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
    fake_stripe.answer(prices(tea="price_1"))
    assert api.prices_by_lookup_key(["tea", "gone", "tea"]) == {"tea": "price_1"}
    [request] = fake_stripe.requests
    assert (request.method, request.path) == ("get", "/v1/prices")
    assert request.params == {
        "lookup_keys[0]": "gone",
        "lookup_keys[1]": "tea",
        "active": "true",
        "limit": "10",
    }


def test_asks_for_ten_lookup_keys_at_a_time(api: StripeApi, fake_stripe: FakeStripe) -> None:
    keys = [f"k{number:02}" for number in range(21)]
    for start in (0, 10, 20):
        fake_stripe.answer(prices(**{key: f"price_{key}" for key in keys[start : start + 10]}))
    assert api.prices_by_lookup_key(keys) == {key: f"price_{key}" for key in keys}
    asked = [
        [value for name, value in request.params.items() if name.startswith("lookup_keys")]
        for request in fake_stripe.requests
    ]
    assert asked == [keys[:10], keys[10:20], keys[20:]]


ERRORS: list[tuple[int, dict[str, str], type[CheckoutError]]] = [
    (429, {"type": "invalid_request_error", "code": "rate_limit"}, StripeRateLimited),
    (429, {"type": "invalid_request_error", "code": "lock_timeout"}, StripeRateLimited),
    (400, {"type": "invalid_request_error", "code": "rate_limit"}, StripeRateLimited),
    (409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}, StripeRateLimited),
    (409, {"type": "invalid_request_error"}, StripeRateLimited),
    (401, {"type": "invalid_request_error"}, Misconfigured),
    (403, {"type": "invalid_request_error"}, Misconfigured),
    (400, {"type": "idempotency_error"}, IdempotencyKeyReused),
    (400, {"type": "invalid_request_error", "param": "mode"}, RequestRefused),
    (400, {"type": "invalid_request_error"}, StripeRefused),
    (402, {"type": "card_error", "code": "card_declined"}, StripeRefused),
    (418, {"type": "api_error"}, StripeRefused),
    (500, {"type": "api_error"}, StripeUnavailable),
    (502, {"type": "api_error"}, StripeUnavailable),
    (503, {"type": "api_error"}, StripeUnavailable),
]


@pytest.mark.parametrize(("status", "error", "expected"), ERRORS)
def test_each_refusal_of_stripes_has_a_meaning(
    api: StripeApi,
    fake_stripe: FakeStripe,
    status: int,
    error: dict[str, str],
    expected: type[CheckoutError],
) -> None:
    refuse(fake_stripe, status, **error)
    with pytest.raises(CheckoutError) as raised:
        create(api)
    assert type(raised.value) is expected
    assert len(fake_stripe.requests) == 1


@EVERY_CALL
def test_a_broken_connection_is_stripe_unavailable(
    api: StripeApi, fake_stripe: FakeStripe, call: Operation
) -> None:
    fake_stripe.break_connection()
    with pytest.raises(StripeUnavailable, match="Nothing was charged"):
        call(api)


def test_an_error_page_is_stripe_unavailable(
    api: StripeApi, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = ("<html>Bad gateway</html>", 502, dict[str, str]())
    monkeypatch.setattr(fake_stripe, "request", lambda *_, **__: html)
    with pytest.raises(StripeUnavailable):
        create(api)


def test_a_refused_parameter_is_named(api: StripeApi, fake_stripe: FakeStripe) -> None:
    refuse(
        fake_stripe,
        400,
        type="invalid_request_error",
        code="resource_missing",
        param="line_items[0][price]",
    )
    with pytest.raises(RequestRefused) as raised:
        create(api)
    assert raised.value.param == "line_items[0][price]"
    assert raised.value.code == "resource_missing"


def test_an_unknown_session_is_not_found(api: StripeApi, fake_stripe: FakeStripe) -> None:
    refuse(fake_stripe, 404, type="invalid_request_error", code="resource_missing", param="session")
    with pytest.raises(SessionNotFound):
        retrieve(api)


@pytest.mark.parametrize(("status", "code"), [(401, "api_key_expired"), (403, "more_permissions")])
def test_a_key_that_is_refused_says_what_to_do(
    api: StripeApi, fake_stripe: FakeStripe, status: int, code: str
) -> None:
    refuse(fake_stripe, status, type="invalid_request_error", code=code)
    with pytest.raises(Misconfigured, match=rf"\({status}, {code}\): put a valid one .*Secret"):
        create(api)


@EVERY_CALL
def test_a_rolled_key_works_at_once(
    api: StripeApi, fake_stripe: FakeStripe, secret: Secret, calls: AwsCalls, call: Operation
) -> None:
    fake_stripe.answer(session())
    retrieve(api)
    secret.roll(api_key=ROLLED)
    refuse(fake_stripe, 401)
    for _ in range(2):
        fake_stripe.answer(prices() if call is look_up else session())
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
    fake_stripe.answer(session())
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


@pytest.mark.parametrize("replays", [1, 4])
def test_a_key_that_only_replays_a_server_error_is_spent(
    api: StripeApi, fake_stripe: FakeStripe, replays: int
) -> None:
    for _ in range(replays):
        replay(fake_stripe)
    fake_stripe.answer(session())
    assert create(api) == session()
    used = [request.idempotency_key for request in fake_stripe.requests]
    assert used == [ORDER_ID, *(f"{ORDER_ID}-{number}" for number in range(2, replays + 2))]


def test_gives_up_after_five_spent_keys(api: StripeApi, fake_stripe: FakeStripe) -> None:
    for _ in range(6):
        replay(fake_stripe)
    with pytest.raises(StripeUnavailable):
        create(api)
    assert len(fake_stripe.requests) == 5


def test_a_server_error_that_is_new_is_not_asked_again_with_another_key(
    api: StripeApi, fake_stripe: FakeStripe
) -> None:
    replay(fake_stripe)
    refuse(fake_stripe, 500)
    with pytest.raises(StripeUnavailable):
        create(api)
    assert len(fake_stripe.requests) == 2

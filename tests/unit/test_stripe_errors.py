"""What each refusal of Stripe means, and that only one of them means absence."""

from collections.abc import Callable

import pytest
import stripe

from checkout.credentials import CredentialsReader
from checkout.errors import (
    CheckoutError,
    StripeKeyRefused,
    StripePermissionMissing,
    StripeRateLimited,
    StripeRefused,
    StripeUnavailable,
)
from checkout.stripe.api import StripeApi
from checkout.stripe.errors import IdempotencyKeyReused, IdempotencyKeySpent, RequestRefused
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.stripe_objects import (
    CHARGE,
    DISPUTE,
    ORDER_ID,
    PAYMENT_INTENT,
    REFUND,
    SESSION_ID,
)

type Operation = Callable[[StripeApi], object]

LEAK = "rk_test_l3aked"
NO_PERMISSION = (
    f"The provided key '{LEAK}' does not have the required permissions for this endpoint on "
    "account 'acct_1l3ak'. Having the 'rak_checkout_session_write' permission would allow this "
    "request to continue."
)
NEWER_NO_PERMISSION = (
    f"Permission denied. The provided key '{LEAK}' may not do this. Enabling \"Prices Read\" "
    "('plan_read') permissions on this key would allow this request to continue."
)
REPLAYED = {"Idempotent_Replayed": "true"}
# What each call gives of an object that this account does not have.
ABSENT: dict[str, tuple[Operation, object]] = {
    "session": (lambda api: api.session(SESSION_ID), None),
    "payment intent": (lambda api: api.payment_intent(PAYMENT_INTENT), None),
    "refund": (lambda api: api.refund(REFUND), None),
    "dispute": (lambda api: api.dispute(DISPUTE), None),
    "refunds of a charge": (lambda api: list(api.refunds_of_charge(CHARGE)), []),
}


@pytest.fixture
def api(stripe_client: stripe.StripeClient, credentials: CredentialsReader) -> StripeApi:
    return StripeApi(stripe_client, credentials)


def create(api: StripeApi) -> object:
    return api.create_session({"mode": "payment"}, ORDER_ID)


def refuse(fake: FakeStripe, status: int, **error: str) -> None:
    fake.respond_with_error(status, None, message="No.", **error)


ERRORS: list[tuple[int, dict[str, str], type[CheckoutError]]] = [
    (429, {"type": "invalid_request_error", "code": "rate_limit"}, StripeRateLimited),
    (429, {"type": "invalid_request_error", "code": "lock_timeout"}, StripeRateLimited),
    (400, {"type": "invalid_request_error", "code": "rate_limit"}, StripeRateLimited),
    (409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}, StripeRateLimited),
    (409, {"type": "invalid_request_error"}, StripeRateLimited),
    (401, {"type": "invalid_request_error"}, StripeKeyRefused),
    (403, {"type": "invalid_request_error"}, StripePermissionMissing),
    (400, {"type": "idempotency_error"}, IdempotencyKeyReused),
    (400, {"type": "invalid_request_error", "param": "mode"}, RequestRefused),
    (400, {"type": "invalid_request_error"}, RequestRefused),
    (404, {"type": "invalid_request_error"}, RequestRefused),
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


@pytest.mark.parametrize("name", ABSENT)
@pytest.mark.parametrize("status", [400, 404])
def test_a_missing_resource_is_an_absence(
    api: StripeApi, fake_stripe: FakeStripe, name: str, status: int
) -> None:
    call, absent = ABSENT[name]
    refuse(fake_stripe, status, type="invalid_request_error", code="resource_missing")
    assert call(api) == absent


@pytest.mark.parametrize("name", ABSENT)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"param": "expand"}),
        (400, {"param": "expand[0]", "code": "parameter_unknown"}),
        (400, {"code": "parameter_invalid_string"}),
        (404, {}),
        (404, {"code": "url_invalid"}),
        (402, {"code": "card_declined"}),
    ],
)
def test_any_other_refusal_is_an_error(
    api: StripeApi, fake_stripe: FakeStripe, name: str, status: int, error: dict[str, str]
) -> None:
    refuse(fake_stripe, status, type="invalid_request_error", **error)
    with pytest.raises(StripeRefused):
        ABSENT[name][0](api)


@pytest.mark.parametrize("name", ABSENT)
def test_a_refused_key_is_no_absence(api: StripeApi, fake_stripe: FakeStripe, name: str) -> None:
    refuse(fake_stripe, 401, type="invalid_request_error", code="resource_missing")
    with pytest.raises(StripeKeyRefused):
        ABSENT[name][0](api)


def test_a_refused_key_says_what_to_do(api: StripeApi, fake_stripe: FakeStripe) -> None:
    refuse(fake_stripe, 401, type="invalid_request_error", code="api_key_expired")
    with pytest.raises(StripeKeyRefused, match=r"401, api_key_expired\): put a valid key"):
        create(api)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (NO_PERMISSION, "checkout_session_write"),
        (NEWER_NO_PERMISSION, "plan_read"),
        (f"The key {LEAK} may not do this.", "for this call"),
    ],
)
def test_a_missing_permission_is_named_and_nothing_else(
    api: StripeApi, fake_stripe: FakeStripe, log: Log, message: str, named: str
) -> None:
    fake_stripe.respond_with_error(403, None, message=message, type="invalid_request_error")
    with pytest.raises(StripePermissionMissing) as raised:
        create(api)
    assert raised.value.detail == (
        f"stripe_api_key lacks the permission {named}: add it to the key in Stripe's dashboard, or "
        "put another key into StripeSecretArn."
    )
    assert "l3ak" not in log.text


@pytest.mark.parametrize("status", [400, 402, 404, 418, 500, 503])
def test_a_replayed_error_spends_the_key_of_a_create(
    api: StripeApi, fake_stripe: FakeStripe, status: int
) -> None:
    fake_stripe.respond_with_error(status, REPLAYED, message="No.", type="invalid_request_error")
    with pytest.raises(IdempotencyKeySpent):
        create(api)
    assert len(fake_stripe.requests) == 1


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"type": "idempotency_error"}, IdempotencyKeyReused),
        (401, {"type": "invalid_request_error"}, StripeKeyRefused),
        (403, {"type": "invalid_request_error"}, StripePermissionMissing),
        (409, {"type": "idempotency_error"}, StripeRateLimited),
        (429, {"type": "invalid_request_error"}, StripeRateLimited),
    ],
)
def test_what_another_key_would_not_help_does_not_spend_it(
    api: StripeApi,
    fake_stripe: FakeStripe,
    status: int,
    error: dict[str, str],
    expected: type[CheckoutError],
) -> None:
    fake_stripe.respond_with_error(status, REPLAYED, message="No.", **error)
    with pytest.raises(expected):
        create(api)

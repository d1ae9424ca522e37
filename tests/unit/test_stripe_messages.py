"""Stripe's messages may quote what was sent, a part of the key too: nobody gets to see them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from aws_lambda_powertools.utilities.typing import LambdaContext

from checkout.api.http import returns_problems
from checkout.credentials import CredentialsReader
from checkout.stripe.api import StripeApi
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.environment import Log, Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import API_KEY
from tests.support.stripe_objects import ORDER_ID, SESSION_ID

LEAK = "sk_test_l3aked"
STATUSES = [400, 401, 402, 403, 404, 409, 418, 429, 500, 503]
CALLS: dict[str, Callable[[StripeApi], object]] = {
    "create": lambda api: api.create_session({"mode": "payment"}, ORDER_ID),
    "retrieve": lambda api: api.session(SESSION_ID),
    "expire": lambda api: api.expire_session(SESSION_ID),
    "look up": lambda api: api.prices_by_lookup_key(["tea"]),
}


@pytest.fixture
def api(stripe_client: stripe.StripeClient, credentials: CredentialsReader) -> StripeApi:
    return StripeApi(stripe_client, credentials)


def response_to(call: Callable[[], object]) -> str:
    """Return the fields of a response."""

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        call()
        return {}

    return json.dumps(returns_problems(handler)({}, LambdaContext()))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "error",
    [
        {"type": "idempotency_error"},
        {"type": "invalid_request_error"},
        {"type": "invalid_request_error", "code": "resource_missing", "param": "session"},
        {"type": "api_error", "code": "api_key_expired"},
    ],
)
def test_a_refusal_is_logged_by_its_code_and_without_its_message(
    api: StripeApi, fake_stripe: FakeStripe, log: Log, call: str, error: dict[str, str]
) -> None:
    for status in STATUSES:
        fake_stripe.respond_with_error(status, None, message=f"Invalid: {LEAK}", **error)
        assert LEAK not in response_to(lambda: CALLS[call](api))
    refused = [entry for entry in log.entries if entry["message"] == "stripe refused"]
    assert [entry["stripe_status"] for entry in refused] == STATUSES
    assert {entry["stripe_request_id"] for entry in refused} == {"req_test"}
    assert {entry.get("stripe_code") for entry in refused} == {error.get("code")}
    assert LEAK not in log.text
    assert API_KEY not in log.text


@pytest.mark.parametrize("call", CALLS)
def test_a_replayed_server_error_keeps_its_message(
    api: StripeApi, fake_stripe: FakeStripe, log: Log, call: str
) -> None:
    for _ in range(5):
        headers = {"Idempotent_Replayed": "true"}
        fake_stripe.respond_with_error(500, headers, message=LEAK, type="api_error")
    response = response_to(lambda: CALLS[call](api))
    assert "stripe-unavailable" in response
    assert LEAK not in response
    assert LEAK not in log.text


def test_a_malformed_secret_logs_no_stripe_message(
    api: StripeApi,
    fake_stripe: FakeStripe,
    credentials: CredentialsReader,
    secret: Secret,
    log: Log,
) -> None:
    credentials.read()
    secret.put({})
    fake_stripe.respond_with_error(401, message=LEAK, type="invalid_request_error")
    response = response_to(lambda: api.session(SESSION_ID))
    assert "internal-error" in response
    assert "Traceback" in log.text
    assert LEAK not in log.text


def test_an_unreadable_secret_logs_no_stripe_message(
    api: StripeApi,
    fake_stripe: FakeStripe,
    credentials: CredentialsReader,
    calls: AwsCalls,
    log: Log,
) -> None:
    credentials.read()
    calls.failure = refuses("AccessDeniedException")
    fake_stripe.respond_with_error(401, message=LEAK, type="invalid_request_error")
    response = response_to(lambda: api.session(SESSION_ID))
    assert "internal-error" in response
    assert "Traceback" in log.text
    assert LEAK not in log.text


def test_a_broken_connection_is_logged_without_its_message(
    api: StripeApi, fake_stripe: FakeStripe, log: Log
) -> None:
    fake_stripe.break_connection()
    assert "stripe-unavailable" in response_to(lambda: api.session(SESSION_ID))
    assert log.entries[0]["stripe_error"] == "APIConnectionError"
    assert "no route" not in log.text

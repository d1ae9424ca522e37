"""What a frontend gets when Stripe, AWS or our own settings fail."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.support import creating
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.creating import CreatingStripe, items
from tests.support.documents import Json
from tests.support.environment import Log, Secret
from tests.support.invocations import REQUEST_ID, Context, Handler, assert_problem, assert_response
from tests.support.stack import API_KEY, SIGNING_SECRET

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

fake_stripe = creating.fake_stripe
handler = creating.handler
card_checkout = creating.card_checkout


def test_an_unknown_price_is_the_callers_to_fix(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(
        400,
        type="invalid_request_error",
        code="resource_missing",
        param="line_items[0][price]",
        message="No such price: 'price_1abc'",
    )
    problem = assert_problem(handler(card_checkout, Context()), 400, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["/items/0/price"]


def test_a_silent_stripe_is_a_bad_gateway(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, dynamodb: "DynamoDBClient"
) -> None:
    fake_stripe.break_connection()
    fake_stripe.break_connection()
    assert_problem(handler(card_checkout, Context()), 502, "stripe-unavailable")
    assert len(fake_stripe.requests) == 2
    assert items(dynamodb) == []


def test_a_rate_limit_has_a_retry_after(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(429, type="rate_limit_error", message="Too many requests")
    response = handler(card_checkout, Context())
    assert_problem(response, 503, "rate-limited")
    assert response["headers"]["retry-after"] == "2"


def test_an_order_that_is_not_saved_is_not_shown(
    handler: Handler, card_checkout: Json, calls: AwsCalls
) -> None:
    assert_response(handler(card_checkout, Context()), 201)
    calls.failure = refuses("AccessDeniedException")
    problem = assert_problem(handler(card_checkout, Context()), 503, "orders-unavailable")
    assert "cs_test_" not in json.dumps(problem)
    calls.failure = None
    assert_response(handler(card_checkout, Context()), 201)


def test_stripe_refusing_our_own_parameter_is_an_internal_error(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(
        400, type="invalid_request_error", code="parameter_unknown", param="mode", message="mode"
    )
    problem = assert_problem(handler(card_checkout, Context()), 500, "internal-error")
    assert "mode" not in problem["detail"]


BAD_SECRETS = {
    "The secret is not a JSON object": "not json",
    "stripe_api_key": {"stripe_api_key": "sk_live_x", "webhook_signing_secrets": [SIGNING_SECRET]},
    "webhook_signing_secrets": {"stripe_api_key": API_KEY, "webhook_signing_secrets": []},
}


@pytest.mark.parametrize("named", BAD_SECRETS)
def test_a_bad_secret_is_named_in_the_log(
    handler: Handler, card_checkout: Json, secret: Secret, log: Log, named: str
) -> None:
    secret.put(BAD_SECRETS[named])
    problem = assert_problem(handler(card_checkout, Context()), 500, "internal-error")
    assert "secret" not in json.dumps(problem)
    (entry,) = log.entries
    assert entry["level"] == "ERROR"
    assert named in entry["reason"]
    for value in ("sk_live_x", SIGNING_SECRET, API_KEY):
        assert value not in log.text


def test_a_missing_setting_is_named_in_the_log(
    handler: Handler, card_checkout: Json, environment: pytest.MonkeyPatch, log: Log
) -> None:
    environment.delenv("ORDERS_TABLE")
    assert_problem(handler(card_checkout, Context()), 500, "internal-error")
    (entry,) = log.entries
    assert "ORDERS_TABLE" in entry["reason"]


def test_a_refused_key_is_named_in_the_log(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, log: Log
) -> None:
    # Stripe's text quotes a part of the key.
    fake_stripe.respond_with_error(
        401, type="invalid_request_error", message=f"Invalid key: {API_KEY}"
    )
    assert_problem(handler(card_checkout, Context()), 500, "internal-error")
    (reason,) = [entry["reason"] for entry in log.entries if entry["level"] == "ERROR"]
    assert "stripe_api_key" in reason
    assert "StripeSecretArn" in reason
    assert API_KEY not in log.text


def test_a_bug_gets_a_response_and_is_logged(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, log: Log
) -> None:
    fake_stripe.respond({"id": 1})
    assert_problem(handler(card_checkout, Context()), 500, "internal-error")
    assert [entry["level"] for entry in log.entries] == ["ERROR"]
    assert log.entries[0]["function_request_id"] == REQUEST_ID

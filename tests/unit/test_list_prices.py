"""GET /checkout/prices, as API Gateway calls it."""

import json

import pytest

from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.emitted import emitted
from tests.support.environment import Log, Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.handlers import handler_of
from tests.support.invocations import Context, Handler, assert_problem, sample, sample_names
from tests.support.selling import entry, sold
from tests.support.stack import API_KEY, SIGNING_SECRET
from tests.support.stripe_objects import listed

handler = handler_of("list_prices")


@pytest.fixture
def prices() -> Json:
    return sample("list_prices", "prices")


def test_the_samples_are_these() -> None:
    assert sample_names("list_prices") == {"prices"}


def test_lists_the_prices_and_lets_browsers_keep_them_for_a_minute(
    handler: Handler, prices: Json, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(listed(sold()))
    response = handler(prices, Context())
    assert response["statusCode"] == 200
    assert response["headers"] == {
        "content-type": "application/json",
        "cache-control": "max-age=60",
        # CORS allows it to one origin.
        "vary": "origin",
    }
    assert json.loads(response["body"]) == {"prices": [entry()]}


def test_costs_one_stripe_call_then_none(
    handler: Handler, prices: Json, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    fake_stripe.respond(listed(sold()))
    assert handler(prices, Context()) == handler(prices, Context())
    assert fake_stripe.calls == [("get", "/v1/prices")]
    assert fake_stripe.requests[0].api_key == API_KEY
    assert calls.made == ["GetSecretValue"]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (500, (502, "stripe-unavailable")),
        (429, (503, "rate-limited")),
        (400, (500, "internal-error")),
        (401, (500, "internal-error")),
    ],
)
def test_what_stripe_refuses_is_a_problem_that_is_not_kept(
    handler: Handler,
    prices: Json,
    fake_stripe: FakeStripe,
    status: int,
    problem: tuple[int, str],
) -> None:
    for _ in range(2):
        fake_stripe.respond_with_error(status)
    assert_problem(handler(prices, Context()), *problem)


def test_a_bad_secret_is_named_in_the_log(
    handler: Handler, prices: Json, secret: Secret, log: Log
) -> None:
    secret.put({"stripe_api_key": "sk_live_leaked", "webhook_signing_secrets": [SIGNING_SECRET]})
    assert_problem(handler(prices, Context()), 500, "internal-error")
    (logged,) = log.entries
    assert "stripe_api_key" in logged["reason"]
    assert "sk_live_leaked" not in log.text


def test_the_call_to_stripe_is_counted(
    handler: Handler, prices: Json, fake_stripe: FakeStripe, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_stripe.respond(listed(sold()))
    handler(prices, Context())
    counted = emitted(capsys)
    assert counted.keys() == {"StripeCallTime", "StripeCallsSucceeded"}
    assert counted["StripeCallsSucceeded"] == [1]

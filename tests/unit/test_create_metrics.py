"""What CloudWatch can count of the checkouts, and of the calls to Stripe."""

from typing import Any

import pytest

from tests.support import creating
from tests.support.creating import CreatingStripe
from tests.support.documents import Json
from tests.support.emitted import emitted
from tests.support.invocations import Context, Handler

fake_stripe = creating.fake_stripe
handler = creating.handler
card_checkout = creating.card_checkout


def test_a_checkout_and_its_call_are_counted(
    handler: Handler, card_checkout: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(card_checkout, Context())
    counted = emitted(capsys)
    (milliseconds,) = counted.pop("StripeCallTime")
    assert milliseconds > 0
    assert counted == {"CheckoutsCreated": [1], "StripeCallsSucceeded": [1]}


@pytest.mark.parametrize(
    "result",
    [
        (500, "StripeCallsFailed"),
        (503, "StripeCallsFailed"),
        (429, "StripeCallsRateLimited"),
        (403, "StripeCallsRefused", "InternalErrors"),
        (400, "StripeCallsRefused", "InternalErrors"),
    ],
)
def test_a_failed_call_is_counted_by_its_result(
    handler: Handler,
    card_checkout: Json,
    fake_stripe: CreatingStripe,
    capsys: pytest.CaptureFixture[str],
    result: tuple[Any, ...],
) -> None:
    status, *metrics = result
    for _ in range(2):  # the SDK repeats what failed once
        fake_stripe.respond_with_error(status, message="No.")
    handler(card_checkout, Context())
    counted = emitted(capsys)
    assert counted.pop("StripeCallTime")
    assert counted == {metric: [1] for metric in metrics}


def test_a_missing_price_counts_as_a_success(
    handler: Handler,
    card_checkout: Json,
    fake_stripe: CreatingStripe,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Anybody can ask for one, so it must not reach the alarm on refused calls."""
    fake_stripe.respond_with_error(
        400, code="resource_missing", param="line_items[0][price]", message="No."
    )
    assert handler(card_checkout, Context())["statusCode"] == 400
    counted = emitted(capsys)
    assert counted.pop("StripeCallTime")
    assert counted == {"StripeCallsSucceeded": [1]}


def test_what_is_refused_before_a_call_emits_nothing(
    handler: Handler, card_checkout: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(card_checkout | {"body": "{"}, Context())
    assert capsys.readouterr().out == ""

"""What CloudWatch can count of the deliveries."""

import pytest

from tests.support import delivering
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.delivering import COMPLETED
from tests.support.emitted import emitted
from tests.support.invocations import Context, Handler, delivered, sample, with_headers

handler = delivering.handler
open_order = delivering.open_order


@pytest.mark.usefixtures("open_order")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (COMPLETED, {"WebhooksApplied": [1], "OrdersPaid": [1]}),
        (
            "checkout_session_async_payment_failed",
            {"WebhooksApplied": [1], "OrdersFailed": [1]},
        ),
        ("checkout_session_expired", {"WebhooksApplied": [1], "OrdersExpired": [1]}),
        ("foreign_session", {"WebhooksIgnored": [1]}),
    ],
)
def test_a_delivery_is_counted_by_its_outcome(
    handler: Handler, capsys: pytest.CaptureFixture[str], name: str, expected: dict[str, list[int]]
) -> None:
    handler(delivered(name), Context())
    assert emitted(capsys) == expected


@pytest.mark.usefixtures("open_order")
def test_a_repeat_is_counted_and_the_order_is_not(
    handler: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(delivered(COMPLETED), Context())
    emitted(capsys)
    handler(delivered(COMPLETED), Context())
    assert emitted(capsys) == {"WebhooksDuplicate": [1]}
    handler(delivered("checkout_session_expired"), Context())
    assert emitted(capsys) == {"WebhooksStale": [1]}


@pytest.mark.parametrize("name", ["unsigned", "forged"])
def test_a_refused_signature_is_counted(
    handler: Handler, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    request = (
        sample("stripe_webhook", "unsigned")
        if name == "unsigned"
        else with_headers(delivered(COMPLETED), **{"stripe-signature": "t=1,v1=00"})
    )
    assert handler(request, Context())["statusCode"] == 400
    assert emitted(capsys) == {"SignaturesRefused": [1]}


def test_a_delivery_that_fails_is_counted(
    handler: Handler, capsys: pytest.CaptureFixture[str], calls: AwsCalls
) -> None:
    handler(delivered("foreign_session"), Context())  # reads the secret
    emitted(capsys)
    calls.failure = refuses("InternalServerError", 500)
    assert handler(delivered(COMPLETED), Context())["statusCode"] == 503
    assert emitted(capsys) == {"WebhooksFailed": [1]}

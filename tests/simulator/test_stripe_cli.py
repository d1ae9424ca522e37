"""The real Stripe CLI's triggers, unchanged."""

import json

import pytest

from stripe_simulator.testing import Receiver, Running
from tests.stripe_cli import StripeCli

# The CLI has no trigger of its own for it.
REFUND_CREATED = {
    "_meta": {"template_version": 0},
    "fixtures": [
        {
            "name": "payment_intent",
            "path": "/v1/payment_intents",
            "method": "post",
            "params": {
                "amount": 100,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
            },
        },
        {
            "name": "refund",
            "path": "/v1/refunds",
            "method": "post",
            "params": {"payment_intent": "${payment_intent:id}", "amount": 40},
        },
    ],
}


@pytest.mark.parametrize(
    "event",
    [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "price.created",
        "charge.refunded",
        "charge.refund.updated",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ],
)
def test_trigger_makes_its_event(
    stripe_cli: StripeCli, simulator: Running, receiver: Receiver, event: str
) -> None:
    simulator.sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    printed = stripe_cli.trigger(event, api_base=simulator.url, api_key=simulator.secret_key)
    assert "Trigger succeeded" in printed
    receiver.wait_until(
        lambda received: any(json.loads(one.body)["type"] == event for one in received)
    )


def test_fixture_refunds_in_part(stripe_cli: StripeCli, simulator: Running) -> None:
    stripe_cli.trigger(
        "refund.created",
        api_base=simulator.url,
        api_key=simulator.secret_key,
        raw=json.dumps(REFUND_CREATED),
    )
    [refund] = simulator.get("/v1/refunds")["data"]
    assert refund["amount"] == 40
    [event] = simulator.get("/v1/events", type="refund.created")["data"]
    assert event["data"]["object"]["id"] == refund["id"]

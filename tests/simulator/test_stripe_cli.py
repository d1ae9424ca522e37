"""The real Stripe CLI's triggers, unchanged."""

import json

import pytest

from tests.simulator.harness import Receiver, Running
from tests.stripe_cli import StripeCli


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

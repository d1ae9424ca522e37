"""The real Stripe CLI's triggers, unchanged."""

import json

from stripe_simulator.testing import Running
from tests.support.samples import SAMPLES
from tests.support.stripe_cli import StripeCli

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


# A process of the CLI takes a third of a second.
SOME = (
    *("checkout.session.completed", "charge.captured", "charge.dispute.closed"),
    *("payment_intent.requires_action", "payment_method.updated"),
)
# Those that a purchase uses. Not among them: `customer.source.*`, of an API before PaymentMethods;
# `payment_intent.partially_funded`, of bank transfers; `customer.discount.*` and
# `promotion_code.*`, whose fixtures send a `coupon` that this version of the API does not know.
ALL = (
    *SOME,
    *("charge.dispute.created", "charge.dispute.updated", "charge.failed", "charge.refunded"),
    *("charge.refund.updated", "charge.succeeded", "checkout.session.async_payment_failed"),
    *("checkout.session.async_payment_succeeded", "payment_intent.payment_failed"),
    *("checkout.session.expired", "coupon.created", "coupon.deleted", "coupon.updated"),
    *("customer.created", "customer.deleted", "customer.updated"),
    *("payment_intent.amount_capturable_updated", "payment_intent.canceled"),
    *("payment_intent.created", "payment_intent.processing", "payment_intent.succeeded"),
    *("payment_method.attached", "payment_method.detached", "price.created", "price.updated"),
    *("product.created", "product.deleted", "product.updated", "setup_intent.canceled"),
    *("setup_intent.created", "setup_intent.requires_action", "setup_intent.setup_failed"),
    *("setup_intent.succeeded", "tax_rate.created", "tax_rate.updated"),
)


def test_triggers_make_their_events(stripe_cli: StripeCli, simulator: Running) -> None:
    at = {"api_base": simulator.url, "api_key": simulator.secret_key}
    for event in ALL if SAMPLES == "all" else SOME:
        before = len(simulator.get("/v1/events", type=event, limit="100")["data"])
        assert "Trigger succeeded" in stripe_cli.trigger(event, **at), event
        after = simulator.get("/v1/events", type=event, limit="100")["data"]
        assert len(after) > before, event


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

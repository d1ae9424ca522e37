"""Purchases whose customer changes the cart on Stripe's page, as facts."""

from dataclasses import replace
from typing import Any

from checkout.domain.facts import SessionFact
from checkout.domain.order import OrderStatus
from tests.support.purchases import Purchase, refund, session
from tests.support.stripe_objects import ITEM

OPEN, EXPIRED = OrderStatus.OPEN, OrderStatus.EXPIRED
PROCESSING, PAID = OrderStatus.PROCESSING, OrderStatus.PAID

# What the customer makes of the cart, on Stripe's page.
CODE: dict[str, Any] = {"amount_discount": 420, "amount_total": 3780}
DISCOUNTED = replace(ITEM, amount_total=3780)
SWAPPED = (replace(ITEM, quantity=1, amount_total=2100), replace(ITEM, price="price_1Cup"))


def adjustable(fact_: SessionFact) -> SessionFact:
    """While the session is open, its items are not final, whatever the amounts say."""
    return replace(fact_, items_follow=True, checkout=replace(fact_.checkout, items=None))


CHANGED_PURCHASES = {
    "promotion code": Purchase(
        (
            session(OPEN, "create"),
            session(OPEN, "confirm", **CODE),
            session(PROCESSING, "evt_completed", **CODE),
            session(PAID, "evt_succeeded", **CODE),
            session(PAID, "confirm", **CODE),
            refund("re_1", "succeeded", 700, "evt_refund_created"),
            session(PAID, "reconcile", **CODE),
        ),
        PAID,
        amount_captured=3780,
        amount_refunded=700,
        items=(DISCOUNTED,),
    ),
    "promotion code that is taken back": Purchase(
        (
            session(OPEN, "create"),
            session(OPEN, "confirm", **CODE),
            session(PAID, "evt_completed"),
            session(PAID, "confirm"),
        ),
        PAID,
        amount_captured=4200,
    ),
    "promotion code, and expired": Purchase(
        (
            session(OPEN, "create"),
            session(EXPIRED, "evt_expired", **CODE),
            session(EXPIRED, "reconcile", **CODE),
        ),
        EXPIRED,
        items=(DISCOUNTED,),
    ),
    "adjusted quantities": Purchase(
        (
            adjustable(session(OPEN, "create")),
            adjustable(session(OPEN, "confirm")),
            session(PROCESSING, "evt_completed"),
            session(PAID, "evt_succeeded"),
            session(PAID, "confirm"),
            session(PAID, "reconcile"),
        ),
        PAID,
        amount_captured=4200,
        items=SWAPPED,
    ),
}

"""Payments that are captured by hand, as Stripe's events and its API have them."""

from checkout.domain.order import OrderStatus
from tests.support.documents import Json
from tests.support.stripe_objects import charge, payment_intent, session_in

AUTHORIZED, CANCELED, PAID = OrderStatus.AUTHORIZED, OrderStatus.CANCELED, OrderStatus.PAID
# Each event of a capture, with what the PaymentIntent has become and the amount that it received.
EVENTS: dict[str, tuple[OrderStatus, int]] = {
    "payment_intent.amount_capturable_updated": (AUTHORIZED, 0),
    "payment_intent.succeeded": (PAID, 700),
    "payment_intent.canceled": (CANCELED, 0),
    "charge.captured": (PAID, 700),
}


def captured_separately(status: OrderStatus, received: int = 0, **changes: object) -> Json:
    """Return a PaymentIntent with manual capture, for an order in a given status."""
    statuses = {AUTHORIZED: "requires_capture", CANCELED: "canceled", PAID: "succeeded"}
    amounts = {"amount": 4200, "amount_received": received}
    return payment_intent(statuses[status], capture_method="manual") | amounts | changes


def complete(status: OrderStatus, received: int = 0, **changes: object) -> Json:
    """Return a completed session with its PaymentIntent, as the API does."""
    payment_status = "paid" if status is PAID else "unpaid"
    intent = captured_separately(status, received)
    made = session_in(OrderStatus.PROCESSING, payment_intent=intent, payment_status=payment_status)
    return made | changes


def news(event_type: str, **changes: object) -> Json:
    """Return an event's object."""
    status, received = EVENTS[event_type]
    if event_type == "charge.captured":
        return charge(amount_captured=received, **changes)
    return captured_separately(status, received, **changes)

"""Which status a Checkout Session means for its order; `payment_status` decides what is paid.

https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-payment_status
"""

from collections.abc import Mapping
from typing import Any

from checkout.domain.order import OrderStatus
from checkout.stripe.captures import is_captured_separately

PAID = ("paid", "no_payment_required")

type Json = Mapping[str, Any]


def status_of_capture(session: Json) -> OrderStatus | None:
    """Return the status of a payment that is captured separately, where the session came with it.

    Neither a snapshot, which has the PaymentIntent's id alone, nor `payment_status` distinguishes
    reserved money from a bank debit under way. A session that was not completed when its payment is
    canceled is about to expire.
    """
    payment_intent = session.get("payment_intent")
    if not isinstance(payment_intent, Mapping) or not is_captured_separately(payment_intent):
        return None
    match payment_intent["status"], session["status"]:
        case "requires_capture", _:
            return OrderStatus.AUTHORIZED
        case "succeeded", _:
            return OrderStatus.PAID
        case "canceled", "complete":
            return OrderStatus.CANCELED
    return None


def status_of_session(session: Json, event_type: str | None) -> OrderStatus:
    """Return the status of an ordinary payment; raise ValueError for one that is not documented."""
    match session["status"], session["payment_status"]:
        case "open", _:
            return OrderStatus.OPEN
        case "expired", _:
            return OrderStatus.EXPIRED
        case "complete", payment_status if payment_status in PAID:
            return OrderStatus.PAID
        case "complete", "unpaid":
            failed = event_type == "checkout.session.async_payment_failed"
            if failed or _payment_failed(session.get("payment_intent")):
                return OrderStatus.FAILED
            return OrderStatus.PROCESSING
        case _:
            raise ValueError("unknown status or payment_status")


def payment_status(said: str, status: OrderStatus) -> str:
    """Return the event that Stripe sends, perhaps some time after the capture."""
    return "paid" if (status, said) == (OrderStatus.PAID, "unpaid") else said


def _payment_failed(payment_intent: Json | str | None) -> bool:
    """Distinguish failed from processing: the session itself does not, nor does an id alone."""
    if not isinstance(payment_intent, Mapping):
        return False
    if payment_intent["status"] == "canceled":
        return True
    return (
        payment_intent["status"] == "requires_payment_method"
        and payment_intent.get("last_payment_error") is not None
    )

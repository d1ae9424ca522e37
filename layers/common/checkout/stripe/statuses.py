"""Maps a Checkout Session to its order's status; `payment_status` decides what is paid.

https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-payment_status
"""

from collections.abc import Mapping
from typing import Any

from checkout.domain.order import OrderStatus
from checkout.stripe.captures import is_captured_separately

PAID = ("paid", "no_payment_required")

type Json = Mapping[str, Any]


def status_of_capture(session: Json) -> OrderStatus | None:
    """Return the status of a payment with manual capture, None if the session lacks its
    PaymentIntent.

    Neither a snapshot, which has only the PaymentIntent's id, nor `payment_status` distinguishes
    reserved money from a pending bank debit. If the payment is canceled before the session is
    completed, the session is about to expire.
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
    """Return the status of an ordinary payment; raise ValueError for an undocumented one."""
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
    """Return Stripe's payment_status, or `paid` if it is late after a capture."""
    return "paid" if (status, said) == (OrderStatus.PAID, "unpaid") else said


def _payment_failed(payment_intent: Json | str | None) -> bool:
    """True if the payment failed; a session without its PaymentIntent can't show that."""
    if not isinstance(payment_intent, Mapping):
        return False
    if payment_intent["status"] == "canceled":
        return True
    return (
        payment_intent["status"] == "requires_payment_method"
        and payment_intent.get("last_payment_error") is not None
    )

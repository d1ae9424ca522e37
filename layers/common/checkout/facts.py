"""What Stripe's objects mean for an order.

They are read as Stripe's JSON, from an event or from the API:
https://docs.stripe.com/api/checkout/sessions/object, /api/refunds/object, /api/disputes/object,
/api/payment_intents/object
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from checkout.errors import UnexpectedStripeObject
from checkout.order import (
    DeclineFact,
    Dispute,
    DisputeFact,
    DisputeStatus,
    OrderStatus,
    Origin,
    Refund,
    RefundFact,
    RefundStatus,
    SessionFact,
)

ORDER_ID = "order_id"
STACK = "checkout_stack"
FINGERPRINT = "request_fingerprint"
RESERVED_METADATA = frozenset({ORDER_ID, STACK, FINGERPRINT})
PAID = ("paid", "no_payment_required")

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Which of an account's objects are this stack's, by the metadata that it gave them.

    Sessions have it, and PaymentIntents, whose charges copy it. Refunds and disputes have none:
    their PaymentIntent tells.
    """

    stack: str
    livemode: bool

    def metadata(self, order_id: str) -> dict[str, str]:
        return {ORDER_ID: order_id, STACK: self.stack}

    def covers(self, stripe_object: object) -> bool:
        if not isinstance(stripe_object, Mapping):
            return False
        metadata = stripe_object.get("metadata")
        return (
            isinstance(metadata, Mapping)
            and metadata.get(STACK) == self.stack
            and bool(metadata.get(ORDER_ID))
            and stripe_object.get("livemode") is self.livemode
        )


def session_fact(session: Json, origin: Origin, *, event_type: str | None = None) -> SessionFact:
    """Read a session of this stack; raise UnexpectedStripeObject where it is not as documented."""
    with _documented("Checkout Session"):
        return SessionFact(
            order_id=_order_id(session),
            session_id=_string(session["id"]),
            status=_status(session, event_type),
            payment_status=_string(session["payment_status"]),
            payment_intent=_payment_intent(session),
            amount_total=_integer(session["amount_total"]),
            currency=_string(session["currency"]),
            client_reference_id=_optional(session["client_reference_id"]),
            request_fingerprint=_string(session["metadata"][FINGERPRINT]),
            created_at=_integer(session["created"]),
            expires_at=_integer(session["expires_at"]),
            origin=origin,
        )


def refund_fact(refund: Json, origin: Origin) -> RefundFact:
    """Read a refund with its PaymentIntent expanded; raise UnexpectedStripeObject."""
    with _documented("Refund"):
        return RefundFact(
            order_id=_order_id(refund["payment_intent"]),
            payment_intent=_string(refund["payment_intent"]["id"]),
            refund_id=_string(refund["id"]),
            refund=Refund(status=RefundStatus(refund["status"]), amount=_integer(refund["amount"])),
            origin=origin,
        )


def dispute_fact(dispute: Json, origin: Origin) -> DisputeFact:
    """Read a dispute with its PaymentIntent expanded; raise UnexpectedStripeObject."""
    with _documented("Dispute"):
        return DisputeFact(
            order_id=_order_id(dispute["payment_intent"]),
            payment_intent=_string(dispute["payment_intent"]["id"]),
            dispute_id=_string(dispute["id"]),
            dispute=Dispute(
                status=DisputeStatus(dispute["status"]),
                reason=_string(dispute["reason"]),
                amount=_integer(dispute["amount"]),
            ),
            origin=origin,
        )


def decline_fact(payment_intent: Json, origin: Origin) -> DeclineFact | None:
    """Read the last attempt to pay that failed; None where a newer one has not."""
    with _documented("PaymentIntent"):
        error = payment_intent["last_payment_error"]
        if error is None:
            return None
        return DeclineFact(
            order_id=_order_id(payment_intent),
            payment_intent=_string(payment_intent["id"]),
            charge_id=_string(_attempt(payment_intent, error)),
            code=_string(error.get("decline_code") or error.get("code") or error["type"]),
            origin=origin,
        )


@contextmanager
def _documented(kind: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise UnexpectedStripeObject(f"The {kind} has no {error.args[0]}.") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise UnexpectedStripeObject(f"The {kind} is malformed: {error}.") from None


def _attempt(payment_intent: Json, error: Json) -> object:
    """Name an attempt to pay: a customer who is not authenticated is refused without a charge."""
    method = error.get("payment_method") or {}
    return error.get("charge") or method.get("id") or payment_intent["id"]


def _order_id(stripe_object: Json) -> str:
    return _string(stripe_object["metadata"][ORDER_ID])


def _status(session: Json, event_type: str | None) -> OrderStatus:
    match session["status"], session["payment_status"]:
        case "open", _:
            return OrderStatus.OPEN
        case "expired", _:
            return OrderStatus.EXPIRED
        case "complete", payment_status if payment_status in PAID:
            return OrderStatus.PAID
        case "complete", "unpaid":
            failed = event_type == "checkout.session.async_payment_failed"
            if failed or _payment_failed(session["payment_intent"]):
                return OrderStatus.FAILED
            return OrderStatus.PROCESSING
        case _:
            raise ValueError("unknown status or payment_status")


def _payment_failed(payment_intent: Json | str | None) -> bool:
    """Tell failed from processing, which the session itself does not; an id alone can't say."""
    if not isinstance(payment_intent, Mapping):
        return False
    if payment_intent["status"] == "canceled":
        return True
    return (
        payment_intent["status"] == "requires_payment_method"
        and payment_intent["last_payment_error"] is not None
    )


def _payment_intent(session: Json) -> str | None:
    """Give the id of the PaymentIntent, expanded or not.

    A declined card leaves one on a session that stays open; an open order names none, so that it
    is the same order whether it was seen before or after that.
    """
    payment_intent = session["payment_intent"]
    if session["status"] == "open":
        return None
    return _optional(
        payment_intent["id"] if isinstance(payment_intent, Mapping) else payment_intent
    )


def _optional(value: object) -> str | None:
    return None if value is None else _string(value)


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text is missing")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number is missing")
    return value

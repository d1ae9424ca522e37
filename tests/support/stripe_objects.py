"""Stripe's JSON, as its API reference documents it, with the fields that the service reads.

https://docs.stripe.com/api/checkout/sessions/object
"""

import hashlib
import hmac
import json
from typing import Any

from checkout.domain.facts import Origin, SessionFact
from checkout.domain.order import CheckoutState, Order, OrderItem, OrderStatus
from checkout.domain.parts import KINDS
from tests.support.documents import Json
from tests.support.stack import SIGNING_SECRET, STACK

NOW = 1_795_000_000
CREATED_AT = NOW - 600
EXPIRES_AT = CREATED_AT + 86_400
ORDER_ID = "ord_0123456789abcdef0123456789abcdef"
SESSION_ID = "cs_test_a1B2c3"
PAYMENT_INTENT = "pi_3abc"
CHARGE = "ch_3abc"
REFUND = "re_3abc"
DISPUTE = "dp_1abc"
FINGERPRINT = "f" * 64

# Each state of a session, and the event that Stripe sends when it is entered.
STATES: dict[OrderStatus, tuple[str, Json]] = {
    OrderStatus.EXPIRED: ("checkout.session.expired", {"status": "expired"}),
    OrderStatus.PROCESSING: (
        "checkout.session.completed",
        {"status": "complete", "payment_intent": PAYMENT_INTENT},
    ),
    OrderStatus.FAILED: (
        "checkout.session.async_payment_failed",
        {"status": "complete", "payment_intent": PAYMENT_INTENT},
    ),
    OrderStatus.PAID: (
        "checkout.session.completed",
        {"status": "complete", "payment_status": "paid", "payment_intent": PAYMENT_INTENT},
    ),
}


def session(**changes: object) -> Json:
    """Return an open Checkout Session of this stack, with some fields changed."""
    return {
        "id": SESSION_ID,
        "object": "checkout.session",
        "amount_subtotal": 4200,
        "amount_total": 4200,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "cancel_url": "https://shop.example/cart",
        "client_reference_id": "cart-77",
        "client_secret": None,
        "created": CREATED_AT,
        "currency": "eur",
        "customer_email": "ada@example.com",
        "expires_at": EXPIRES_AT,
        "livemode": False,
        "metadata": session_metadata(),
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "success_url": "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "url": f"https://checkout.stripe.com/c/pay/{SESSION_ID}",
        **changes,
    }


def session_metadata(**changes: str) -> Json:
    return {
        "order_id": ORDER_ID,
        "checkout_stack": STACK,
        "request_fingerprint": FINGERPRINT,
        **changes,
    }


def payment_metadata(**changes: str) -> Json:
    """Return the options of the PaymentIntent and of its charge."""
    return {"order_id": ORDER_ID, "checkout_stack": STACK, **changes}


def session_in(status: OrderStatus, **changes: object) -> Json:
    return session(url=None, **STATES[status][1] | changes)


def payment_intent(status: str = "succeeded", *, declined: bool = False, **changes: object) -> Json:
    error = {
        "charge": CHARGE,
        "code": "payment_intent_payment_attempt_failed",
        "decline_code": "generic_decline",
        "type": "card_error",
    }
    return {
        "id": PAYMENT_INTENT,
        "object": "payment_intent",
        "capture_method": "automatic_async",
        "last_payment_error": error if declined else None,
        "livemode": False,
        "metadata": payment_metadata(),
        "status": status,
        **changes,
    }


def charge(**changes: object) -> Json:
    return {
        "id": CHARGE,
        "object": "charge",
        "amount": 4200,
        "amount_refunded": 700,
        "livemode": False,
        "metadata": payment_metadata(),
        "payment_intent": PAYMENT_INTENT,
        **changes,
    }


def refund(refund_id: str = REFUND, **changes: object) -> Json:
    """Return a refund as events have it; the API expands its PaymentIntent when it is asked to."""
    return {
        "id": refund_id,
        "object": "refund",
        "amount": 700,
        "charge": CHARGE,
        "created": NOW,
        "currency": "eur",
        "metadata": {},
        "payment_intent": PAYMENT_INTENT,
        "status": "succeeded",
        **changes,
    }


def dispute(dispute_id: str = DISPUTE, **changes: object) -> Json:
    return {
        "id": dispute_id,
        "object": "dispute",
        "amount": 4200,
        "charge": CHARGE,
        "created": NOW,
        "currency": "eur",
        "livemode": False,
        "metadata": {},
        "payment_intent": PAYMENT_INTENT,
        "reason": "fraudulent",
        "status": "needs_response",
        **changes,
    }


def expanded(stripe_object: Json, **changes: object) -> Json:
    """Return a refund or a dispute as the API does when it is asked for the PaymentIntent too."""
    return stripe_object | {"payment_intent": payment_intent(**changes)}  # type: ignore[arg-type]


def listed(*stripe_objects: Json, has_more: bool = False) -> Json:
    return {"object": "list", "data": list(stripe_objects), "has_more": has_more, "url": "/v1"}


def event(event_type: str, stripe_object: object, **changes: object) -> Json:
    return {
        "id": "evt_1abc",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": NOW,
        "data": {"object": stripe_object},
        "livemode": False,
        "type": event_type,
        **changes,
    }


def thin_event(event_type: str, object_id: str, **changes: object) -> Json:
    """Return the thin form of an event: https://docs.stripe.com/api/v2/core/events/event-types."""
    kind = event_type.rpartition(".")[0].replace("charge.dispute", "dispute")
    return {
        "id": "evt_test_thin",
        "object": "v2.core.event",
        "context": None,
        "created": "2026-11-18T11:06:40.000Z",
        "livemode": False,
        "reason": None,
        "related_object": {"id": object_id, "type": kind, "url": f"/v1/{kind}s/{object_id}"},
        "type": f"v1.{event_type}",
        **changes,
    }


def event_of(status: OrderStatus, **changes: object) -> Json:
    return event(STATES[status][0], session_in(status, **changes))


def signature(payload: bytes, *secrets: str, timestamp: int = NOW, scheme: str = "v1") -> str:
    """Sign as Stripe documents it: https://docs.stripe.com/webhooks#verify-manually."""
    signed = str(timestamp).encode() + b"." + payload
    signatures = [
        f"{scheme}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
        for secret in secrets or (SIGNING_SECRET,)
    ]
    return ",".join([f"t={timestamp}", *signatures])


def delivery(document: object, *secrets: str, timestamp: int = NOW) -> tuple[bytes, str]:
    """Return the body and the Stripe-Signature of a delivery."""
    body = json.dumps(document).encode()
    return body, signature(body, *secrets, timestamp=timestamp)


ITEM = OrderItem(
    price="price_1Mug", product="prod_1Mug", lookup_key="mug", quantity=2, amount_total=4200
)


def line_item(**changes: object) -> Json:
    """Return a line item with its product expanded, of a price that the shop sells."""
    return {
        "id": "li_1abc",
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": 4200,
        "amount_tax": 0,
        "amount_total": 4200,
        "currency": "eur",
        "description": "Mug",
        "price": price(),
        "quantity": 2,
        **changes,
    }


def price(**changes: object) -> Json:
    return {
        "id": "price_1Mug",
        "object": "price",
        "active": True,
        "currency": "eur",
        "livemode": False,
        "lookup_key": "mug",
        "metadata": {"sellable": "true"},
        "product": {"id": "prod_1Mug", "object": "product", "active": True, "metadata": {}},
        "type": "one_time",
        "unit_amount": 2100,
        **changes,
    }


def checkout(status: OrderStatus, **changes: Any) -> CheckoutState:  # noqa: ANN401
    """Return a fact about one session; its constant fields are always the same."""
    started = status not in (OrderStatus.OPEN, OrderStatus.EXPIRED)
    fields: Json = {
        "session_id": SESSION_ID,
        "status": status,
        "payment_status": "paid" if status is OrderStatus.PAID else "unpaid",
        "payment_intent": PAYMENT_INTENT if started else None,
        "amount_subtotal": 4200,
        "amount_discount": 0,
        "amount_tax": 0,
        "amount_shipping": 0,
        "amount_total": 4200,
        "amount_captured": 0 if status in (OrderStatus.AUTHORIZED, OrderStatus.CANCELED) else None,
        "currency": "eur",
        "client_reference_id": "cart-77",
        "request_fingerprint": FINGERPRINT,
        "created_at": CREATED_AT,
        "expires_at": EXPIRES_AT,
        "items": (ITEM,),
    }
    return CheckoutState(**fields | changes)


def fact(
    status: OrderStatus,
    *,
    order_id: str = ORDER_ID,
    origin: Origin | None = None,
    **changes: Any,  # noqa: ANN401
) -> SessionFact:
    """Return a fact about one session, with the items that only the API brings."""
    return SessionFact(
        order_id=order_id,
        checkout=checkout(status, **changes),
        origin=origin or Origin(occurred_at=NOW, source=f"evt_{status}"),
    )


def event_fact(status: OrderStatus, **changes: Any) -> SessionFact:  # noqa: ANN401
    """Return a fact as an event brings it: without items."""
    return fact(status, items=None, **changes)


def order(status: OrderStatus = OrderStatus.PAID, **parts: dict[str, Any]) -> Order:
    """Return the order that a first fact makes, with some refunds, disputes or declines."""
    by_kind = {kind: parts.get(kind.name, {}) for kind in KINDS}
    return Order(order_id=ORDER_ID, checkout=checkout(status), version=1, parts=by_kind)

"""Orders, read from the stack's table."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import stripe

from checkout.aws.order_item import StoredOrder
from checkout.aws.order_lookup import OrderLookup
from checkout.domain.facts import Origin
from checkout.domain.parts import KINDS
from checkout.errors import OrderUnreadable
from checkout.stripe.readers import OUR_ORDER_ID
from ops.errors import OpsError, UsageError
from ops.stack import Stack
from ops.times import rfc3339

if TYPE_CHECKING:
    from checkout.domain.order import Order

# The readers of Stripe's objects require an origin; nothing is recorded by these commands.
ORIGIN = Origin(occurred_at=0, source="operator")
# Internal: it only distinguishes a retry from another request.
NOT_SHOWN = "request_fingerprint"

type Json = dict[str, Any]


def order_id(text: str) -> str:
    """Check an order id; raise UsageError."""
    if not OUR_ORDER_ID.fullmatch(text):
        raise UsageError(f"{text!r} is not an order id, which is ord_ and 32 hexadecimal digits.")
    return text


def lookup(stack: Stack) -> OrderLookup:
    return OrderLookup(stack.environment.aws.dynamodb, stack.output("OrdersTableName"))


def stored_order(stack: Stack, order_id: str) -> StoredOrder:
    """Read an order; raise OpsError if it does not exist or can't be read."""
    try:
        stored = lookup(stack).find(order_id)
    except OrderUnreadable as error:
        raise OpsError(f"{order_id}: {error.detail}") from None
    if stored is None:
        raise OpsError(f"The stack {stack.name} has no order {order_id}.")
    return stored


def payment_page(stack: Stack, payment_intent: str | None) -> str | None:
    """Return the payment's URL in dashboard_name's dashboard; None if there is no payment."""
    mode = "" if stack.livemode else "/test"
    base = _simulator(stack) or f"https://dashboard.stripe.com{mode}"
    return payment_intent and f"{base}/payments/{payment_intent}"


def dashboard_name(stack: Stack) -> str:
    return "the simulator's dashboard" if _simulator(stack) else "Stripe's Dashboard"


def _simulator(stack: Stack) -> str | None:
    """Return the dashboard's URL of a local stack's simulator; None where Stripe itself is used."""
    url = stack.environment.stripe_url
    return f"{url}/dashboard" if url and url != stripe.DEFAULT_API_BASE else None


def order_document(stack: Stack, stored: StoredOrder) -> Json:
    """Return an order as JSON, with all of its fields and RFC 3339 timestamps."""
    order = stored.order
    checkout = {name: value for name, value in asdict(order.checkout).items() if name != NOT_SHOWN}
    items = list(checkout.pop("items") or ())
    document = {
        "order_id": order.order_id,
        **checkout,
        "amount_captured": order.amount_captured,
        "amount_refunded": order.amount_refunded,
        "dispute_status": order.dispute.status if order.dispute else None,
        "dispute_reason": order.dispute.reason if order.dispute else None,
        "updated_at": stored.updated_at,
        "version": order.version,
        "payment_page": payment_page(stack, order.checkout.payment_intent),
        "items": items,
        **_parts(order),
        "history": [_timed(asdict(entry)) for entry in stored.history],
    }
    return _timed(document)


def _parts(order: "Order") -> Json:
    return {
        kind.name: [
            {"id": part_id} | _timed(asdict(part))  # type: ignore[call-overload]
            for part_id, part in order.parts_of(kind).items()
        ]
        for kind in KINDS
    }


def _timed(fields: Mapping[str, Any]) -> Json:
    return {
        name: rfc3339(value) if name.endswith("_at") and isinstance(value, int) else value
        for name, value in fields.items()
    }

"""Reads Stripe's objects: each reader returns a fact, or None if the object does not belong to an
order of this stack.

Objects are Stripe's JSON, from an event or the API; a nullable field may be absent:
https://docs.stripe.com/api/checkout/sessions/object, /api/refunds/object, /api/disputes/object,
/api/payment_intents/object, /api/charges/object
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from checkout.domain.facts import CaptureNews, Origin, PartsFact, SessionFact
from checkout.domain.order import CheckoutState, OrderItem, OrderStatus
from checkout.domain.parts import Decline, Dispute, Part, Refund
from checkout.errors import UnexpectedStripeObject
from checkout.stripe.captures import is_captured_separately, without_releases
from checkout.stripe.statuses import payment_status, status_of_capture, status_of_session

ORDER_ID = "order_id"
STACK = "checkout_stack"
FINGERPRINT = "request_fingerprint"
# Metadata on sessions with adjustable quantities, which a session itself does not show.
ADJUSTABLE = "checkout_adjustable"
MARKS = (ORDER_ID, STACK, FINGERPRINT)
RESERVED_METADATA = frozenset({*MARKS, ADJUSTABLE})
OUR_ORDER_ID = re.compile(r"ord_[0-9a-f]{32}")

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Readers:
    """Reads objects of one stack and mode; raises UnexpectedStripeObject if one is malformed.

    `stack` is in the metadata of our sessions and PaymentIntents; charges copy it from
    PaymentIntents. Refunds and disputes don't: they are read with their PaymentIntent.
    """

    stack: str
    livemode: bool

    def mark(self, order_id: str) -> dict[str, str]:
        return {ORDER_ID: order_id, STACK: self.stack}

    def session(
        self,
        session: Json | None,
        origin: Origin,
        *,
        event_type: str | None = None,
        order_id: str | None = None,
    ) -> SessionFact | None:
        """Read a session; if `order_id` is given, ignore the session's metadata."""
        if session is None or session.get("livemode") is not self.livemode:
            return None
        order_id = order_id or self._marked_order(session)
        if order_id is None:
            return None
        with _documented("Checkout Session"):
            checkout = _checkout_state(session, event_type)
            follow = checkout.status is OrderStatus.OPEN and _may_swap_items(session)
            items = None if follow else _expanded_items(session)
            return SessionFact(
                order_id=order_id,
                checkout=replace(checkout, items=items),
                origin=origin,
                items_follow=follow,
            )

    def refunds(self, refunds: Iterable[Json], origin: Origin) -> PartsFact | None:
        """Read refunds of one charge, each with its PaymentIntent expanded.

        The release of a reservation is not a refund, because no money was taken.
        """
        return self._payment_parts(Refund, without_releases(refunds), _refund, origin)

    def disputes(self, disputes: Iterable[Json], origin: Origin) -> PartsFact | None:
        """Read disputes of one charge, each with its PaymentIntent expanded."""
        return self._payment_parts(Dispute, disputes, _dispute, origin)

    def decline(self, payment_intent: Json | None, origin: Origin) -> PartsFact | None:
        """Read the last attempt to pay, if it failed."""
        if payment_intent is None or payment_intent.get("livemode") is not self.livemode:
            return None
        with _documented("PaymentIntent"):
            error = payment_intent.get("last_payment_error")
            if error is None:
                return None
            code = error.get("decline_code") or error.get("code") or error["type"]
            decline = Decline(attempted_at=origin.occurred_at, code=_string(code))
            return PartsFact(
                order_id=self._marked_order(payment_intent),
                payment_intent=_string(payment_intent["id"]),
                kind=Decline,
                parts={_string(_attempt_id(payment_intent, error)): decline},
                origin=origin,
            )

    def payment(self, payment_intent: Json | None, origin: Origin) -> CaptureNews | None:
        """Read a PaymentIntent with manual capture; None for any other."""
        if payment_intent is None or payment_intent.get("livemode") is not self.livemode:
            return None
        with _documented("PaymentIntent"):
            if not is_captured_separately(payment_intent):
                return None
            return self._capture_news(payment_intent, payment_intent["id"], origin)

    def captured_charge(self, charge: Json | None, origin: Origin) -> CaptureNews | None:
        """Read a charge that was captured after it was authorized."""
        if charge is None or charge.get("livemode") is not self.livemode:
            return None
        with _documented("charge"):
            if charge.get("payment_intent") is None:
                return None
            return self._capture_news(charge, charge["payment_intent"], origin)

    def _capture_news(
        self, stripe_object: Json, payment_intent: object, origin: Origin
    ) -> CaptureNews:
        return CaptureNews(
            order_id=self._marked_order(stripe_object),
            payment_intent=_string(payment_intent),
            origin=origin,
        )

    def _payment_parts(
        self,
        kind: type[Part],
        objects: Iterable[Json],
        read: Callable[[Json], Part],
        origin: Origin,
    ) -> PartsFact | None:
        with _documented(kind.__name__):
            # Our Checkout Sessions always pay through a PaymentIntent.
            found = [one for one in objects if one.get("payment_intent") is not None]
            if not found or found[0]["payment_intent"]["livemode"] is not self.livemode:
                return None
            payment_intent = found[0]["payment_intent"]
            return PartsFact(
                order_id=self._marked_order(payment_intent),
                payment_intent=_string(payment_intent["id"]),
                kind=kind,
                parts={_string(one["id"]): read(one) for one in found},
                origin=origin,
            )

    def _marked_order(self, stripe_object: Json) -> str | None:
        """Return the order id in the metadata if this stack could have made it, else None."""
        metadata = stripe_object.get("metadata")
        if not isinstance(metadata, Mapping) or metadata.get(STACK) != self.stack:
            return None
        order_id = metadata.get(ORDER_ID)
        if not isinstance(order_id, str) or not OUR_ORDER_ID.fullmatch(order_id):
            return None
        return order_id


def order_items(line_items: Iterable[Json]) -> tuple[OrderItem, ...]:
    """Read a session's line items; raise UnexpectedStripeObject.

    https://docs.stripe.com/api/checkout/sessions/line_items
    """
    with _documented("line item"):
        return tuple(_order_item(one) for one in line_items)


def _order_item(line_item: Json) -> OrderItem:
    price = line_item["price"]
    product = price["product"]
    return OrderItem(
        price=_string(price["id"]),
        product=_string(product["id"] if isinstance(product, Mapping) else product),
        lookup_key=_optional(price.get("lookup_key")),
        quantity=_integer(line_item["quantity"]),
        amount_total=_integer(line_item["amount_total"]),
    )


def _may_swap_items(session: Json) -> bool:
    """True if the customer may still swap items at the same total, which amounts don't show.

    Promotion codes and taxes change amounts; shipping changes no item. It ends with the order's
    open status and not with the session's: the session of a payment that is captured separately is
    still open for an instant after the money was reserved.
    https://docs.stripe.com/payments/checkout/adjustable-quantity
    https://docs.stripe.com/payments/checkout/optional-items
    """
    adjustable = (session.get("metadata") or {}).get(ADJUSTABLE) is not None
    return adjustable or bool(session.get("optional_items"))


def _checkout_state(session: Json, event_type: str | None) -> CheckoutState:
    totals = session.get("total_details") or {}
    of_capture = status_of_capture(session)
    status = of_capture or status_of_session(session, event_type)
    return CheckoutState(
        session_id=_string(session["id"]),
        status=status,
        payment_status=payment_status(_string(session["payment_status"]), status),
        payment_intent=_payment_intent(session, status),
        amount_total=_integer(session["amount_total"]),
        amount_subtotal=_integer(session["amount_subtotal"]),
        amount_discount=_integer(totals.get("amount_discount") or 0),
        amount_tax=_integer(totals.get("amount_tax") or 0),
        amount_shipping=_integer(totals.get("amount_shipping") or 0),
        amount_captured=_integer(session["payment_intent"]["amount_received"])
        if of_capture
        else None,
        currency=_string(session["currency"]),
        client_reference_id=_optional(session.get("client_reference_id")),
        request_fingerprint=_optional((session.get("metadata") or {}).get(FINGERPRINT)),
        created_at=_integer(session["created"]),
        expires_at=_integer(session["expires_at"]),
    )


def _expanded_items(session: Json) -> tuple[OrderItem, ...] | None:
    """Return a session's line items if it has all of them; Stripe expands only the first ten."""
    line_items = session.get("line_items")
    if line_items is None or line_items["has_more"]:
        return None
    return order_items(line_items["data"])


def _refund(refund: Json) -> Refund:
    return Refund(status=_string(refund["status"]), amount=_integer(refund["amount"]))


def _dispute(dispute: Json) -> Dispute:
    return Dispute(
        status=_string(dispute["status"]),
        reason=_string(dispute["reason"]),
        amount=_integer(dispute["amount"]),
    )


@contextmanager
def _documented(kind: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise UnexpectedStripeObject(f"The {kind} has no {error.args[0]}.") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise UnexpectedStripeObject(f"The {kind} is malformed: {error}.") from None


def _attempt_id(payment_intent: Json, error: Json) -> object:
    """Return the attempt's id: its charge, or a substitute if it failed before the charge."""
    method = error.get("payment_method") or {}
    return error.get("charge") or method.get("id") or payment_intent["id"]


def _payment_intent(session: Json, status: OrderStatus) -> str | None:
    """Return the id of the PaymentIntent, expanded or not.

    A declined card sets it on a session that stays open. An open order stores none, so that it is
    equal whether it was read before or after the decline.
    """
    if status is OrderStatus.OPEN:
        return None
    payment_intent = session.get("payment_intent")
    return _optional(
        payment_intent["id"] if isinstance(payment_intent, Mapping) else payment_intent
    )


def _optional(value: object) -> str | None:
    return None if value is None else _string(value)


def _string(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a string is missing")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("an integer is missing")
    return value

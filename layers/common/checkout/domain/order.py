"""The order: the state of its Checkout Session, and its refunds, disputes and declines.

             ┌──────────► expired
    open ────┼──────────► processing ────► failed
             │                 │
             ├──────────► authorized ────► canceled
             │                 ▼
             └──────────────► paid ◄────── (from any other)

`authorized` and `canceled` belong to payments with manual capture (`capture_method`): the money is
reserved, and later captured, or released when the authorization is canceled or expires.
https://docs.stripe.com/payments/place-a-hold-on-a-payment-method

Stripe never expires a session that was completed, never fails a payment that has succeeded, and
never captures one that was canceled. If events contradict each other, the order of the statuses
below decides, and `paid` outranks all others: a payment is never lost. Refunds and disputes are
separate parts and change no status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from checkout.domain.parts import Dispute, Part, Parts, Refund, amount_refunded, most_pressing

# For snapshot and thin events: https://docs.stripe.com/api/events/object
EVENT_ID_PREFIX = "evt_"


class OrderStatus(StrEnum):
    """Statuses from weakest to strongest: a status replaces only weaker ones."""

    OPEN = "open"
    EXPIRED = "expired"
    PROCESSING = "processing"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    CANCELED = "canceled"
    PAID = "paid"

    @property
    def weaker(self) -> "tuple[OrderStatus, ...]":
        statuses = tuple(OrderStatus)
        return statuses[: statuses.index(self)]

    @property
    def is_pending(self) -> bool:
        return self in {OrderStatus.OPEN, OrderStatus.PROCESSING, OrderStatus.AUTHORIZED}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem:
    """A bought item: Stripe's ids, and the total in the currency's minor unit."""

    price: str
    product: str
    lookup_key: str | None
    quantity: int
    amount_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutState:
    """The state of a Checkout Session at Stripe, with the resulting status of the order.

    Amounts are in the currency's minor unit, timestamps in seconds since 1970 UTC. `items` is None
    if the source has none (events carry no line items), in orders older than this attribute, and in
    open orders whose customer may still change quantities. `amount_captured` is set only for manual
    capture, and only if the source has the PaymentIntent.

    `amount_total` is `amount_subtotal` - `amount_discount` + `amount_shipping` + the tax that the
    prices do not include; `amount_tax` is all of it.
    https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-total_details
    """

    session_id: str
    status: OrderStatus
    payment_status: str
    payment_intent: str | None = None
    amount_total: int
    amount_subtotal: int | None = None
    amount_discount: int | None = None
    amount_tax: int | None = None
    amount_shipping: int | None = None
    amount_captured: int | None = None
    currency: str
    client_reference_id: str | None = None
    request_fingerprint: str | None = None
    created_at: int
    expires_at: int
    items: tuple[OrderItem, ...] | None = None

    @property
    def amounts_of_items(self) -> dict[str, int]:
        """Return the fields that depend on the items, their discounts and their taxes."""
        amounts = {
            "amount_subtotal": self.amount_subtotal,
            "amount_discount": self.amount_discount,
            "amount_tax": self.amount_tax,
        }
        return {name: amount for name, amount in amounts.items() if amount is not None}

    def has_items_for(self, reported: "CheckoutState") -> bool:
        """True if the stored items match the reported state: their amounts are equal."""
        return self.items is not None and self.amounts_of_items == reported.amounts_of_items


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The stored order. `version` counts its changes.

    `sources` are the sources of the changes in its history: event ids, `create`, `confirm`,
    `reconcile`. They are ignored when orders are compared.
    """

    order_id: str
    checkout: CheckoutState
    version: int
    parts: Mapping[type[Part], Parts] = field(default_factory=dict)
    sources: frozenset[str] = field(default=frozenset(), compare=False)

    def parts_of(self, kind: type[Part]) -> Parts:
        return self.parts.get(kind, {})

    @property
    def status(self) -> OrderStatus:
        return self.checkout.status

    @property
    def was_changed_by_event(self) -> bool:
        return any(source.startswith(EVENT_ID_PREFIX) for source in self.sources)

    @property
    def amount_captured(self) -> int:
        """The amount taken: the whole total of a paid order, unless it was captured in part."""
        all_of_it = self.checkout.amount_total if self.status is OrderStatus.PAID else 0
        captured = self.checkout.amount_captured
        return all_of_it if captured is None else captured

    @property
    def amount_refunded(self) -> int:
        return amount_refunded(cast("Mapping[str, Refund]", self.parts_of(Refund)))

    @property
    def dispute(self) -> Dispute | None:
        """The most urgent dispute for the merchant."""
        return most_pressing(cast("Mapping[str, Dispute]", self.parts_of(Dispute)))

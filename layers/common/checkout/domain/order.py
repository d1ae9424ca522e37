"""What an order is: the state of its Checkout Session, and its refunds, disputes and declines.

             ┌──────────► expired
    open ────┼──────────► processing ────► failed
             │                 │
             ├──────────► authorized ────► canceled
             │                 ▼
             └──────────────► paid ◄────── (from any other)

`authorized` and `canceled` are of payments that are captured separately (`capture_method` manual):
the money is reserved, and captured or released later. Released is what a cancelled or expired
authorization is. https://docs.stripe.com/payments/place-a-hold-on-a-payment-method

Stripe never expires a session that was completed, never fails a payment that has succeeded, and
never captures one that was canceled. If its events ever say both, the order of the statuses below
decides, and `paid` outranks all: money that was taken is never forgotten. Refunds and disputes are
parts of their own and change no status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from checkout.domain.parts import Dispute, Part, Parts, Refund, amount_refunded, most_pressing

# Of snapshot events and thin ones: https://docs.stripe.com/api/events/object
EVENT_ID_PREFIX = "evt_"


class OrderStatus(StrEnum):
    """From the weakest to the strongest: a status replaces the weaker ones and nothing else."""

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
    """What was bought: Stripe's ids, and the total in the currency's minor unit."""

    price: str
    product: str
    lookup_key: str | None
    quantity: int
    amount_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutState:
    """What Stripe says about a Checkout Session, with the status that it means for the order.

    Amounts are in the currency's minor unit, times in seconds since 1970 UTC. `items` is None where
    the source has none (events carry no line items), in orders from before items were stored, and
    in open ones whose customer may still change the quantities. `amount_captured` is of a payment
    that is captured separately, None for any other and where the source has no PaymentIntent.

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
        """Whether the items are those of what Stripe reports now: the amounts say so."""
        return self.items is not None and self.amounts_of_items == reported.amounts_of_items


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The stored order. `version` counts its changes.

    `sources` is what brought the changes in its history: ids of events, `create`, `confirm`,
    `reconcile`. Two orders that differ in nothing else are the same order.
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
        """What was taken: of a paid order all, where nothing says that it was captured in part."""
        all_of_it = self.checkout.amount_total if self.status is OrderStatus.PAID else 0
        captured = self.checkout.amount_captured
        return all_of_it if captured is None else captured

    @property
    def amount_refunded(self) -> int:
        return amount_refunded(cast("Mapping[str, Refund]", self.parts_of(Refund)))

    @property
    def dispute(self) -> Dispute | None:
        """The dispute that demands most of the merchant."""
        return most_pressing(cast("Mapping[str, Dispute]", self.parts_of(Dispute)))

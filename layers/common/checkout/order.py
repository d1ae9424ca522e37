"""What an order is, and what a fact does to it.

An order is a join of the facts known about it: each part of it (the payment, every refund, every
dispute, every declined charge) has a status, the strongest status that was ever heard of wins, and
so the order in which facts arrive, and how often, makes no difference.

             ┌──────────► expired
    open ────┼──────────► processing ────► failed
             └──────────► paid ◄───────────┘ (and from processing)

Stripe never expires a session that was completed, and never fails a payment that has succeeded;
should its events ever say both, the rank below decides, and `paid` outranks everything: money that
was taken is never forgotten. Refunds and disputes are parts of their own and cover nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Ranked(StrEnum):
    """From the weakest to the strongest: a status covers those above it and nothing else."""

    @property
    def rank(self) -> int:
        return tuple(type(self)).index(self)

    @property
    def weaker(self) -> tuple[Self, ...]:
        return tuple(type(self))[: self.rank]


class OrderStatus(Ranked):
    OPEN = "open"
    EXPIRED = "expired"
    PROCESSING = "processing"
    FAILED = "failed"
    PAID = "paid"


UNSETTLED = (OrderStatus.OPEN, OrderStatus.PROCESSING)


class RefundStatus(Ranked):
    """https://docs.stripe.com/api/refunds/object: a refund may fail after it has succeeded."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def counts(self) -> bool:
        """Is its amount in the charge's `amount_refunded`? What failed gave it back."""
        return self not in (RefundStatus.CANCELED, RefundStatus.FAILED)


class DisputeStatus(Ranked):
    """https://docs.stripe.com/api/disputes/object, in the order that a dispute goes through them.

    An inquiry (`warning_…`) may become a chargeback, never the other way round. A lost dispute may
    be appealed: the order shows it as lost until it is won.
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    PREVENTED = "prevented"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    LOST = "lost"
    WON = "won"

    @property
    def is_closed(self) -> bool:
        return self in CLOSED_DISPUTES


CLOSED_DISPUTES = (
    DisputeStatus.WARNING_CLOSED,
    DisputeStatus.PREVENTED,
    DisputeStatus.LOST,
    DisputeStatus.WON,
)
# Of several disputes an order shows the one that asks most of the merchant.
MOST_PRESSING_FIRST = (
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.APPEAL_NEEDS_RESPONSE,
    DisputeStatus.WARNING_NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
    DisputeStatus.APPEAL_UNDER_REVIEW,
    DisputeStatus.WARNING_UNDER_REVIEW,
    DisputeStatus.LOST,
    DisputeStatus.WON,
    DisputeStatus.PREVENTED,
    DisputeStatus.WARNING_CLOSED,
)


class ChangeType(StrEnum):
    """What a change is called in the history, and in the message that tells of it."""

    CREATED = "order.created"
    EXPIRED = "order.expired"
    PROCESSING = "order.processing"
    FAILED = "order.failed"
    PAID = "order.paid"
    PAYMENT_DECLINED = "order.payment_declined"
    REFUNDED = "order.refunded"
    REFUND_UPDATED = "order.refund_updated"
    REFUND_FAILED = "order.refund_failed"
    DISPUTE_OPENED = "order.dispute_opened"
    DISPUTE_UPDATED = "order.dispute_updated"
    DISPUTE_CLOSED = "order.dispute_closed"


STATUS_CHANGES = {
    OrderStatus.OPEN: ChangeType.CREATED,
    OrderStatus.EXPIRED: ChangeType.EXPIRED,
    OrderStatus.PROCESSING: ChangeType.PROCESSING,
    OrderStatus.FAILED: ChangeType.FAILED,
    OrderStatus.PAID: ChangeType.PAID,
}


class Outcome(StrEnum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """When something happened, in seconds since 1970 UTC, and who said so.

    `source` is the id of the event that brought it, or what asked Stripe: `create`, `confirm`,
    `reconcile`.
    """

    occurred_at: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact:
    """What Stripe said of one Checkout Session at one moment.

    Amounts are in the currency's minor unit, times in seconds since 1970 UTC.
    """

    order_id: str
    session_id: str
    status: OrderStatus
    payment_status: str
    payment_intent: str | None
    amount_total: int
    currency: str
    client_reference_id: str | None
    request_fingerprint: str
    created_at: int
    expires_at: int
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """`amount` is in the currency's minor unit."""

    status: RefundStatus
    amount: int

    def says_more_than(self, known: "Refund | None") -> bool:
        return known is None or (self.status.rank, self.amount) > (known.status.rank, known.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """`amount` is in the currency's minor unit; `reason` as Stripe names it."""

    status: DisputeStatus
    reason: str
    amount: int

    def says_more_than(self, known: "Dispute | None") -> bool:
        """Compare all of it: of two disputes one says more, whichever was heard of first."""
        return known is None or (self.status.rank, self.amount, self.reason) > (
            known.status.rank,
            known.amount,
            known.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact:
    order_id: str
    payment_intent: str
    refund_id: str
    refund: Refund
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFact:
    order_id: str
    payment_intent: str
    dispute_id: str
    dispute: Dispute
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineFact:
    """An attempt to pay that failed. The customer may try again: it says nothing of the order.

    `charge_id` is what it was made with, where there was no charge.
    """

    order_id: str
    payment_intent: str
    charge_id: str
    code: str
    origin: Origin


type Fact = SessionFact | RefundFact | DisputeFact | DeclineFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The stored order; units as in SessionFact. `version` counts the changes."""

    order_id: str
    session_id: str
    status: OrderStatus
    payment_status: str
    payment_intent: str | None
    amount_total: int
    currency: str
    client_reference_id: str | None
    request_fingerprint: str
    created_at: int
    expires_at: int
    version: int
    refunds: Mapping[str, Refund] = field(default_factory=dict)
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    declines: Mapping[str, str] = field(default_factory=dict)

    @property
    def amount_refunded(self) -> int:
        return amount_refunded(self.refunds)

    @property
    def dispute_status(self) -> DisputeStatus | None:
        dispute = most_pressing(self.disputes)
        return dispute.status if dispute else None


def amount_refunded(refunds: Mapping[str, Refund]) -> int:
    return sum(refund.amount for refund in refunds.values() if refund.status.counts)


def most_pressing(disputes: Mapping[str, Dispute]) -> Dispute | None:
    """Of disputes with one status, the largest, so that it does not matter which came first."""
    return min(
        disputes.values(),
        key=lambda one: (MOST_PRESSING_FIRST.index(one.status), -one.amount, one.reason),
        default=None,
    )

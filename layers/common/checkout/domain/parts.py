"""Parts of an order besides its checkout: refunds, disputes and declined attempts to pay.

An order holds every part by Stripe's id, each in its strongest known state. All kinds are joined in
the same way, so that arrival order and duplicates don't matter. A new kind is one class here and
one reader (checkout/stripe/readers.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checkout.domain.changes import ChangeType

# Marks the rank of statuses that this version does not know. Stripe's names have no brackets.
UNKNOWN = "(unknown)"


class Part(ABC):
    """The common part of all kinds.

    `name` is the collection's name in the order. Strangers can repeat a kind with a `limit`: the
    order stores no more than that, and the history none. A kind that `moves_money` belongs to the
    order that recorded its PaymentIntent; an attempt to pay comes before that.
    """

    __slots__ = ()
    name: ClassVar[str]
    limit: ClassVar[int | None] = None
    moves_money: ClassVar[bool] = True

    @property
    @abstractmethod
    def strength(self) -> tuple[int | str, ...]:
        """Return the rank of this state; of two states of a part the greater is the later."""

    @abstractmethod
    def change_type(self, known: Self | None) -> ChangeType:
        """Return the type of the change from the known state."""

    @staticmethod
    def summary(parts: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG004
        """Return the order's attributes that summarise all parts of this kind."""
        return {}


type Parts = Mapping[str, Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Part):
    """`amount` is in the currency's minor unit.

    https://docs.stripe.com/api/refunds/object: a refund may fail after it succeeded. An unlisted
    status ranks above the unfinished ones and below the final ones.
    """

    name: ClassVar = "refunds"
    weakest_first: ClassVar = (
        "pending",
        "requires_action",
        UNKNOWN,
        "succeeded",
        "canceled",
        "failed",
    )

    status: str
    amount: int

    @property
    def strength(self) -> tuple[int | str, ...]:
        return (_rank(self.status, self.weakest_first), self.status, self.amount)

    @property
    def counts(self) -> bool:
        """True if the charge's `amount_refunded` includes it: a failed refund no longer counts."""
        return self.status not in {"canceled", "failed"}

    def change_type(self, known: Self | None) -> ChangeType:
        """Return the type of the change; unknown statuses are published too."""
        if not self.counts:
            return ChangeType.REFUND_FAILED
        if known is None or self.status not in self.weakest_first:
            return ChangeType.REFUNDED
        return ChangeType.REFUND_UPDATED

    @staticmethod
    def summary(parts: Mapping[str, "Refund"]) -> dict[str, Any]:
        return {"amount_refunded": amount_refunded(parts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Part):
    """`amount` is in the currency's minor unit; `reason` as Stripe names it.

    https://docs.stripe.com/api/disputes/object, with the statuses in the order that a dispute
    passes through them: an inquiry (`warning_…`) may become a chargeback, never the reverse. A lost
    dispute may be appealed: the order shows it as lost until it is won. An unlisted status ranks as
    the last unfinished one of its phase, below every final status.
    """

    name: ClassVar = "disputes"
    weakest_first: ClassVar = (
        "warning_needs_response",
        "warning_under_review",
        f"warning_{UNKNOWN}",
        "warning_closed",
        "prevented",
        "needs_response",
        "under_review",
        "appeal_needs_response",
        "appeal_under_review",
        UNKNOWN,
        "lost",
        "won",
    )
    closed: ClassVar = frozenset({"warning_closed", "prevented", "lost", "won"})
    # Of several disputes the order shows the most urgent one.
    most_pressing_first: ClassVar = (
        "needs_response",
        "appeal_needs_response",
        UNKNOWN,
        "warning_needs_response",
        f"warning_{UNKNOWN}",
        "under_review",
        "appeal_under_review",
        "warning_under_review",
        "lost",
        "won",
        "prevented",
        "warning_closed",
    )

    status: str
    reason: str
    amount: int

    @property
    def strength(self) -> tuple[int | str, ...]:
        return (_rank(self.status, self.weakest_first), self.status, self.amount, self.reason)

    @property
    def urgency(self) -> tuple[int, int, str, str]:
        """Sort key: the most urgent dispute first; within a status the largest amount first."""
        place = _rank(self.status, self.most_pressing_first)
        return (place, -self.amount, self.reason, self.status)

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")

    def change_type(self, known: Self | None) -> ChangeType:
        """Return the type of the change; an inquiry that becomes a chargeback opens the dispute.

        So does an unknown status: the merchant should see it.
        """
        if self.status in self.closed:
            return ChangeType.DISPUTE_CLOSED
        escalated = known is not None and known.is_inquiry and not self.is_inquiry
        if known is None or escalated or self.status not in self.weakest_first:
            return ChangeType.DISPUTE_OPENED
        return ChangeType.DISPUTE_UPDATED

    @staticmethod
    def summary(parts: Mapping[str, "Dispute"]) -> dict[str, Any]:
        shown = most_pressing(parts)
        return {"dispute_status": shown.status, "dispute_reason": shown.reason} if shown else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline(Part):
    """An attempt to pay that failed; `attempted_at` in seconds since 1970 UTC.

    The customer may try again, so it does not change the order's status.
    """

    name: ClassVar = "declines"
    # Anyone on the payment page can repeat it thousands of times.
    limit: ClassVar[int | None] = 10
    moves_money: ClassVar = False

    attempted_at: int
    code: str

    @property
    def strength(self) -> tuple[int | str, ...]:
        return (self.attempted_at, self.code)

    def change_type(self, known: Self | None) -> ChangeType:  # noqa: ARG002
        return ChangeType.PAYMENT_DECLINED


KINDS: tuple[type[Part], ...] = (Refund, Dispute, Decline)


def join(kind: type[Part], known: Parts, reported: Parts) -> Parts:
    """Take the stronger state of each part; for a kind with a limit only the strongest parts.

    Strength only grows, so a dropped part can never come back: the strongest n of a set are the
    same in any order of arrival.
    """
    joined = dict(known)
    for part_id, part in reported.items():
        before = joined.get(part_id)
        if before is None or part.strength > before.strength:
            joined[part_id] = part
    if kind.limit is None or len(joined) <= kind.limit:
        return joined
    strongest = sorted(joined, key=lambda part_id: (joined[part_id].strength, part_id))
    return {part_id: joined[part_id] for part_id in strongest[-kind.limit :]}


def amount_refunded(refunds: Mapping[str, Refund]) -> int:
    return sum(refund.amount for refund in refunds.values() if refund.counts)


def most_pressing(disputes: Mapping[str, Dispute]) -> Dispute | None:
    return min(disputes.values(), key=lambda dispute: dispute.urgency, default=None)


def _rank(status: str, statuses: tuple[str, ...]) -> int:
    if status not in statuses:
        inquiry = f"warning_{UNKNOWN}"
        status = inquiry if status.startswith("warning_") and inquiry in statuses else UNKNOWN
    return statuses.index(status)

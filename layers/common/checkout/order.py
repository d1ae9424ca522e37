"""What an order is, and what a fact does to it.

An order's state is a join of the facts known about it: each fact has a status, the strongest one
wins, and so the order in which facts arrive, and how often, makes no difference.

             ┌──────────► expired
    open ────┼──────────► processing ────► failed
             └──────────► paid ◄───────────┘ (and from processing)

Stripe never expires a session that was completed, and never fails a payment that has succeeded;
should its events ever say both, the rank below decides, and `paid` outranks everything: money that
was taken is never forgotten.
"""

from dataclasses import dataclass
from enum import StrEnum


class OrderStatus(StrEnum):
    """From the weakest to the strongest: a status covers those above it and nothing else."""

    OPEN = "open"
    EXPIRED = "expired"
    PROCESSING = "processing"
    FAILED = "failed"
    PAID = "paid"

    @property
    def weaker(self) -> tuple["OrderStatus", ...]:
        ranked = tuple(OrderStatus)
        return ranked[: ranked.index(self)]


CHANGE_TYPES = {
    OrderStatus.OPEN: "order.created",
    OrderStatus.EXPIRED: "order.expired",
    OrderStatus.PROCESSING: "order.processing",
    OrderStatus.FAILED: "order.failed",
    OrderStatus.PAID: "order.paid",
}


class Outcome(StrEnum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact:
    """What Stripe said of one Checkout Session at one moment.

    Amounts are in the currency's minor unit, times in seconds since 1970 UTC. `source` is the id of
    the event that brought it, or what asked Stripe: `create`, `confirm`.
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
    occurred_at: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The stored order; units as in SessionFact. `version` counts the changes."""

    order_id: str
    session_id: str
    status: OrderStatus
    payment_status: str
    payment_intent: str | None
    amount_total: int
    amount_refunded: int
    currency: str
    client_reference_id: str | None
    request_fingerprint: str
    created_at: int
    expires_at: int
    version: int


def outcome_of_refused(order: Order, fact: SessionFact) -> Outcome:
    """Say why a fact did not change the order that it met."""
    if fact.session_id != order.session_id:
        return Outcome.IGNORED
    return Outcome.DUPLICATE if fact.status is order.status else Outcome.STALE

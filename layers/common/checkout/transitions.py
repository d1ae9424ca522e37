"""The table of transitions: what a fact changes about an order, and in which state it may.

| fact                  | changes                         | where the order                       |
| --------------------- | ------------------------------- | ------------------------------------- |
| session, any status   | status, and what a session says | is unknown, or has a weaker status    |
| refund, any status    | refunds, amount_refunded        | does not know the refund, or a weaker |
|                       |                                 | status of it                          |
| dispute, any status   | disputes, dispute_status        | the same, of the dispute              |
| declined charge       | declines                        | does not know the charge              |

Anything else changes nothing: the order says it already, or says more. So the state is a join, and
no timestamp takes part in it.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

from checkout.order import (
    STATUS_CHANGES,
    UNSETTLED,
    ChangeType,
    DeclineFact,
    DisputeFact,
    Fact,
    Order,
    OrderStatus,
    Outcome,
    RefundFact,
    SessionFact,
    amount_refunded,
    most_pressing,
)

# Unsettled orders are found through an index of so many partitions: a million open orders, and the
# writes of a busy day, are spread over all of them.
UNSETTLED_SHARDS = 16


@dataclass(frozen=True, slots=True)
class WeakerStatus:
    """The order is unknown, or is this session's and in one of the statuses."""

    session_id: str
    statuses: tuple[OrderStatus, ...]


@dataclass(frozen=True, slots=True)
class SameCollection:
    """The order is known, and its collection is still what the change was made from."""

    name: str
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    type: ChangeType
    condition: WeakerStatus | SameCollection
    attributes: Mapping[str, Any]
    removed: tuple[str, ...] = ()


@overload
def change(seen: None, fact: Fact) -> Change: ...
@overload
def change(seen: Order, fact: Fact) -> Change | None: ...
def change(seen: Order | None, fact: Fact) -> Change | None:
    """Give what a fact changes about the order, None where it is known already.

    Without having `seen` the order, the change is that of an order which knows of the session no
    more than that it is open, and of nothing else: the ordinary case, for which nobody reads first.
    The change's condition holds in just the states that it is right for.
    """
    match fact:
        case SessionFact():
            return _session_change(seen, fact)
        case RefundFact():
            return _refund_change(seen, fact)
        case DisputeFact():
            return _dispute_change(seen, fact)
        case _:
            return _decline_change(seen, fact)


def outcome_of_refused(order: Order, fact: Fact) -> Outcome:
    """Say why a fact did not change the order that it met."""
    match fact:
        case SessionFact():
            if fact.session_id != order.session_id:
                return Outcome.IGNORED
            same = fact.status is order.status
        case RefundFact():
            same = fact.refund.status is order.refunds[fact.refund_id].status
        case DisputeFact():
            same = fact.dispute.status is order.disputes[fact.dispute_id].status
        case _:
            same = fact.charge_id in order.declines
    return Outcome.DUPLICATE if same else Outcome.STALE


def unsettled_shard(order_id: str) -> str:
    return str(zlib.crc32(order_id.encode()) % UNSETTLED_SHARDS)


def _session_change(seen: Order | None, fact: SessionFact) -> Change | None:
    if seen is not None and (
        seen.session_id != fact.session_id or seen.status not in fact.status.weaker
    ):
        return None
    attributes: dict[str, Any] = {
        "session_id": fact.session_id,
        "status": fact.status,
        "payment_status": fact.payment_status,
        "payment_intent": fact.payment_intent,
        "amount_total": fact.amount_total,
        "currency": fact.currency,
        "client_reference_id": fact.client_reference_id,
        "request_fingerprint": fact.request_fingerprint,
        "created_at": fact.created_at,
        "expires_at": fact.expires_at,
    }
    unsettled = fact.status in UNSETTLED
    if unsettled:
        attributes["unsettled_shard"] = unsettled_shard(fact.order_id)
    return Change(
        STATUS_CHANGES[fact.status],
        WeakerStatus(fact.session_id, fact.status.weaker),
        # What a session does not say yet takes nothing away.
        {name: value for name, value in attributes.items() if value is not None},
        () if unsettled else ("unsettled_shard",),
    )


def _refund_change(seen: Order | None, fact: RefundFact) -> Change | None:
    refunds = seen.refunds if seen else {}
    known = refunds.get(fact.refund_id)
    if not fact.refund.says_more_than(known):
        return None
    after = {**refunds, fact.refund_id: fact.refund}
    if not fact.refund.status.counts:
        type_ = ChangeType.REFUND_FAILED
    else:
        type_ = ChangeType.REFUND_UPDATED if known else ChangeType.REFUNDED
    return Change(
        type_,
        SameCollection("refunds", refunds),
        {"refunds": after, "amount_refunded": amount_refunded(after)},
    )


def _dispute_change(seen: Order | None, fact: DisputeFact) -> Change | None:
    disputes = seen.disputes if seen else {}
    known = disputes.get(fact.dispute_id)
    if not fact.dispute.says_more_than(known):
        return None
    after = {**disputes, fact.dispute_id: fact.dispute}
    if fact.dispute.status.is_closed:
        type_ = ChangeType.DISPUTE_CLOSED
    else:
        type_ = ChangeType.DISPUTE_UPDATED if known else ChangeType.DISPUTE_OPENED
    shown = most_pressing(after) or fact.dispute
    return Change(
        type_,
        SameCollection("disputes", disputes),
        {"disputes": after, "dispute_status": shown.status, "dispute_reason": shown.reason},
    )


def _decline_change(seen: Order | None, fact: DeclineFact) -> Change | None:
    declines = seen.declines if seen else {}
    if fact.charge_id in declines:
        return None
    return Change(
        ChangeType.PAYMENT_DECLINED,
        SameCollection("declines", declines),
        {"declines": {**declines, fact.charge_id: fact.code}},
    )

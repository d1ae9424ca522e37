"""What a fact changes about an order, and the state of the order that allows it.

| fact                  | changes                         | if the order                          |
| --------------------- | ------------------------------- | ------------------------------------- |
| session, any status   | status, and what a session says | is unknown, or has a weaker status    |
| session, same status  | amount_captured                 | has a smaller one, or none            |
| refund, any status    | refunds, amount_refunded        | has its PaymentIntent, and lacks the  |
|                       |                                 | refund or has it in a weaker status   |
| dispute, any status   | disputes, dispute_status        | has its PaymentIntent, and lacks the  |
|                       |                                 | dispute or has it in a weaker status  |
| declined attempt      | declines, the latest ten        | has its PaymentIntent or none yet,    |
|                       |                                 | and lacks the attempt                 |

Any other fact changes nothing: the order already has it, or has a stronger one. So an order is a
join of the facts about it, and timestamps never decide between statuses.
"""

from dataclasses import dataclass, replace

from checkout.domain.changes import MOST_NOTABLE_FIRST, ChangeType, Outcome
from checkout.domain.facts import Fact, PartsFact, SessionFact
from checkout.domain.order import CheckoutState, Order, OrderStatus
from checkout.domain.parts import Part, Parts, join

STATUS_CHANGES = {
    OrderStatus.OPEN: ChangeType.CREATED,
    OrderStatus.EXPIRED: ChangeType.EXPIRED,
    OrderStatus.PROCESSING: ChangeType.PROCESSING,
    OrderStatus.FAILED: ChangeType.FAILED,
    OrderStatus.AUTHORIZED: ChangeType.AUTHORIZED,
    OrderStatus.CANCELED: ChangeType.CANCELED,
    OrderStatus.PAID: ChangeType.PAID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutChange:
    """May be written if the order is unknown, or has this session and a weaker status.

    With `seen_version`, it may be written only if the order still has that version. Without `items`
    it may be written only to an order that has its items, for the same amounts, or to a new one
    whose `items_follow`.
    """

    change_type: ChangeType
    checkout: CheckoutState
    items_follow: bool = False
    seen_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsChange:
    """May be written to the order of the PaymentIntent if it has not changed since it was read.

    `seen_version` is None if the order was not read: it must have no part of this kind yet.
    """

    change_type: ChangeType
    payment_intent: str
    kind: type[Part]
    parts: Parts
    seen_version: int | None


type Change = CheckoutChange | PartsChange


def decide(order: Order | None, fact: Fact) -> Change | Outcome:
    """Return what a fact changes about an order, or the outcome if it changes nothing.

    If `order` is None, assume the common case: a new or open order, with none of the fact's parts.
    The write's condition checks that assumption, so no read is needed first.
    """
    if isinstance(fact, SessionFact):
        return _decide_checkout(order, fact)
    return _decide_parts(order, fact)


def _decide_checkout(order: Order | None, fact: SessionFact) -> Change | Outcome:
    reported = fact.checkout
    change = CheckoutChange(
        change_type=STATUS_CHANGES[reported.status],
        checkout=reported,
        items_follow=fact.items_follow,
    )
    if order is None:
        return change
    known = order.checkout
    if reported.session_id != known.session_id:
        return Outcome.IGNORED
    same = reported.status is known.status
    if known.status not in reported.status.weaker and not (same and _has_more(reported, known)):
        return Outcome.DUPLICATE if same else Outcome.STALE
    if reported.items is None and not known.has_items_for(reported):
        return Outcome.UNRESOLVED
    if same:
        return replace(change, change_type=ChangeType.CAPTURED, seen_version=order.version)
    return change


def _has_more(reported: CheckoutState, known: CheckoutState) -> bool:
    """True if more was captured than is stored; any known amount is more than an unknown one."""
    if reported.amount_captured is None:
        return False
    return known.amount_captured is None or reported.amount_captured > known.amount_captured


def _decide_parts(order: Order | None, fact: PartsFact) -> Change | Outcome:
    if order is not None and not _belongs(order, fact):
        return Outcome.UNRESOLVED
    known = order.parts_of(fact.kind) if order else {}
    after = join(fact.kind, known, fact.parts)
    news = {part_id: part for part_id, part in after.items() if part != known.get(part_id)}
    if not news:
        same = all(known.get(part_id) == part for part_id, part in fact.parts.items())
        return Outcome.DUPLICATE if same else Outcome.STALE
    types = [part.change_type(known.get(part_id)) for part_id, part in news.items()]
    return PartsChange(
        change_type=min(types, key=MOST_NOTABLE_FIRST.index),
        payment_intent=fact.payment_intent,
        kind=fact.kind,
        parts=after,
        seen_version=order.version if order else None,
    )


def _belongs(order: Order, fact: PartsFact) -> bool:
    recorded = order.checkout.payment_intent
    if recorded is None:
        return not fact.kind.moves_money
    return recorded == fact.payment_intent

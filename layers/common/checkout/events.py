"""What an event of Stripe's says of our orders, and recording it.

    snapshot event      carries the object as it was            {"object": "event", "data": …}
    thin event          names the object, which is fetched      {"object": "v2.core.event", …}

A session's snapshot says enough by itself. A refund or a dispute does not name its order: its
PaymentIntent does, and so the object is fetched with it, whichever form the event has.
https://docs.stripe.com/event-destinations#snapshot-vs-thin
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checkout.errors import OrderUnknown, SessionNotFound, UnexpectedStripeObject
from checkout.facts import Ownership, decline_fact, dispute_fact, refund_fact, session_fact
from checkout.log import logger
from checkout.order import Fact, Origin, Outcome

if TYPE_CHECKING:
    from checkout.orders import Orders
    from checkout.stripe_api import StripeApi

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed"})
CHARGE_REFUNDED = "charge.refunded"
DISPUTE_EVENTS = frozenset(
    {
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
PAYMENT_FAILED = "payment_intent.payment_failed"
HANDLED_EVENTS = SESSION_EVENTS | REFUND_EVENTS | DISPUTE_EVENTS | {CHARGE_REFUNDED, PAYMENT_FAILED}

THIN = "v2.core.event"
# What an event with several facts did: the strongest of what each of them did.
STRONGEST_FIRST = (Outcome.APPLIED, Outcome.DUPLICATE, Outcome.STALE, Outcome.IGNORED)

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """`type` is the snapshot's name for it, and `object` None in a thin event."""

    type: str
    object_id: str
    object: Json | None
    origin: Origin
    livemode: bool


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """`stripe_api` is called for what only some events need: building it is not for free."""

    orders: "Orders"
    ownership: Ownership
    stripe_api: "Callable[[], StripeApi]"

    def record(self, document: Json) -> Outcome:
        """Record what an authentic event says.

        Raise UnexpectedStripeObject for what is not as documented, OrdersUnavailable when it could
        not be saved, and what StripeApi raises: it is as if the event had not come, so repeat it.
        """
        logger.append_keys(event_id=document["id"], event_type=document["type"])
        if document["type"].removeprefix("v1.") not in HANDLED_EVENTS:
            return Outcome.IGNORED
        event = _event(document)
        if event.livemode is not self.ownership.livemode:
            return Outcome.IGNORED
        outcomes = [self.record_fact(fact) for fact in self._facts(event)]
        return min(outcomes, key=STRONGEST_FIRST.index, default=Outcome.IGNORED)

    def record_fact(self, fact: Fact) -> Outcome:
        """Record a fact; an order that it needs, and that the table lacks, is made up for first."""
        logger.append_keys(order_id=fact.order_id)
        try:
            return self.orders.record(fact).outcome
        except OrderUnknown:
            session = self.stripe_api().session_of_payment_intent(fact.payment_intent or "")
            if not self.ownership.covers(session):
                raise UnexpectedStripeObject(
                    "A PaymentIntent of ours is of a Checkout Session that is not."
                ) from None
            self.orders.record(session_fact(session, fact.origin))
            return self.orders.record(fact).outcome

    def refund_facts(self, refunds: Iterable[Json | None], origin: Origin) -> Iterator[Fact]:
        """Read those refunds that are this stack's."""
        for refund in refunds:
            if refund is not None and self.ownership.covers(refund.get("payment_intent")):
                yield refund_fact(refund, origin)

    def dispute_facts(self, disputes: Iterable[Json | None], origin: Origin) -> Iterator[Fact]:
        """Read those disputes that are this stack's."""
        for dispute in disputes:
            if dispute is not None and self.ownership.covers(dispute.get("payment_intent")):
                yield dispute_fact(dispute, origin)

    def _facts(self, event: Event) -> Iterator[Fact]:
        if event.type in SESSION_EVENTS:
            yield from self._session_facts(event)
        elif event.type == PAYMENT_FAILED:
            yield from self._decline_facts(event)
        elif event.type in REFUND_EVENTS:
            yield from self.refund_facts([self.stripe_api().refund(event.object_id)], event.origin)
        elif event.type in DISPUTE_EVENTS:
            dispute = self.stripe_api().dispute(event.object_id)
            yield from self.dispute_facts([dispute], event.origin)
        elif event.object is None or self.ownership.covers(event.object):
            refunds = self.stripe_api().refunds_of_charge(event.object_id)
            yield from self.refund_facts(refunds, event.origin)

    def _session_facts(self, event: Event) -> Iterator[Fact]:
        session, said_by = event.object, event.type
        if session is None:
            # What counts is what was fetched: it may be further on than the event.
            session, said_by = self._fetched_session(event.object_id), ""
        if session is not None and self.ownership.covers(session):
            logger.append_keys(session_id=session.get("id"))
            yield session_fact(session, event.origin, event_type=said_by)

    def _fetched_session(self, session_id: str) -> Json | None:
        try:
            return self.stripe_api().retrieve_session(session_id)
        except SessionNotFound:
            return None

    def _decline_facts(self, event: Event) -> Iterator[Fact]:
        intent = event.object or self.stripe_api().payment_intent(event.object_id)
        if intent is not None and self.ownership.covers(intent):
            fact = decline_fact(intent, event.origin)
            if fact is not None:
                yield fact


def _event(document: Json) -> Event:
    try:
        if document["object"] == THIN:
            return Event(
                type=document["type"].removeprefix("v1."),
                object_id=document["related_object"]["id"],
                object=None,
                origin=Origin(
                    occurred_at=int(datetime.fromisoformat(document["created"]).timestamp()),
                    source=document["id"],
                ),
                livemode=document["livemode"],
            )
        return Event(
            type=document["type"],
            object_id=document["data"]["object"]["id"],
            object=document["data"]["object"],
            origin=Origin(occurred_at=int(document["created"]), source=document["id"]),
            livemode=document["livemode"],
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise UnexpectedStripeObject("The event is not shaped as documented.") from None

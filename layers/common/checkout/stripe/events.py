"""Reads events: each gives a fact about one of our orders, or nothing.

    snapshot event      carries the object as it was            {"object": "event", "data": …}
    thin event          names the object, which is fetched      {"object": "v2.core.event", …}

A session's snapshot is enough by itself. Refunds and disputes do not name their order but their
PaymentIntent does, so they are fetched with it, in both forms. A PaymentIntent's snapshot shows
whether it has manual capture; any other payment is read from its session.
https://docs.stripe.com/event-destinations#snapshot-vs-thin
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checkout.domain.facts import Fact, News, Origin
from checkout.errors import UnexpectedStripeObject
from checkout.stripe.readers import Readers

if TYPE_CHECKING:
    from checkout.stripe.api import StripeApi

THIN = "v2.core.event"
THIN_PREFIX = "v1."

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """In a thin event, `type` starts with `v1.` and `object` is None."""

    type: str
    object_id: str
    object: Json | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class EventReader:
    """`stripe_api` is called for what only some events need: building it costs a cold start."""

    readers: Readers
    stripe_api: "Callable[[], StripeApi]"

    def fact(self, document: Json) -> News | None:
        """Read an authentic event; fetch its object if the event lacks something.

        Raise UnexpectedStripeObject for an undocumented shape, and what StripeApi raises.
        """
        read = HANDLED_EVENTS.get(document["type"].removeprefix(THIN_PREFIX))
        if read is None or _is_foreign(document, livemode=self.readers.livemode):
            return None
        return read(self, _event(document))

    def session(self, event: Event) -> Fact | None:
        if event.object is not None:
            return self.readers.session(event.object, event.origin, event_type=event.type)
        # The fetched object decides: it may be newer than the event.
        return self.readers.session(self.stripe_api().session(event.object_id), event.origin)

    def decline(self, event: Event) -> Fact | None:
        payment_intent = event.object or self.stripe_api().payment_intent(event.object_id)
        return self.readers.decline(payment_intent, event.origin)

    def payment(self, event: Event) -> News | None:
        payment_intent = event.object or self.stripe_api().payment_intent(event.object_id)
        return self.readers.payment(payment_intent, event.origin)

    def captured_charge(self, event: Event) -> News | None:
        charge = event.object or self.stripe_api().charge(event.object_id)
        return self.readers.captured_charge(charge, event.origin)

    def refund(self, event: Event) -> Fact | None:
        refund = self.stripe_api().refund(event.object_id)
        return self.readers.refunds([refund] if refund else [], event.origin)

    def refunds_of_charge(self, event: Event) -> Fact | None:
        refunds = self.stripe_api().refunds_of_charge(event.object_id)
        return self.readers.refunds(refunds, event.origin)

    def dispute(self, event: Event) -> Fact | None:
        dispute = self.stripe_api().dispute(event.object_id)
        return self.readers.disputes([dispute] if dispute else [], event.origin)


HANDLED_EVENTS: dict[str, Callable[[EventReader, Event], News | None]] = {
    "checkout.session.completed": EventReader.session,
    "checkout.session.async_payment_succeeded": EventReader.session,
    "checkout.session.async_payment_failed": EventReader.session,
    "checkout.session.expired": EventReader.session,
    "payment_intent.amount_capturable_updated": EventReader.payment,
    "payment_intent.succeeded": EventReader.payment,
    "payment_intent.canceled": EventReader.payment,
    "payment_intent.payment_failed": EventReader.decline,
    "charge.captured": EventReader.captured_charge,
    "charge.refunded": EventReader.refunds_of_charge,
    "refund.created": EventReader.refund,
    "refund.updated": EventReader.refund,
    "refund.failed": EventReader.refund,
    "charge.dispute.created": EventReader.dispute,
    "charge.dispute.updated": EventReader.dispute,
    "charge.dispute.closed": EventReader.dispute,
    "charge.dispute.funds_withdrawn": EventReader.dispute,
    "charge.dispute.funds_reinstated": EventReader.dispute,
}


def _is_foreign(document: Json, *, livemode: bool) -> bool:
    """True if an event is of the other mode or another account:
    https://docs.stripe.com/connect/webhooks

    Events of the account itself have no `account` and, if thin, no `context`.
    """
    other_account = document.get("account") is not None or document.get("context") is not None
    return other_account or document.get("livemode") is (not livemode)


def _event(document: Json) -> Event:
    try:
        if document["object"] == THIN:
            created = int(datetime.fromisoformat(document["created"]).timestamp())
            object_, object_id = None, document["related_object"]["id"]
        else:
            created = int(document["created"])
            object_, object_id = document["data"]["object"], document["data"]["object"]["id"]
        if not isinstance(document["livemode"], bool) or not isinstance(object_id, str):
            raise TypeError
        return Event(
            type=document["type"],
            object_id=object_id,
            object=object_,
            origin=Origin(occurred_at=created, source=document["id"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise UnexpectedStripeObject("The event is not shaped as documented.") from None

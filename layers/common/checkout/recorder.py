"""The one way in for every fact about an order: create, confirm, events and reconciliation use it.

A fact becomes one conditional write. Where the table says that it can't yet, the recorder asks
Stripe for what the order lacks, and tries again:

    an order without its items       gets the session's line items first
    a payment that is not recorded   is looked up: by the index, then by its Checkout Session
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checkout.aws.orders_table import OrdersTable, Recorded
from checkout.domain.changes import Outcome
from checkout.domain.facts import Fact, PartsFact, SessionFact
from checkout.errors import UnexpectedStripeObject
from checkout.log import logger
from checkout.stripe.readers import Readers, order_items

if TYPE_CHECKING:
    from checkout.stripe.api import StripeApi

NOTHING = Recorded(Outcome.IGNORED, None)


@dataclass(frozen=True, slots=True)
class Recorder:
    """`stripe_api` is called for what only some facts need: building it costs a cold start."""

    orders: OrdersTable
    readers: Readers
    stripe_api: "Callable[[], StripeApi]"

    def record(self, fact: Fact | None, *, read_back: bool = False) -> Recorded:
        """Record a fact, if there is one; `read_back` gives the order of an applied fact too.

        Raise what OrdersTable and StripeApi raise: it is as if nobody had brought the fact, so
        retry. Raise UnexpectedStripeObject where Stripe's objects contradict each other.
        """
        if fact is None:
            return NOTHING
        if isinstance(fact, SessionFact):
            return self._record_session(fact, read_back=read_back)
        return self._record_parts(fact)

    def _record_session(self, fact: SessionFact, *, read_back: bool = False) -> Recorded:
        recorded = self.orders.record(fact.order_id, fact, read_back=read_back)
        if recorded.outcome is Outcome.UNRESOLVED:
            items = order_items(self.stripe_api().line_items(fact.checkout.session_id))
            fact = replace(fact, checkout=replace(fact.checkout, items=items))
            recorded = self.orders.record(fact.order_id, fact, read_back=read_back)
        return self._logged(fact.order_id, recorded)

    def _record_parts(self, fact: PartsFact) -> Recorded:
        """Record parts of the order that recorded their PaymentIntent.

        The mark in the metadata finds it with one write. People edit metadata, so a mark that the
        order does not confirm is no more than a missing one.
        """
        if fact.marked_order:
            recorded = self.orders.record(fact.marked_order, fact)
            if recorded.outcome is not Outcome.UNRESOLVED:
                return self._logged(fact.marked_order, recorded)
        order_id = self.orders.order_of_payment(fact.payment_intent)
        if order_id:
            recorded = self.orders.record(order_id, fact)
            if recorded.outcome is not Outcome.UNRESOLVED:
                return self._logged(order_id, recorded)
        if not fact.marked_order and not fact.kind.moves_money:
            # Not worth a call to Stripe for each declined card of the merchant's other systems.
            return NOTHING
        session = self.stripe_api().session_of_payment_intent(fact.payment_intent)
        session_fact = self.readers.session(session, fact.origin)
        if session_fact is None:
            return NOTHING
        self._record_session(session_fact)
        recorded = self.orders.record(session_fact.order_id, fact)
        if recorded.outcome is Outcome.UNRESOLVED:
            raise UnexpectedStripeObject("The order has another payment than its Checkout Session.")
        return self._logged(session_fact.order_id, recorded)

    def _logged(self, order_id: str, recorded: Recorded) -> Recorded:
        logger.info("recorded", order_id=order_id, outcome=recorded.outcome)
        return recorded

"""The one way in for every fact about an order: create, confirm, events and reconciliation use it.

A fact becomes one conditional write. Where the table says that it can't yet, the recorder asks
Stripe for what the order lacks, and tries again:

    an order without its items       gets the session's line items first
    a payment that is not recorded   is looked up: by the index, then by its Checkout Session
    a payment captured separately    is read with its Checkout Session
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checkout.aws.orders_table import OrdersTable, Recorded
from checkout.domain.changes import ChangeType, Outcome
from checkout.domain.facts import CaptureNews, Fact, News, PartsFact, SessionFact
from checkout.errors import UnexpectedStripeObject
from checkout.log import logger
from checkout.metrics import Metric, count
from checkout.stripe.readers import Readers, order_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkout.stripe.api import StripeApi

METRICS = {
    ChangeType.CREATED: Metric.CHECKOUTS_CREATED,
    ChangeType.PROCESSING: Metric.ORDERS_PROCESSING,
    ChangeType.PAID: Metric.ORDERS_PAID,
    ChangeType.FAILED: Metric.ORDERS_FAILED,
    ChangeType.AUTHORIZED: Metric.ORDERS_AUTHORIZED,
    ChangeType.CANCELED: Metric.ORDERS_CANCELED,
    ChangeType.EXPIRED: Metric.ORDERS_EXPIRED,
    ChangeType.REFUNDED: Metric.REFUNDS,
    ChangeType.REFUND_FAILED: Metric.REFUNDS_FAILED,
    ChangeType.DISPUTE_OPENED: Metric.DISPUTES_OPENED,
}

NOTHING = Recorded(Outcome.IGNORED, None)


@dataclass(frozen=True, slots=True)
class Recorder:
    """`stripe_api` is called for what only some facts need: building it costs a cold start."""

    orders: OrdersTable
    readers: Readers
    stripe_api: "Callable[[], StripeApi]"

    def record(
        self, fact: News | None, *, read_back: bool = False, search_unmarked: bool = True
    ) -> Recorded:
        """Record a fact, if there is one; `read_back` gives the order of an applied fact too.

        With `search_unmarked`, a payment that no order recorded and that carries no mark of ours
        costs a call to Stripe: its session may be ours, and its metadata edited.

        Raise what OrdersTable and StripeApi raise: nothing was recorded, so
        retry. Raise UnexpectedStripeObject where Stripe's objects contradict each other.
        """
        if fact is None:
            return NOTHING
        if isinstance(fact, SessionFact):
            return self._record_session(fact, read_back=read_back)
        if isinstance(fact, CaptureNews):
            return self._record_capture(fact)
        return self._record_parts(fact, search_unmarked=search_unmarked)

    def _record_session(self, fact: SessionFact, *, read_back: bool = False) -> Recorded:
        recorded = self._record(fact, read_back=read_back)
        if recorded.outcome is not Outcome.UNRESOLVED:
            return recorded
        items = order_items(self.stripe_api().line_items(fact.checkout.session_id))
        complete = replace(fact, checkout=replace(fact.checkout, items=items))
        return self._record(complete, read_back=read_back)

    def _record_parts(self, fact: PartsFact, *, search_unmarked: bool) -> Recorded:
        """Record parts of the order that recorded their PaymentIntent.

        The mark in the metadata finds it with one write. People edit metadata, so a mark that the
        order does not confirm is no more than a missing one.
        """
        recorded = self._record(fact)
        if recorded.outcome is not Outcome.UNRESOLVED:
            return recorded
        by_payment = replace(fact, order_id=self.orders.order_of_payment(fact.payment_intent))
        recorded = self._record(by_payment)
        if recorded.outcome is not Outcome.UNRESOLVED:
            return recorded
        if fact.order_id is None and not (search_unmarked and fact.kind.moves_money):
            # Not worth a call to Stripe for each declined card of the merchant's other systems.
            return NOTHING
        session = self.stripe_api().session_of_payment_intent(fact.payment_intent)
        session_fact = self.readers.session(session, fact.origin)
        if session_fact is None:
            return NOTHING
        self._record_session(session_fact)
        recorded = self._record(replace(fact, order_id=session_fact.order_id))
        if recorded.outcome is Outcome.UNRESOLVED:
            raise UnexpectedStripeObject("The order has another payment than its Checkout Session.")
        return recorded

    def _record_capture(self, news: CaptureNews) -> Recorded:
        """Record what a payment that is captured separately is now, by its Checkout Session.

        A session's id is its order's for good. So the session that Stripe has for the PaymentIntent
        decides whose the payment is, and the index where the session's metadata was edited. Not
        worth a call to Stripe is a payment of the merchant's other systems, which may hold a lot.
        """
        by_payment: str | None = None
        if news.order_id is None:
            by_payment = self.orders.order_of_payment(news.payment_intent)
            if by_payment is None:
                return NOTHING
        session = self.stripe_api().session_of_payment_intent(news.payment_intent)
        if session is None:
            return NOTHING
        recorded = self.record(self.readers.session(session, news.origin, order_id=by_payment))
        if recorded.outcome is not Outcome.IGNORED or by_payment is not None:
            return recorded
        by_payment = self.orders.order_of_payment(news.payment_intent)
        if by_payment is None:
            return NOTHING
        return self.record(self.readers.session(session, news.origin, order_id=by_payment))

    def _record(self, fact: Fact, *, read_back: bool = False) -> Recorded:
        recorded = self.orders.record(fact, read_back=read_back)
        logger.info("recorded", order_id=fact.order_id, outcome=recorded.outcome)
        if recorded.change in METRICS:
            count(METRICS[recorded.change])
        return recorded

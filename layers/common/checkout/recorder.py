"""The entry point for every fact about an order, from all sources.

A fact becomes one conditional write. If the order lacks something for it, the recorder fetches that
from Stripe and tries again:

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
    """`stripe_api` builds Stripe's client only for facts that need it, as that is slow."""

    orders: OrdersTable
    readers: Readers
    stripe_api: "Callable[[], StripeApi]"

    def record(
        self, fact: News | None, *, read_back: bool = False, search_unmarked: bool = True
    ) -> Recorded:
        """Record a fact, if there is one; with `read_back`, return the order of an applied fact
        too.

        With `search_unmarked`, a payment without an order and without our mark costs a Stripe call:
        its session may be ours and its metadata edited.

        Raise what OrdersTable and StripeApi raise: nothing was recorded, so retry. Raise
        UnexpectedStripeObject if Stripe's objects contradict each other.
        """
        if fact is None:
            return NOTHING
        if isinstance(fact, SessionFact):
            return self._record_session(fact, read_back=read_back)
        if isinstance(fact, CaptureNews):
            return self._record_capture(fact)
        return self._record_parts(fact, search_unmarked=search_unmarked)

    def _record_session(self, fact: SessionFact, *, read_back: bool) -> Recorded:
        recorded = self._record(fact, read_back=read_back)
        if recorded.outcome is not Outcome.UNRESOLVED:
            return recorded
        items = order_items(self.stripe_api().line_items(fact.checkout.session_id))
        complete = replace(fact, checkout=replace(fact.checkout, items=items))
        return self._record(complete, read_back=read_back)

    def _record_parts(self, fact: PartsFact, *, search_unmarked: bool) -> Recorded:
        """Record parts of the order that recorded their PaymentIntent.

        The mark in the metadata finds the order with one write. People edit metadata, so a mark
        that the order does not confirm is treated as missing.
        """
        recorded = self._record(fact)
        if recorded.outcome is not Outcome.UNRESOLVED:
            return recorded
        by_payment = replace(fact, order_id=self.orders.order_of_payment(fact.payment_intent))
        recorded = self._record(by_payment)
        if recorded.outcome is not Outcome.UNRESOLVED:
            return recorded
        if fact.order_id is None and not (search_unmarked and fact.kind.moves_money):
            # Declined cards of the merchant's other systems are not worth a Stripe call each.
            return NOTHING
        session = self.stripe_api().session_of_payment_intent(fact.payment_intent)
        session_fact = self.readers.session(session, fact.origin)
        if session_fact is None:
            return NOTHING
        self.record(session_fact)
        recorded = self._record(replace(fact, order_id=session_fact.order_id))
        if recorded.outcome is Outcome.UNRESOLVED:
            raise UnexpectedStripeObject("The order has another payment than its Checkout Session.")
        return recorded

    def _record_capture(self, news: CaptureNews) -> Recorded:
        """Record the current state of a payment with manual capture, from its Checkout Session.

        An order keeps its session's id forever. So the session of the PaymentIntent decides which
        order owns the payment, or the index if the session's metadata was edited. Payments of the
        merchant's other systems, perhaps many, are not worth a Stripe call.
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

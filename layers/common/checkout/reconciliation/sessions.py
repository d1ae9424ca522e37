"""Compares pending orders with their Checkout Sessions.

A session lives for at most 24 hours, so Stripe's lists of that period include all young orders, a
hundred sessions per call:

    complete   whole, as it brings money
    expired    with the time that is left, as strangers can make any number of these
    neither    still open: no call at all

Older orders, such as bank debits in processing and payments that wait for capture, are retrieved
one by one, in turn across runs. If many are from one day, that day is listed first. A failed list
is replaced by single calls, and a failed single call by a list of its second.
https://docs.stripe.com/api/checkout/sessions/list
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from checkout.aws.cursor import Cursor, ListCursor
from checkout.domain.changes import Outcome
from checkout.errors import (
    DependencyFailed,
    Misconfigured,
    SessionNotFound,
    StripePermissionMissing,
    StripeRefused,
    UnexpectedStripeObject,
)
from checkout.log import logger
from checkout.reconciliation.lists import (
    DAY_SECONDS,
    OVERLAP_SECONDS,
    Group,
    ListReader,
    created_of,
    id_of,
)
from checkout.reconciliation.pending import CLOCK_SKEW_SECONDS, PendingOrders, place
from checkout.stripe.api import PAGE, StripeApi

if TYPE_CHECKING:
    from checkout.aws.orders_table import PendingOrder, Recorded
    from checkout.domain.facts import Origin
    from checkout.reconciliation.attempts import Run
    from checkout.recorder import Recorder

type Json = dict[str, Any]

# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
SESSION_LIFE_SECONDS = DAY_SECONDS
# After a longer pause of reconciliation, older orders are retrieved one by one.
LONGEST_WINDOW_SECONDS = 7 * DAY_SECONDS


def listed_since(cursor: Cursor, now: int) -> int:
    """Return the start of the lists: a session's lifetime before the last complete list."""
    listed_until = cursor.complete.listed_until or now
    since = listed_until - SESSION_LIFE_SECONDS - OVERLAP_SECONDS
    return max(since, now - LONGEST_WINDOW_SECONDS)


@dataclass(frozen=True, slots=True)
class Sessions:
    """`since` is the start of the lists, `until` the creation time of the youngest order to check,
    and `now` the start of the run, in seconds since 1970 UTC.
    """

    run: "Run"
    recorder: "Recorder"
    api: StripeApi
    origin: "Origin"
    cursor: Cursor
    pending: PendingOrders
    now: int
    since: int
    until: int

    def list_complete(self) -> bool:
        """Return True if the whole list was read."""
        if self.until < self.since:
            return True
        complete = ListReader(self.run, self.cursor.complete, self._complete)
        whole = True
        since, resume_at = self.since, self.cursor.complete.resume_at
        if resume_at is not None:
            whole = complete.read(since, self.until, self._record_listed) is None
            since = max(since, resume_at)
        return complete.read(since, self.until, self._record_listed) is None and whole

    def list_expired(self) -> None:
        """List expired sessions, back to the creation of the oldest unchecked order."""
        waiting = self.pending.between(self.since)
        if not waiting:
            return
        expired = ListReader(self.run, self.cursor.expired, self._expired)
        first, last = waiting[0].created_at, waiting[-1].created_at
        failed = expired.read(first, last, self._record_waiting)
        if failed:
            self.retrieve(self.pending.between(self.since, self.now - SESSION_LIFE_SECONDS))

    def check_old(self) -> None:
        """Check the orders that are older than the lists' start."""
        old = self.pending.between(0, self.since - 1)
        for _, day in groupby(old, key=lambda order: order.created_at // DAY_SECONDS):
            orders = list(day)
            if len(orders) > PAGE:
                for status in ("complete", "expired"):
                    self._list_day(orders, status)
        self.retrieve(self.pending.between(0, self.since - 1))

    def retrieve(self, orders: "list[PendingOrder]") -> None:
        """Retrieve sessions one by one, starting after the last order of the previous run."""
        start = bisect_right(orders, self.cursor.retrieved or (0, ""), key=place)
        for order in orders[start:] + orders[:start]:
            self.run.check_time()
            self.cursor.retrieved = place(order)
            with self.run.isolated(order_id=order.order_id, session_id=order.session_id) as attempt:
                session = self._session(order)
                self._record(session, order)
            if isinstance(attempt.error, StripePermissionMissing):
                return

    def _complete(self, since: int, until: int) -> Iterator[list[Json]]:
        if until == self.now:
            until += CLOCK_SKEW_SECONDS
        return self.api.sessions_between(since, until, "complete")

    def _expired(self, since: int, until: int) -> Iterator[list[Json]]:
        """Yield pages while an order waits."""
        for page in self.api.sessions_between(since, until, "expired"):
            yield page
            if not self.pending.waiting:
                return

    def _list_day(self, orders: "list[PendingOrder]", status: str) -> None:
        """List a day's sessions while that is cheaper than retrieving these orders' sessions."""
        waiting = [one for one in orders if one.session_id in self.pending.waiting]
        if not waiting:
            return

        def fetch(since: int, until: int) -> Iterator[list[Json]]:
            return islice(self.api.sessions_between(since, until, status), len(waiting) // 2)

        first, last = waiting[0].created_at, waiting[-1].created_at
        ListReader(self.run, ListCursor(), fetch).read(first, last, self._record_waiting)

    def _record_listed(self, group: Group) -> None:
        """Record a complete session of a pending order, or of one that the table may lack.

        The table lacks an order if both the write in create and the webhook were lost. Recording a
        known order is refused, so a session is recorded twice in its life: when it is new, and when
        it can no longer change.
        """
        created = created_of(group)
        listed_until = self.cursor.complete.listed_until
        new = created >= listed_until - OVERLAP_SECONDS
        over = created <= self.now - SESSION_LIFE_SECONDS
        recorded = None
        if id_of(group[0]) in self.pending.waiting:
            recorded = self._record_waiting(group)
        elif new or over or not self.pending.whole:
            recorded = self._record_unknown(group[0])
        if recorded is not None and created > listed_until:
            self._count_webhook(recorded)

    def _count_webhook(self, recorded: "Recorded") -> None:
        """Count whether an event recorded the order before this run.

        A refused write returns the stored order, so this costs no call.
        """
        if recorded.order is not None and recorded.order.was_changed_by_event:
            self.run.by_event += 1
        elif recorded.order is not None or recorded.outcome is Outcome.APPLIED:
            self.run.not_by_event += 1

    def _record_waiting(self, group: Group) -> "Recorded | None":
        order = self.pending.waiting.get(id_of(group[0]) or "")
        recorded = None
        if order is not None:
            with self.run.isolated(order_id=order.order_id, session_id=order.session_id):
                recorded = self._record(group[0], order)
        return recorded

    def _record_unknown(self, session: Json) -> "Recorded | None":
        recorded = None
        with self.run.isolated(session_id=id_of(session)):
            fact = self.recorder.readers.session(session, self.origin)
            if fact is None:
                return None
            recorded = self.recorder.record(fact)
            self.run.succeeded()
            if recorded.outcome is Outcome.APPLIED:
                self.run.checked += 1
                self.run.repaired.add(fact.checkout.payment_intent or fact.order_id)
                logger.info("repaired", order_id=fact.order_id)
        return recorded

    def _record(self, session: Json, order: "PendingOrder") -> "Recorded":
        """Record the session of an order, even if its metadata was edited later."""
        self.pending.waiting.pop(order.session_id or "", None)
        self.run.checked += 1
        fact = self.recorder.readers.session(session, self.origin, order_id=order.order_id)
        if fact is None:
            raise UnexpectedStripeObject("The Checkout Session is of the other mode.")
        recorded = self.recorder.record(fact)
        self.run.succeeded()
        self.pending.compared(order, fact.checkout.status)
        if recorded.outcome is Outcome.APPLIED:
            self.run.repaired.add(fact.checkout.payment_intent or fact.order_id)
            logger.info("repaired")
        return recorded

    def _session(self, order: "PendingOrder") -> Json:
        session_id = order.session_id or ""
        try:
            session = self.api.session(session_id)
        except Misconfigured:
            raise
        except (DependencyFailed, StripeRefused) as error:
            session = self._session_of_second(session_id, order.created_at)
            if session is None:
                raise
            logger.warning("retrieved from a list", reason=error.detail)
        if session is None:
            raise SessionNotFound("Stripe has no such Checkout Session.")
        return session

    def _session_of_second(self, session_id: str, created: int) -> Json | None:
        pages = self.api.sessions_between(created, created)
        return next((one for page in pages for one in page if id_of(one) == session_id), None)

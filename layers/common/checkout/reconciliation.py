"""What webhooks failed to tell: our own unsettled orders are compared with their sessions, and
Stripe's lists of refunds and disputes with our orders.

The objects are looked at, not the events: an event may never have been made, and Stripe lists those
of 30 days only. What is learnt becomes ordinary facts, so that a run may be repeated, cut off, or
race with the webhook itself.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.errors import SessionNotFound, UnexpectedStripeObject
from checkout.facts import session_fact
from checkout.log import logger
from checkout.order import Fact, Origin, Outcome
from checkout.transitions import UNSETTLED_SHARDS

if TYPE_CHECKING:
    from checkout.events import EventRecorder
    from checkout.orders import Orders, UnsettledOrder
    from checkout.progress import Progress, ProgressStore
    from checkout.stripe_api import StripeApi

type Json = dict[str, Any]

SOURCE = "reconcile"
# Below the 25 a second of a sandbox, with room for the customers: https://docs.stripe.com/rate-limits
CALLS_PER_SECOND = 10
# What it takes to end in order: the calls under way, and saving the progress.
SECONDS_TO_STOP = 20.0
# Stripe's lists may lag a little behind its objects.
OVERLAP_SECONDS = 3600
# A refund may fail, and a dispute be decided, long after it was made: once a day all of them are
# listed that may still change.
SWEEP_EVERY_SECONDS = 24 * 3600
SWEEP_SECONDS = 120 * 24 * 3600


@dataclass(slots=True)
class Report:
    """Orders looked at, orders mended, objects that could not be understood; whether it got
    through all of them.
    """

    checked: int = 0
    mended: int = 0
    failed: int = 0
    finished: bool = True


class OutOfTime(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Reconciliation:
    orders: "Orders"
    recorder: "EventRecorder"
    stripe_api: "StripeApi"
    progress_store: "ProgressStore"
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def run(self, *, minimum_age_seconds: int, seconds_left: Callable[[], float]) -> Report:
        """Compare refunds and disputes, then all orders that have been unsettled so long.

        It ends in time, and the next run goes on where this one was cut off. Raise what StripeApi
        and Orders raise; how far it came is saved all the same.
        """
        report = Report()
        progress = self.progress_store.read()

        def look() -> None:
            if seconds_left() < SECONDS_TO_STOP:
                raise OutOfTime
            self.sleep(1 / CALLS_PER_SECOND)

        try:
            # A page has a hundred refunds, and an order costs a call: those come first that may
            # otherwise never have their turn.
            self._list_refunds_and_disputes(progress, look, report)
            self._compare_unsettled(progress, int(self.now()) - minimum_age_seconds, look, report)
        except OutOfTime:
            report.finished = False
        finally:
            self.progress_store.save(progress)
        return report

    def _compare_unsettled(
        self, progress: "Progress", created_until: int, look: Callable[[], None], report: Report
    ) -> None:
        first = progress.shard
        # Where it was cut off in the middle of a shard, what lies before that comes last.
        shards = UNSETTLED_SHARDS + (progress.after is not None)
        for step in range(shards):
            progress.shard = (first + step) % UNSETTLED_SHARDS
            more = True
            while more:
                page, end = self.orders.unsettled(
                    str(progress.shard), created_until=created_until, after=progress.after
                )
                for order in page:
                    look()
                    self._compare(order, report)
                progress.after = end
                more = end is not None
        progress.shard = 0

    def _compare(self, order: "UnsettledOrder", report: Report) -> None:
        try:
            session = self.stripe_api.retrieve_session(order.session_id)
        except SessionNotFound:
            report.failed += 1
            logger.error("no session", order_id=order.order_id, session_id=order.session_id)
            return
        self._record([session], self._session_facts, report)

    def _list_refunds_and_disputes(
        self, progress: "Progress", look: Callable[[], None], report: Report
    ) -> None:
        started = int(self.now())
        sweep = started - progress.swept_at >= SWEEP_EVERY_SECONDS
        since = started - SWEEP_SECONDS if sweep else progress.listed_until - OVERLAP_SECONDS
        for objects, read in (
            (self.stripe_api.refunds_since(since), self.recorder.refund_facts),
            (self.stripe_api.disputes_since(since), self.recorder.dispute_facts),
        ):
            look()
            self._record(objects, read, report)
        progress.listed_until = started
        if sweep:
            progress.swept_at = started

    def _session_facts(self, sessions: Iterable[Json], origin: Origin) -> Iterator[Fact]:
        return (session_fact(session, origin) for session in sessions)

    def _record(
        self,
        objects: Iterable[Json],
        read: Callable[[Iterable[Json], Origin], Iterable[Fact]],
        report: Report,
    ) -> None:
        for stripe_object in objects:
            report.checked += 1
            origin = Origin(occurred_at=int(self.now()), source=SOURCE)
            try:
                facts = list(read([stripe_object], origin))
            except UnexpectedStripeObject as error:
                report.failed += 1
                logger.error("not understood", object_id=stripe_object["id"], reason=error.detail)
                continue
            if Outcome.APPLIED in [self.recorder.record_fact(fact) for fact in facts]:
                report.mended += 1
                logger.info("mended", object_id=stripe_object["id"])

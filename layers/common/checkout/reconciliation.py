"""What webhooks failed to tell: our own unsettled orders are compared with their sessions, and
Stripe's lists of refunds and disputes with our orders.

The objects are looked at, not the events: an event may never have been made, and Stripe lists those
of 30 days only. What is learnt becomes ordinary facts, so that a run may be repeated, cut off, or
race with the webhook itself.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checkout.errors import OrderUnknown, SessionNotFound, UnexpectedStripeObject
from checkout.facts import session_fact
from checkout.log import logger
from checkout.order import Fact, Origin, Outcome
from checkout.progress import Listing
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
    """Objects looked at, orders mended, objects that could not be understood; whether it got
    through all of them.
    """

    checked: int = 0
    mended: int = 0
    failed: int = 0
    finished: bool = True


@dataclass(slots=True)
class Tally:
    """What the report is made of: an order counts once, however much of it was mended."""

    checked: int = 0
    mended: set[str] = field(default_factory=set)
    failed: int = 0


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
        tally, finished = Tally(), True
        progress = self.progress_store.read()

        def stop_in_time() -> None:
            if seconds_left() < SECONDS_TO_STOP:
                raise OutOfTime

        def look() -> None:
            stop_in_time()
            self.sleep(1 / CALLS_PER_SECOND)

        try:
            # A page has a hundred refunds, and an order costs a call: those come first that may
            # otherwise never have their turn.
            self._list_refunds_and_disputes(progress, look, stop_in_time, tally)
            self._compare_unsettled(progress, int(self.now()) - minimum_age_seconds, look, tally)
        except OutOfTime:
            finished = False
        finally:
            self.progress_store.save(progress)
        return Report(
            checked=tally.checked,
            mended=len(tally.mended),
            failed=tally.failed,
            finished=finished,
        )

    def _compare_unsettled(
        self, progress: "Progress", created_until: int, look: Callable[[], None], tally: Tally
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
                    self._compare(order, tally)
                progress.after = end
                more = end is not None
        progress.shard = 0

    def _compare(self, order: "UnsettledOrder", tally: Tally) -> None:
        try:
            session = self.stripe_api.retrieve_session(order.session_id)
        except SessionNotFound:
            tally.failed += 1
            logger.error("no session", order_id=order.order_id, session_id=order.session_id)
            return
        self._record(session, self._session_facts, tally)

    def _list_refunds_and_disputes(
        self,
        progress: "Progress",
        look: Callable[[], None],
        stop_in_time: Callable[[], None],
        tally: Tally,
    ) -> None:
        listing = progress.listing = progress.listing or self._new_listing(progress)
        lists = {
            "refunds": (self.stripe_api.refunds_since, self.recorder.refund_facts),
            "disputes": (self.stripe_api.disputes_since, self.recorder.dispute_facts),
        }
        for kind in list(lists)[list(lists).index(listing.kind) :]:
            pages_since, read = lists[kind]
            listing.kind = kind
            look()
            for page in pages_since(listing.since, listing.after):
                for stripe_object in page:
                    stop_in_time()
                    self._record(stripe_object, read, tally)
                    listing.after = stripe_object["id"]
                look()
            listing.after = None
        progress.listing = None
        progress.listed_until = listing.started
        if listing.sweep:
            progress.swept_at = listing.started

    def _new_listing(self, progress: "Progress") -> Listing:
        started = int(self.now())
        sweep = started - progress.swept_at >= SWEEP_EVERY_SECONDS
        since = started - SWEEP_SECONDS if sweep else progress.listed_until - OVERLAP_SECONDS
        return Listing(started=started, since=since, sweep=sweep)

    def _session_facts(self, sessions: Iterable[Json], origin: Origin) -> Iterator[Fact]:
        return (session_fact(session, origin) for session in sessions)

    def _record(
        self,
        stripe_object: Json,
        read: Callable[[Iterable[Json], Origin], Iterable[Fact]],
        tally: Tally,
    ) -> None:
        """Record what an object says; one that can't be understood stands in nobody's way."""
        tally.checked += 1
        origin = Origin(occurred_at=int(self.now()), source=SOURCE)
        try:
            for fact in read([stripe_object], origin):
                if self.recorder.record_fact(fact) is Outcome.APPLIED:
                    tally.mended.add(fact.order_id)
                    logger.info("mended", object_id=stripe_object["id"])
        except (UnexpectedStripeObject, OrderUnknown) as error:
            tally.failed += 1
            logger.error("not understood", object_id=stripe_object["id"], reason=error.detail)

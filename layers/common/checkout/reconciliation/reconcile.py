"""The steps of a reconciliation run.

It compares objects, not events: an event may never have been created, and Stripe lists only the
last 30 days. The results are ordinary facts, so a run may be repeated, be interrupted, or race with
the webhook. A run costs one Stripe call per hundred sessions completed in 25 hours (105 with 10,000
orders a day), one per hundred expired, and none per open order (docs/decisions.md).
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from checkout.aws.cursor import Cursor, CursorStore
from checkout.domain.facts import Origin
from checkout.errors import OrdersUnavailable
from checkout.log import logger
from checkout.reconciliation.attempts import Report, Run, log_failure
from checkout.reconciliation.parts import DISPUTE_SWEEP_SECONDS, REFUND_SWEEP_SECONDS, PartsList
from checkout.reconciliation.pending import PendingOrders, read_pending
from checkout.reconciliation.sessions import Sessions, listed_since

if TYPE_CHECKING:
    from checkout.aws.orders_table import OrdersTable
    from checkout.recorder import Recorder
    from checkout.stripe.api import StripeApi

SOURCE = "reconcile"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`now` returns seconds since 1970 UTC; `sleep` takes seconds."""

    orders: "OrdersTable"
    recorder: "Recorder"
    stripe_api: "StripeApi"
    cursor_store: CursorStore
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def run(self, *, minimum_age_seconds: int, seconds_left: Callable[[], float]) -> Report:
        """Check all orders pending for at least this long, and refunds and disputes.

        With `minimum_age_seconds` 0 it checks all pending orders. The run ends before its time is
        up, and the next one continues. It ends early only if Stripe refuses the key; a step ends
        early after FAILURES_IN_A_ROW failed calls. All failures are in the report and the log.
        """
        run = Run(seconds_left, self.sleep)
        now = int(self.now())
        pending = PendingOrders()
        cursor = self._read_cursor(run, now)
        until = now - minimum_age_seconds
        try:
            with run.ending_early():
                with run.step("pending"):
                    read_pending(run, self.orders, pending, now, until)
                self._reconcile(run, cursor, pending, now, until)
        finally:
            self._save_cursor(run, cursor)
        report = Report(
            checked=run.checked,
            repaired=len(run.repaired),
            failed=run.failed,
            finished=run.finished,
            oldest_pending_age=pending.oldest_age(now),
            oldest_authorized_age=pending.oldest_authorized_age(now),
            without_webhook=0 if run.by_event else run.not_by_event,
        )
        logger.info("reconciled", **asdict(report))
        return report

    def _reconcile(
        self, run: Run, cursor: Cursor, pending: PendingOrders, now: int, until: int
    ) -> None:
        api = self.stripe_api.throttled(run.wait_turn)
        recorder = replace(self.recorder, stripe_api=lambda: api)
        origin = Origin(occurred_at=now, source=SOURCE)
        since = listed_since(cursor, now)
        sessions = Sessions(run, recorder, api, origin, cursor, pending, now, since, until)
        readers = recorder.readers
        refunds = PartsList(
            run, recorder, origin, api.refunds_between, readers.refunds, REFUND_SWEEP_SECONDS
        )
        disputes = PartsList(
            run, recorder, origin, api.disputes_between, readers.disputes, DISPUTE_SWEEP_SECONDS
        )
        complete_listed = False
        with run.step("complete sessions"):
            complete_listed = sessions.list_complete()
        with run.step("disputes"):
            disputes.reconcile(cursor.disputes, now)
        with run.step("refunds"):
            refunds.reconcile(cursor.refunds, now)
        with run.step("old sessions"):
            sessions.check_old()
        with run.step("expired sessions"):
            sessions.list_expired()
        if not complete_listed:
            with run.step("single sessions"):
                sessions.retrieve(pending.between(since))

    def _read_cursor(self, run: Run, now: int) -> Cursor:
        try:
            return self.cursor_store.read(now)
        except OrdersUnavailable as error:
            run.failed += 1
            log_failure(error)
            return Cursor()

    def _save_cursor(self, run: Run, cursor: Cursor) -> None:
        try:
            self.cursor_store.save(cursor)
        except OrdersUnavailable as error:
            run.failed += 1
            log_failure(error)

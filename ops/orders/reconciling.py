"""Reconciliation by hand: ReconcileFunction does it, with the service's own permissions and log."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ops.dead_letters import Json
from ops.invocation import invoked
from ops.stack import Stack

FUNCTION = "ReconcileFunction"
# A run has 15 minutes. It lists a day of sessions, and writes what it repairs, in less.
WINDOW_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Result:
    """`checked` counts objects of Stripe's, `repaired` orders that changed."""

    checked: int = 0
    repaired: int = 0
    failed: int = 0
    finished: bool = True

    @property
    def is_complete(self) -> bool:
        return self.finished and not self.failed

    def plus(self, report: Json) -> "Result":
        return Result(
            self.checked + report["checked"],
            self.repaired + report["repaired"],
            self.failed + report["failed"],
            self.finished and report["finished"],
        )

    @property
    def document(self) -> Json:
        return asdict(self)


def reconciled_order(stack: Stack, order_id: str) -> Result:
    return Result().plus(invoked(stack, FUNCTION, {"order_ids": [order_id]}))


def reconciled_since(stack: Stack, since: int) -> Iterator[tuple[int, Result]]:
    """Reconcile what Stripe created since a time, a day in each run, the oldest first.

    Give the end of each run's period, in seconds since 1970 UTC, and the sum of the runs so far.
    """
    now, total = int(time.time()), Result()
    while since <= now:
        until = min(since + WINDOW_SECONDS, now + 1) - 1
        last = until == now
        event = {"since": since} if last else {"since": since, "until": until}
        total = total.plus(invoked(stack, FUNCTION, event))
        yield until, total
        since = until + 1


def reconciled_pending(stack: Stack, minimum_age_seconds: int) -> Json:
    """Run what the schedule runs; give its report."""
    return invoked(stack, FUNCTION, {"minimum_age_seconds": minimum_age_seconds})

"""Reconciliation by hand, run by ReconcileFunction with the service's permissions and log."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from ops.dead_letters import Json
from ops.functions import RECONCILE
from ops.invocation import call_function
from ops.stack import Stack

# A run has 15 minutes, which is usually enough for a day of sessions; if not, a shorter period is
# tried. A period that takes longer than itself could never catch up.
WINDOW_SECONDS = 24 * 3600
SHORTEST_WINDOW_SECONDS = 15 * 60


@dataclass(frozen=True)
class Result:
    """`checked` counts Stripe's objects, `repaired` orders that changed."""

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


def reconcile_order(stack: Stack, order_id: str) -> Result:
    return Result().plus(call_function(stack, RECONCILE, {"order_ids": [order_id]}))


def reconcile_since(stack: Stack, since: int) -> Iterator[tuple[int, Result]]:
    """Reconcile the objects created since a time, at most a day per run, oldest first.

    The period of a run that did not finish is halved and repeated. One of 15 minutes that does not
    finish is the last: Stripe is down or refuses the key, which no later period would change.

    Yield the end of the reconciled period, in seconds since 1970 UTC, and the sum of the runs so
    far.
    """
    now, window, total = int(time.time()), WINDOW_SECONDS, Result()
    while since <= now:
        until = min(since + window, now + 1) - 1
        last = until == now
        event = {"since": since} if last else {"since": since, "until": until}
        report = call_function(stack, RECONCILE, event)
        seconds = until - since + 1
        if report["finished"]:
            total = total.plus(report)
            yield until, total
            since = until + 1
        elif seconds > SHORTEST_WINDOW_SECONDS:
            # Its objects are checked again, but repairs happen only once.
            total = replace(total, repaired=total.repaired + report["repaired"])
            window = max(seconds // 2, SHORTEST_WINDOW_SECONDS)
        else:
            yield since - 1, total.plus(report)
            return


def reconcile_pending(stack: Stack, minimum_age_seconds: int) -> Json:
    """Run the scheduled reconciliation; return its report."""
    return call_function(stack, RECONCILE, {"minimum_age_seconds": minimum_age_seconds})

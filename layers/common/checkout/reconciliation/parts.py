"""Compares Stripe's lists of refunds and disputes with our orders.

Each run lists new objects; once a day it lists all that may still change. A dispute can be decided
more than a year after its creation, and Stripe's list filters by creation only. Disputes are few,
so the daily list reaches back two years. https://docs.stripe.com/api/disputes/list,
https://docs.stripe.com/disputes/how-disputes-work
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.aws.cursor import ListCursor
from checkout.domain.changes import Outcome
from checkout.log import logger
from checkout.reconciliation.lists import (
    DAY_SECONDS,
    OVERLAP_SECONDS,
    Fetch,
    Group,
    ListReader,
    created_of,
    id_of,
)

if TYPE_CHECKING:
    from checkout.domain.facts import Origin, PartsFact
    from checkout.reconciliation.attempts import Run
    from checkout.recorder import Recorder

type Json = Mapping[str, Any]
type Read = Callable[[Iterable[Json], Origin], PartsFact | None]

SWEEP_EVERY_SECONDS = DAY_SECONDS
REFUND_SWEEP_SECONDS = 120 * DAY_SECONDS
DISPUTE_SWEEP_SECONDS = 2 * 365 * DAY_SECONDS


@dataclass(frozen=True, slots=True)
class PartsList:
    """One of the two lists; timestamps are in seconds since 1970 UTC."""

    run: "Run"
    recorder: "Recorder"
    origin: "Origin"
    fetch: Fetch
    read: "Read"
    sweep_seconds: int = 0

    def reconcile(self, cursor: "ListCursor", now: int) -> None:
        if cursor.resume_at is not None:
            self._list(cursor, now)
        self._list(cursor, now)

    def between(self, since: int, until: int) -> None:
        """Reconcile the objects created in a period, without a saved cursor."""
        ListReader(self.run, ListCursor(), self.fetch).read(
            since, until, lambda group: self.record(group, search_unmarked=True), _by_payment
        )

    def _list(self, cursor: "ListCursor", now: int) -> None:
        sweep = now - cursor.swept_at >= SWEEP_EVERY_SECONDS
        since = now - self.sweep_seconds if sweep else cursor.listed_until - OVERLAP_SECONDS
        # For payments of other systems, search Stripe once for the owner, not in each sweep.
        new_since = max(cursor.listed_until, now - DAY_SECONDS) - OVERLAP_SECONDS
        failed = ListReader(self.run, cursor, self.fetch).read(
            since,
            now,
            lambda group: self.record(group, search_unmarked=created_of(group) >= new_since),
            _by_payment,
        )
        if sweep and failed is None:
            cursor.swept_at = cursor.pass_until

    def record(self, group: Group, *, search_unmarked: bool) -> None:
        """Record the objects of one payment; an unreadable one is left out by itself."""
        readable = []
        for one in group:
            self.run.checked += 1
            with self.run.isolated(object_id=id_of(one)):
                if self.read([one], self.origin) is not None:
                    readable.append(one)
        if not readable:
            return
        payment_intent = id_of(readable[0], "payment_intent")
        ids = [id_of(one) for one in readable]
        with self.run.isolated(
            objects=len(readable), payment_intent=payment_intent, object_ids=ids
        ):
            fact = self.read(readable, self.origin)
            recorded = self.recorder.record(fact, search_unmarked=search_unmarked)
            self.run.succeeded()
            if recorded.outcome is Outcome.APPLIED and payment_intent:
                self.run.repaired.add(payment_intent)
                logger.info("repaired")


def _by_payment(page: list[dict[str, Any]]) -> list[Group]:
    """Group the objects by payment: each group is one write to one order."""
    groups: dict[str | None, Group] = {}
    for one in page:
        groups.setdefault(id_of(one, "payment_intent"), []).append(one)
    return list(groups.values())

"""Periods that an operator reconciles: what a run can't finish is divided and repeated."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ops.orders.reconciling import Result, reconcile_order, reconcile_pending, reconcile_since
from tests.support.deployed_stack import RunningFunctions, stack_of
from tests.support.documents import Json

if TYPE_CHECKING:
    from ops.stack import Stack

NOW = 1_795_000_000
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
REPORT = {"checked": 3, "repaired": 1, "failed": 0, "finished": True}


@dataclass
class Runs:
    """ReconcileFunction, of which a run has time for so many seconds of sessions, one a second."""

    seconds_of_sessions: Callable[[int], int]
    periods: list[tuple[int, int]] = field(default_factory=list)
    repaired: set[int] = field(default_factory=set)

    def __call__(self, event: Json, _: object) -> Json:
        since, until = event["since"], event.get("until", NOW)
        self.periods.append((since, until))
        time_for = self.seconds_of_sessions(since)
        seen = set(range(since, until + 1)[:time_for])
        new = seen - self.repaired
        self.repaired |= new
        finished = time_for > until - since
        return {"checked": len(seen), "repaired": len(new), "failed": 0, "finished": finished}

    def since(self, seconds_ago: int) -> list[tuple[int, Result]]:
        functions = RunningFunctions(self)
        stack: Stack = stack_of(functions=functions)
        return list(reconcile_since(stack, NOW - seconds_ago))


@pytest.fixture(autouse=True)
def _now(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))


def test_a_day_is_reconciled_in_one_run() -> None:
    runs = Runs(lambda _: DAY)
    done = runs.since(2 * DAY)
    assert [until for until, _ in done] == [NOW - DAY - 1, NOW - 1, NOW]
    assert done[-1][1] == Result(checked=2 * DAY + 1, repaired=2 * DAY + 1)


def test_an_unfinished_period_is_halved_until_it_finishes() -> None:
    runs = Runs(lambda _: 5 * HOUR)
    done = runs.since(DAY - 1)
    lengths = [until - since + 1 for since, until in runs.periods]
    assert lengths == [DAY, 12 * HOUR, 6 * HOUR, *[3 * HOUR] * 8]
    assert done[-1] == (NOW, Result(checked=DAY, repaired=DAY))
    assert all(result.is_complete for _, result in done)
    assert runs.repaired == set(range(NOW - DAY + 1, NOW + 1)), "nothing is left out"


def test_a_period_of_less_than_a_day_is_halved_too() -> None:
    runs = Runs(lambda _: HOUR)
    done = runs.since(2 * HOUR - 1)
    assert [until - since + 1 for since, until in runs.periods] == [2 * HOUR, HOUR, HOUR]
    assert done[-1] == (NOW, Result(checked=2 * HOUR, repaired=2 * HOUR))


def test_what_does_not_finish_in_15_minutes_ends_it() -> None:
    """As when Stripe is down from some time on: the rest waits for a next call."""
    runs = Runs(lambda since: DAY if since < NOW - DAY else 10)
    done = runs.since(3 * DAY)
    assert [until for until, _ in done] == [NOW - 2 * DAY - 1, NOW - DAY - 1, NOW - DAY - 1]
    _, result = done[-1]
    assert not result.is_complete
    assert (result.checked, result.repaired) == (2 * DAY + 10, 2 * DAY + 10)
    shortest = runs.periods[-1][1] - runs.periods[-1][0] + 1
    assert shortest == 15 * MINUTE
    assert runs.periods[-1][0] == NOW - DAY, "so --since can name where it stopped"


def test_what_is_created_meanwhile_is_included() -> None:
    """Stripe's clock may be ahead, so that the last period has no end."""
    sent: list[Json] = []

    def run(event: Json, _: object) -> Json:
        sent.append(event)
        return REPORT

    list(reconcile_since(stack_of(functions=RunningFunctions(run)), NOW - DAY))
    assert sent == [
        {"since": NOW - DAY, "until": NOW - 1},
        {"since": NOW},
    ]


def test_failures_of_all_periods_are_counted() -> None:
    functions = RunningFunctions(lambda _event, _context: REPORT | {"failed": 2})
    *_, (_, result) = reconcile_since(stack_of(functions=functions), NOW - DAY)
    assert result == Result(checked=6, repaired=2, failed=4)
    assert not result.is_complete


def test_one_order_or_all_pending_ones_are_reconciled() -> None:
    functions = RunningFunctions(lambda _event, _context: REPORT)
    stack: Stack = stack_of(functions=functions)
    assert reconcile_order(stack, "ord_1") == Result(checked=3, repaired=1)
    assert reconcile_pending(stack, 900) == REPORT
    assert functions.invoked == [{"order_ids": ["ord_1"]}, {"minimum_age_seconds": 900}]

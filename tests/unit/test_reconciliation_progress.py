"""A run's time limit and call rate, and its continuation in the next run."""

import pytest

from checkout.aws.cursor import Cursor, ListCursor
from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.reconciliation import Report
from checkout.reconciliation.attempts import CALLS_PER_SECOND, SECONDS_TO_STOP
from checkout.reconciliation.lists import OVERLAP_SECONDS
from checkout.reconciliation.parts import (
    DISPUTE_SWEEP_SECONDS,
    REFUND_SWEEP_SECONDS,
    SWEEP_EVERY_SECONDS,
)
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.environment import Clock
from tests.support.reconciling import (
    COMPLETE,
    DAY,
    DISPUTES,
    EXPIRED,
    PAGE,
    REFUNDS,
    Runs,
    orders_in,
    runs_of,
)
from tests.support.samples import SAMPLES
from tests.support.stripe_objects import NOW, dispute, expanded, fact, refund

SANDBOX_CALLS_PER_SECOND = 25


@pytest.fixture
def orders() -> OrdersTable:
    return orders_in(CloudTable(SideEffects()))


OLD = NOW - 3 * DAY


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders, credentials, clock)


def seconds_for(calls: int) -> float:
    """Return the time limit after which a run stops having made this many calls."""
    return SECONDS_TO_STOP + (calls - 0.5) / CALLS_PER_SECOND


def test_all_calls_together_stay_below_the_rate(runs: Runs) -> None:
    for number in range(5):
        runs.add(number, None if number % 2 else OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.refunds = [expanded(refund(), id="pi_9", metadata={})]
    started = runs.clock.now
    runs.run()
    assert {"by payment", "checkout/sessions/cs_1/line_items"} <= set(runs.stripe.names)
    seconds = runs.clock.now - started
    calls_per_second = len(runs.stripe.names) / seconds
    assert calls_per_second <= CALLS_PER_SECOND + 0.001 < SANDBOX_CALLS_PER_SECOND


def test_without_any_time_it_calls_nothing_and_loses_nothing(runs: Runs) -> None:
    before = Cursor(complete=ListCursor(listed_until=NOW - 60), retrieved=(NOW - 60, "ord_1"))
    runs.store.save(before)
    runs.add(1, now=OrderStatus.PAID)
    assert runs.run(seconds=SECONDS_TO_STOP - 1) == Report(finished=False)
    assert runs.stripe.names == []
    assert runs.store.read(NOW) == before


@pytest.mark.parametrize("allowed", range(2, 9) if SAMPLES == "all" else (2, 5, 8))
def test_a_list_of_sessions_continues_where_it_was_cut_off(runs: Runs, allowed: int) -> None:
    for number in range(12):
        runs.add(number, now=OrderStatus.PAID, created=NOW - 600 - number)
    repaired = 0
    for _ in range(12 // PAGE * 2):
        repaired += runs.run(seconds=seconds_for(allowed)).repaired
        runs.clock.now += 900
    assert repaired == 12


def test_a_continued_list_is_followed_by_what_is_new(runs: Runs) -> None:
    runs.add(9, created=NOW - 600)
    for number in range(6):
        runs.add(number, now=OrderStatus.PAID, created=NOW - 600 - number)
    assert not runs.run(seconds=seconds_for(2)).finished
    runs.clock.now += 900
    calls = runs.calls(runs.run)
    assert runs.status(5) == "paid"
    assert int(runs.asked(COMPLETE)[-1]["created[gte]"]) > NOW - 700
    assert not [name for name in calls if name.startswith("checkout/")], "the list was whole"


def test_old_orders_each_get_their_turn(runs: Runs) -> None:
    for number in range(12):
        runs.add(number, OrderStatus.PROCESSING, OrderStatus.PROCESSING, created=OLD + number)
    for _ in range(4):
        assert not runs.run(seconds=seconds_for(3 + 3)).finished
    singles = [name for name in runs.stripe.names if name.startswith("checkout/")]
    assert singles == [f"checkout/sessions/cs_{number}" for number in range(12)]
    assert runs.run().finished


def test_expired_sessions_do_not_starve_paid_ones(runs: Runs) -> None:
    for number in range(30):
        runs.add(number, now=OrderStatus.EXPIRED, created=NOW - 600)
    runs.add(30, now=OrderStatus.PAID, created=NOW - 3600)
    runs.add(31, OrderStatus.PROCESSING, OrderStatus.PAID, created=OLD)
    runs.orders.record(fact(OrderStatus.PAID, payment_intent="pi_paid"))
    runs.stripe.refunds = [expanded(refund(), id="pi_paid")]
    report = runs.run(seconds=seconds_for(6))
    assert (report.finished, report.repaired) == (False, 5)
    assert [runs.status(number) for number in (30, 31)] == ["paid", "paid"]


def test_the_first_run_lists_all_that_may_still_change(runs: Runs) -> None:
    runs.run()
    periods = {REFUNDS: REFUND_SWEEP_SECONDS, DISPUTES: DISPUTE_SWEEP_SECONDS}
    for name, seconds in periods.items():
        (params,) = runs.asked(name)
        assert params == {
            "created[gte]": str(NOW - seconds),
            "created[lte]": str(NOW),
            "limit": "100",
            "expand[0]": "data.payment_intent",
        }


def test_the_next_runs_list_what_is_new_with_an_overlap(runs: Runs) -> None:
    runs.run()
    listed_at = int(runs.store.read(NOW).refunds.listed_until)
    runs.clock.now += 900
    runs.run()
    for name in (REFUNDS, DISPUTES):
        assert runs.asked(name)[-1]["created[gte]"] == str(listed_at - OVERLAP_SECONDS)


def test_once_a_day_all_are_listed_again(runs: Runs) -> None:
    since = []
    for run in range(3):
        runs.clock.now = NOW + run * SWEEP_EVERY_SECONDS // 2
        runs.run()
        since.append(int(runs.asked(DISPUTES)[-1]["created[gte]"]))
    assert since[0] == NOW - DISPUTE_SWEEP_SECONDS
    assert since[1] > NOW - 2 * OVERLAP_SECONDS
    assert since[2] == NOW + SWEEP_EVERY_SECONDS - DISPUTE_SWEEP_SECONDS


def test_a_late_failure_of_an_old_refund_is_found_by_the_sweep(runs: Runs) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    old = NOW - 30 * DAY
    runs.stripe.refunds = [expanded(refund(created=old))]
    assert runs.run().repaired == 1
    runs.stripe.refunds = [expanded(refund(created=old, status="failed"))]
    runs.clock.now = NOW + 3600
    assert runs.run() == Report()
    runs.clock.now = NOW + SWEEP_EVERY_SECONDS
    assert runs.run() == Report(checked=1, repaired=1)


@pytest.mark.parametrize("allowed", [4, 5, 6])
def test_interrupted_lists_of_parts_continue(runs: Runs, allowed: int) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.refunds = [
        expanded(refund(f"re_{n}", amount=1, created=NOW - n)) for n in range(3 * PAGE)
    ]
    runs.stripe.disputes = [expanded(dispute(f"dp_{n}", created=NOW - n)) for n in range(2 * PAGE)]
    for _ in range(12):
        runs.run(seconds=seconds_for(allowed))
        runs.clock.now += 900
    order = runs.orders.find(fact(OrderStatus.PAID).order_id)
    assert order.amount_refunded == 3 * PAGE
    assert len(order.parts_of(type(order.dispute))) == 2 * PAGE


def test_the_list_begins_a_session_life_before_the_last_one(runs: Runs) -> None:
    runs.run()
    first = runs.clock.now
    runs.clock.now += 2 * DAY
    runs.run()
    since = [int(params["created[gte]"]) for params in runs.asked(COMPLETE)]
    assert since == [NOW - DAY - OVERLAP_SECONDS, int(first) - DAY - OVERLAP_SECONDS]


@pytest.mark.parametrize(
    ("seconds", "now", "single"),
    [(-1, OrderStatus.PAID, 1), (0, OrderStatus.OPEN, 0), (0, OrderStatus.EXPIRED, 0)],
)
def test_no_order_is_between_the_lists_and_single_calls(
    runs: Runs, seconds: int, now: OrderStatus, single: int
) -> None:
    """Which ones are listed is decided by a second."""
    runs.add(0, now=now, created=NOW - DAY - OVERLAP_SECONDS + seconds)
    assert runs.calls(runs.run).count("checkout/sessions/cs_0") == single
    assert runs.status(0) == now


def test_the_expired_list_ends_at_the_last_pending(runs: Runs) -> None:
    runs.add(1, now=OrderStatus.EXPIRED, created=NOW - 600)
    for number in range(2, 10):
        runs.add(number, OrderStatus.EXPIRED, OrderStatus.EXPIRED, created=NOW - 600)
    assert runs.calls(runs.run).count(EXPIRED) == 1

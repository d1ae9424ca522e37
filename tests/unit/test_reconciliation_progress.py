"""How a run of the reconciliation keeps to its time and its rate, and what the next one does."""

import pytest
from checkout.GONE_transitions import unsettled_shard

from checkout.aws.cursor import Progress
from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.errors import StripeUnavailable
from checkout.reconciliation import (
    CALLS_PER_SECOND,
    OVERLAP_SECONDS,
    SECONDS_TO_STOP,
    SWEEP_EVERY_SECONDS,
    SWEEP_SECONDS,
    Report,
)
from tests.unit.conftest import Clock
from tests.unit.reconciling import PAGE, Runs, runs_of
from tests.unit.stripe_objects import NOW, dispute, expanded, fact, refund

LISTS = [("get", "/v1/refunds"), ("get", "/v1/disputes")]
SANDBOX_CALLS_PER_SECOND = 25


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders, credentials, clock)


def seconds_for(looks: int) -> float:
    """Give the time in which a run has so many looks, and is cut off before the next."""
    return SECONDS_TO_STOP + (looks - 0.5) / CALLS_PER_SECOND


def test_every_call_waits_its_turn(runs: Runs) -> None:
    runs.add_open_orders(5)
    started = runs.clock.now
    assert runs.run() == Report(checked=5)
    assert set(runs.slept) == {1 / CALLS_PER_SECOND}
    seconds = runs.clock.now - started
    assert len(runs.stripe.requests) / seconds <= CALLS_PER_SECOND < SANDBOX_CALLS_PER_SECOND


def test_it_goes_through_all_shards_and_all_pages(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkout.orders.UNSETTLED_PAGE", 2)
    runs.add_open_orders(40)
    assert len({unsettled_shard(f"ord_{number}") for number in range(40)}) > 10
    assert runs.run() == Report(checked=40)
    asked = {path for _, path in runs.stripe.calls}
    assert asked >= {f"/v1/checkout/sessions/cs_{number}" for number in range(40)}


@pytest.mark.parametrize("looks", [3, 5, 9, 14])
def test_the_next_run_goes_on_where_one_was_cut_off(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    monkeypatch.setattr("checkout.orders.UNSETTLED_PAGE", 1)
    runs.add_open_orders(12)
    reports = [runs.run(seconds=seconds_for(4 + looks)) for _ in range(4)]
    assert all(report.finished == (looks > 12) for report in reports)
    asked = [path for _, path in runs.stripe.calls if "cs_" in path]
    # What one run has looked at, the next one leaves for the end.
    assert len(set(asked[:12])) == 12


def test_a_run_by_hand_looks_at_all_orders_even_after_one_that_was_cut_off(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkout.orders.UNSETTLED_PAGE", 2)
    runs.add_open_orders(30)
    assert not runs.run(seconds=seconds_for(15)).finished
    runs.stripe.requests.clear()
    assert runs.run().finished
    asked = [path for _, path in runs.stripe.calls if "cs_" in path]
    assert len(set(asked)) == 30


def test_without_any_time_it_asks_nothing_and_loses_nothing(runs: Runs) -> None:
    before = Progress(shard=3, listed_until=NOW - 60, swept_at=NOW - 60)
    runs.store.save(before)
    runs.add_open_orders(3)
    assert runs.run(seconds=SECONDS_TO_STOP - 1) == Report(finished=False)
    assert runs.stripe.requests == []
    after = runs.store.read()
    assert (after.shard, after.listed_until, after.swept_at) == (3, NOW - 60, NOW - 60)


# Refunds and disputes


def test_the_first_run_lists_all_that_may_still_change(runs: Runs) -> None:
    runs.run()
    wanted = {
        "created[gte]": str(NOW - SWEEP_SECONDS),
        "limit": "100",
        "expand[0]": "data.payment_intent",
    }
    assert runs.asked("refunds") == runs.asked("disputes") == [wanted]


def test_the_next_runs_list_what_is_new_with_an_overlap(runs: Runs) -> None:
    runs.run()
    listed_at = int(NOW)
    runs.clock.now += 900
    runs.stripe.requests.clear()
    runs.run()
    assert [params["created[gte]"] for params in runs.asked("refunds")] == [
        str(listed_at - OVERLAP_SECONDS)
    ]


def test_once_a_day_all_are_listed_again(runs: Runs) -> None:
    since = []
    for _ in range(3):
        runs.stripe.requests.clear()
        runs.run()
        since += [int(params["created[gte]"]) for params in runs.asked("disputes")]
        runs.clock.now = NOW + (len(since) * SWEEP_EVERY_SECONDS) // 2
    assert since[0] == NOW - SWEEP_SECONDS
    assert since[1] > NOW - 2 * OVERLAP_SECONDS
    assert since[2] == NOW + SWEEP_EVERY_SECONDS - SWEEP_SECONDS


def test_a_late_failure_of_an_old_refund_is_found_by_the_daily_sweep(runs: Runs) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    old = NOW - 30 * 24 * 3600
    runs.stripe.refunds = [expanded(refund(created=old))]
    assert runs.run().mended == 1
    runs.stripe.refunds = [expanded(refund(created=old, status="failed"))]
    runs.clock.now = NOW + 3600
    assert runs.run() == Report()
    runs.clock.now = NOW + SWEEP_EVERY_SECONDS
    assert runs.run() == Report(checked=1, mended=1)


def test_lists_come_in_pages(runs: Runs) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.refunds = [expanded(refund(f"re_{n}", amount=1)) for n in range(2 * PAGE + 1)]
    runs.stripe.disputes = [expanded(dispute(f"dp_{n}")) for n in range(PAGE)]
    # All of them are of one order, which was mended once.
    assert runs.run() == Report(checked=3 * PAGE + 1, mended=1)
    after = [params.get("starting_after") for params in runs.asked("refunds")]
    assert after == [None, "re_1", "re_3"]
    assert [params.get("starting_after") for params in runs.asked("disputes")] == [None]


def test_a_list_that_was_cut_off_is_gone_on_with(runs: Runs) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.refunds = [expanded(refund(f"re_{n}", amount=1)) for n in range(3 * PAGE)]
    runs.stripe.disputes = [expanded(dispute(f"dp_{n}")) for n in range(2 * PAGE)]
    # Each of these runs has time for one page, and to ask for another.
    reports: list[Report] = []
    while not (reports and reports[-1].finished):
        reports.append(runs.run(seconds=seconds_for(2)))
        runs.clock.now += 900
        assert len(reports) < 20
    refunds = dict.fromkeys(params.get("starting_after") for params in runs.asked("refunds"))
    disputes = dict.fromkeys(params.get("starting_after") for params in runs.asked("disputes"))
    assert list(refunds)[:3] == [None, "re_1", "re_3"]
    assert list(disputes)[:2] == [None, "dp_1"]
    assert sum(report.checked for report in reports) == 5 * PAGE
    # What is new since the first of them is for the next listing.
    after = runs.store.read()
    assert (after.listing, after.listed_until, after.swept_at) == (None, NOW, NOW)


def test_a_stripe_that_fails_between_the_lists_does_not_make_it_begin_anew(runs: Runs) -> None:
    runs.stripe.broken = {"/v1/disputes"}
    with pytest.raises(StripeUnavailable):
        runs.run()
    runs.stripe.broken.clear()
    runs.stripe.requests.clear()
    assert runs.run() == Report()
    assert runs.stripe.calls == LISTS[1:]

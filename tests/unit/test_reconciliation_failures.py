"""A list that fails, an outage, and a refused key."""

import pytest

from checkout.aws.orders_table import OrdersTable, Recorded
from checkout.credentials import CredentialsReader
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable
from checkout.reconciliation.attempts import FAILURES_IN_A_ROW
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.environment import Clock, Log
from tests.support.reconciling import (
    COMPLETE,
    DAY,
    DISPUTES,
    EXPIRED,
    REFUNDS,
    Runs,
    errors,
    order_id_of,
    orders_in,
    runs_of,
)
from tests.support.stripe_objects import NOW

OLD = NOW - 3 * DAY
CALLS = [COMPLETE, DISPUTES, REFUNDS, EXPIRED]


@pytest.fixture
def orders() -> OrdersTable:
    return orders_in(CloudTable(SideEffects()))


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders, credentials, clock)


@pytest.mark.parametrize("status", [500, 400, 403])
@pytest.mark.parametrize("broken", CALLS)
def test_a_list_that_fails_stops_no_other(runs: Runs, log: Log, broken: str, status: int) -> None:
    runs.add_parts()
    runs.add(7, now=OrderStatus.EXPIRED)
    runs.stripe.break_call(broken, status)
    report = runs.run()
    assert report.finished
    assert report.failed >= 1
    assert [name for name in dict.fromkeys(runs.stripe.names) if name in CALLS] == CALLS
    item_parts = [runs.orders.find(order_id_of(number)) for number in range(3)]
    assert all(order.amount_refunded == 700 * (broken != REFUNDS) for order in item_parts)
    assert all(bool(order.dispute) == (broken != DISPUTES) for order in item_parts)
    steps = {COMPLETE: "complete sessions", EXPIRED: "expired sessions"}
    assert {entry["step"] for entry in errors(log)} == {steps.get(broken, broken)}


def test_a_single_call_that_fails_is_logged_with_its_step(runs: Runs, log: Log) -> None:
    runs.add(0, created=OLD)
    runs.add(1, now=OrderStatus.PAID)
    runs.stripe.sessions.clear()
    runs.stripe.break_call(COMPLETE)
    runs.run()
    steps = [entry["step"] for entry in errors(log)]
    assert steps == ["complete sessions", "old sessions", "single sessions"]


def test_without_the_list_sessions_are_retrieved_singly(runs: Runs) -> None:
    for number in range(3):
        runs.add(number, now=OrderStatus.PAID)
    runs.stripe.break_call(COMPLETE)
    report = runs.run()
    assert (report.repaired, report.failed) == (3, 1)


def test_without_the_list_expired_sessions_are_retrieved_singly(runs: Runs) -> None:
    runs.add(1, now=OrderStatus.EXPIRED, created=NOW - DAY)
    runs.add(2, created=NOW - 600)
    runs.stripe.break_call(EXPIRED)
    calls = runs.calls(runs.run)
    assert runs.status(1) == "expired"
    assert "checkout/sessions/cs_2" not in calls


def test_a_missing_permission_skips_its_list_and_is_named(runs: Runs, log: Log) -> None:
    runs.add_parts()
    for name, permission in ((REFUNDS, "rak_charge_read"), (DISPUTES, "rak_dispute_read")):
        runs.stripe.break_call(name, 403, message=f"Having the '{permission}' would help.")
    runs.add(7, now=OrderStatus.PAID)
    report = runs.run()
    assert (report.repaired, report.failed, report.finished) == (1, 2, True)
    assert "permission charge_read" in log.text
    assert "permission dispute_read" in log.text


def test_a_missing_permission_ends_single_calls(runs: Runs) -> None:
    for number in range(9):
        runs.add(number, now=OrderStatus.PAID, created=OLD + number * DAY // 3)
    for name in (COMPLETE, EXPIRED, *(f"checkout/sessions/cs_{n}" for n in range(9))):
        runs.stripe.break_call(name, 403)
    calls = runs.calls(runs.run)
    assert len(calls) < 9
    assert REFUNDS in calls


def test_a_refused_key_ends_the_run(runs: Runs, log: Log) -> None:
    runs.add(1, now=OrderStatus.PAID)
    runs.stripe.break_call(COMPLETE, 401)
    report = runs.run()
    assert (report.failed, report.finished) == (1, False)
    assert runs.stripe.names == [COMPLETE]
    assert errors(log)[-1]["error"] == "StripeKeyRefused"


def test_an_outage_of_stripe_ends_the_run_after_few_calls(runs: Runs) -> None:
    for number in range(20):
        runs.add(number, now=OrderStatus.PAID, created=OLD if number % 2 else NOW - 600)
    singles = [f"checkout/sessions/cs_{number}" for number in range(20)]
    for name in (*CALLS, "second", *singles):
        runs.stripe.break_call(name, 503)
    report = runs.run()
    assert not report.finished
    assert len(runs.stripe.names) <= 2 * FAILURES_IN_A_ROW + len(CALLS)
    runs.stripe.broken.clear()
    assert runs.run().repaired == 20


def test_unread_pending_orders_are_found_by_their_sessions(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions that an earlier run had in its list are recorded again."""
    runs.run()
    runs.clock.now += 3 * 3600
    runs.add(1, now=OrderStatus.PAID, created=NOW - 2 * 3600)

    def refusing(*_: object, **__: object) -> None:
        raise OrdersUnavailable("No.")

    monkeypatch.setattr(OrdersTable, "pending", refusing)
    assert runs.run().repaired == 1


def test_a_run_continues_behind_what_made_the_last_give_up(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.stripe.page = 100
    for number in range(FAILURES_IN_A_ROW + 5):
        runs.add(number, None, OrderStatus.PAID, created=NOW - 600 - number)
    record = OrdersTable.record
    refused = {order_id_of(number) for number in range(FAILURES_IN_A_ROW)}

    def refusing(self: OrdersTable, fact: Fact, **named: bool) -> Recorded:
        if fact.order_id in refused:
            raise OrdersUnavailable("No.")
        return record(self, fact, **named)

    monkeypatch.setattr(OrdersTable, "record", refusing)
    reports = [runs.run() for _ in range(2)]
    assert [report.repaired for report in reports] == [0, 5]
    # The second run comes back to the failed ones at its end.
    assert [report.failed for report in reports] == [FAILURES_IN_A_ROW, FAILURES_IN_A_ROW]


def test_an_outage_of_the_table_ends_the_run_after_few_calls(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.add_parts(20)
    tried: list[Fact] = []

    def refusing(_self: OrdersTable, fact: Fact, **_named: object) -> Recorded:
        tried.append(fact)
        raise OrdersUnavailable("No.")

    with monkeypatch.context() as patch:
        patch.setattr(OrdersTable, "record", refusing)
        runs.stripe.page = 100
        report = runs.run()
    assert not report.finished
    assert len(tried) <= 3 * FAILURES_IN_A_ROW
    assert runs.run().repaired == 20

"""The number of calls of a run, with as many orders as strangers can create."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkout.aws.cursor import Cursor
from checkout.aws.orders_table import PENDING_SHARDS, PendingOrder, Recorded, pending_shard
from checkout.credentials import CredentialsReader
from checkout.domain.changes import Outcome
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from tests.support.environment import Clock, Log
from tests.support.reconciling import (
    COMPLETE,
    DAY,
    DISPUTES,
    EXPIRED,
    REFUNDS,
    Runs,
    order_id_of,
    runs_of,
    session_id_of,
)
from tests.support.stripe_objects import NOW, payment_intent, session_in, session_metadata

PAGE = 100
INDEX_PAGE = 5000


@dataclass
class MemoryOrders:
    """The index of pending orders, and which facts were recorded."""

    pending_orders: list[PendingOrder] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    recorded: Counter[str] = field(default_factory=Counter)
    queries: int = 0
    _shards: list[list[PendingOrder]] = field(default_factory=list)

    def pending(
        self, shard: int, *, created_until: int, after: int | None
    ) -> tuple[list[PendingOrder], int | None]:
        assert created_until >= NOW
        self.queries += 1
        if not self._shards:
            self._shards = [[] for _ in range(PENDING_SHARDS)]
            for order in sorted(self.pending_orders, key=lambda one: one.created_at):
                self._shards[int(pending_shard(order.order_id))].append(order)
        start = after or 0
        end = start + INDEX_PAGE
        page = self._shards[shard][start:end]
        return page, end if end < len(self._shards[shard]) else None

    def record(self, fact: Fact, *, read_back: bool = False) -> Recorded:
        assert fact.order_id is not None
        assert not read_back
        self.recorded[fact.order_id] += 1
        known = fact.order_id in self.known or self.recorded[fact.order_id] > 1
        return Recorded(Outcome.DUPLICATE if known else Outcome.APPLIED, None)


@dataclass
class MemoryCursor:
    cursor: Cursor = field(default_factory=Cursor)

    def read(self, now: int) -> Cursor:
        assert not self.cursor.is_ahead_of(now)
        return self.cursor.model_copy(deep=True)

    def save(self, cursor: Cursor) -> None:
        self.cursor = cursor


@pytest.fixture
def orders() -> MemoryOrders:
    return MemoryOrders()


@pytest.fixture
def runs(orders: MemoryOrders, credentials: CredentialsReader, clock: Clock) -> Runs:
    store: Any = MemoryCursor()
    return runs_of(orders, credentials, clock, store, page=PAGE)  # type: ignore[arg-type]


def add(runs: Runs, number: int, status: OrderStatus, created: int, *, pending: bool) -> None:
    order_id, session_id = order_id_of(number), session_id_of(number)
    if pending:
        runs.orders.pending_orders.append(PendingOrder(order_id, session_id, created))
    else:
        runs.orders.known.add(order_id)
    state = status if status is not OrderStatus.OPEN else OrderStatus.EXPIRED
    complete = status not in {OrderStatus.OPEN, OrderStatus.EXPIRED}
    runs.stripe.sessions[session_id] = session_in(state) | {
        "id": session_id,
        "status": "open" if status is OrderStatus.OPEN else session_in(state)["status"],
        "created": created,
        "metadata": session_metadata(order_id=order_id),
        "payment_intent": payment_intent("processing", id=f"pi_{number}") if complete else None,
    }


def calls(runs: Runs) -> Counter[str]:
    return Counter(runs.calls(lambda: runs.run(minimum_age_seconds=900)))


def test_a_hundred_thousand_open_orders_cost_no_call_each(runs: Runs, orders: MemoryOrders) -> None:
    count = 100_000
    missed = {OrderStatus.PAID: 1000, OrderStatus.EXPIRED: 400, OrderStatus.PROCESSING: 200}
    statuses = [status for status, number in missed.items() for _ in range(number)]
    statuses += [OrderStatus.OPEN] * (count - len(statuses))
    for number, status in enumerate(statuses):
        age = 900 + (number * 7919) % (23 * 3600)
        add(runs, number, status, NOW - age, pending=True)
    made = calls(runs)
    assert made == {COMPLETE: 12, EXPIRED: 4, REFUNDS: 1, DISPUTES: 1}
    assert set(orders.recorded.values()) == {1}
    assert orders.recorded.total() == sum(missed.values())
    assert orders.queries == 32
    assert max(runs.slept) <= 0.1


def test_recorded_orders_cost_one_call_per_hundred(runs: Runs, orders: MemoryOrders) -> None:
    # Of a thousand orders a day all are paid, which costs most, and recorded by their webhooks.
    for number in range(1200):
        add(runs, number, OrderStatus.PAID, NOW - number * DAY // 1000, pending=False)
    assert calls(runs) == {COMPLETE: 11, REFUNDS: 1, DISPUTES: 1}
    orders.recorded.clear()
    runs.clock.now += 900
    assert calls(runs) == {COMPLETE: 11, REFUNDS: 1, DISPUTES: 1}
    # New ones, and those that can no longer change, an hour of each.
    assert 0 < orders.recorded.total() <= 3 * 1000 // 24


def test_more_orders_than_memory_holds_hide_no_payment(
    runs: Runs, orders: MemoryOrders, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    monkeypatch.setattr("checkout.reconciliation.pending.MAX_PER_SHARD", 1)
    monkeypatch.setattr("tests.unit.test_reconciliation_scale.INDEX_PAGE", 1)
    runs.store.save(Cursor.model_validate({"complete": {"listed_until": NOW}}))
    for number in range(1000):
        add(runs, number, OrderStatus.OPEN, NOW - 20 * 3600, pending=True)
    add(runs, 1000, OrderStatus.PAID, NOW - 10 * 3600, pending=True)
    assert calls(runs)[COMPLETE] == 1
    assert orders.recorded == {order_id_of(1000): 1}
    warned = [entry for entry in log.entries if entry["message"] == "too many pending orders"]
    assert len(warned) == PENDING_SHARDS
    assert {entry["read"] for entry in warned} == {1}


def test_many_old_orders_of_a_day_are_listed(runs: Runs, orders: MemoryOrders) -> None:
    start = (NOW // DAY - 4) * DAY
    for number in range(1000):
        add(runs, number, OrderStatus.PROCESSING, start + number, pending=True)
    for number in range(1000, 1005):
        add(runs, number, OrderStatus.PAID, start - DAY, pending=True)
    made = calls(runs)
    assert made[COMPLETE] == 11
    assert sum(made.values()) == 11 + 5 + 2
    assert len(orders.recorded) == 1005


def test_a_day_of_other_systems_costs_no_more_than_single_calls(
    runs: Runs, orders: MemoryOrders
) -> None:
    start = (NOW // DAY - 4) * DAY
    for number in range(30_000):
        ours = number % 150 == 0
        add(runs, number, OrderStatus.PROCESSING, start + 30_000 - number, pending=ours)
    made = calls(runs)
    assert made[COMPLETE] + made[EXPIRED] <= 200 + 2
    assert len(orders.recorded) == 200

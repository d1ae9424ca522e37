"""Every order in which the facts of a purchase can arrive ends in the same order."""

import itertools
import random
import sys
from collections.abc import Iterator
from math import factorial
from typing import Any, cast

import pytest

from checkout.errors import OrderUnknown
from checkout.order import Fact, OrderStatus
from checkout.orders import Orders
from tests.unit.memory_table import Item, MemoryTable
from tests.unit.purchases import PURCHASES, Purchase
from tests.unit.stripe_objects import NOW, ORDER_ID

# All orders of so many facts; of more of them a sample.
EXHAUSTIVE = 7
SAMPLE = 10_000
SEED = 20_261_124
# What tells the way that an order went; all else must not depend on it.
OF_ARRIVAL = {"change", "history", "updated_at", "version"}


def arrivals(facts: tuple[Fact, ...]) -> Iterator[tuple[Fact, ...]]:
    if len(facts) <= EXHAUSTIVE:
        return itertools.permutations(facts)
    chance = random.Random(SEED)  # noqa: S311  (no secret)
    return (tuple(chance.sample(facts, len(facts))) for _ in range(SAMPLE))


def deliver(orders: Orders, fact: Fact, purchase: Purchase) -> None:
    """As EventRecorder does: what needs an order that the table lacks brings its session first."""
    try:
        orders.record(fact)
    except OrderUnknown:
        orders.record(purchase.last_session)
        orders.record(fact)


def entered(item: Item) -> list[str]:
    return [entry["M"]["type"]["S"] for entry in item["history"]["L"]]


def state(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in OF_ARRIVAL}


@pytest.mark.parametrize("kind", PURCHASES)
def test_every_arrival_ends_in_the_same_order(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    purchase = PURCHASES[kind]
    table = MemoryTable()
    orders = Orders(cast("Any", table), "orders", now=lambda: NOW)
    expected: dict[str, Any] | None = None
    count = 0
    for arrival in arrivals(purchase.facts):
        table.items.clear()
        for fact in arrival:
            paid_before = status(table) == "paid"
            deliver(orders, fact, purchase)
            assert not paid_before or status(table) == "paid"
        item = table.items[ORDER_ID]
        expected = expected or state(item)
        assert state(item) == expected, [one.origin.source for one in arrival]
        assert entered(item).count("order.paid") == (purchase.status is OrderStatus.PAID)
        assert len(entered(item)) == int(item["version"]["N"])
        count += 1
    facts = len(purchase.facts)
    assert count == (factorial(facts) if facts <= EXHAUSTIVE else SAMPLE)
    order = orders.record(purchase.last_session).order
    assert order.status is purchase.status
    assert order.amount_refunded == purchase.amount_refunded
    assert order.dispute_status == purchase.dispute_status
    with capsys.disabled():
        sys.stdout.write(f"\n{kind}: {count} arrivals of {facts} facts, {table.writes} writes ")


def status(table: MemoryTable) -> str | None:
    item = table.items.get(ORDER_ID)
    return item["status"]["S"] if item else None

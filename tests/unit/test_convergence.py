"""Every order in which the facts of a purchase can arrive ends in the same order."""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from math import factorial
from typing import Any, cast

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import Outcome
from checkout.domain.facts import Fact, PartsFact, SessionFact
from checkout.domain.order import OrderStatus
from tests.support.changed_purchases import CHANGED_PURCHASES
from tests.support.memory_table import Item, MemoryTable
from tests.support.purchases import PURCHASES, Purchase
from tests.support.samples import sample
from tests.support.stripe_objects import NOW, ORDER_ID

# All arrivals of so many facts; of more of them a sample. A small sample of everything is enough to
# tell a broken copy from the real one.
EXHAUSTIVE = sample(few=0, some=4, all=7)
SAMPLE = sample(few=20, some=100, all=10_000)
SEED = 20_261_124
# Fields that depend on the way an order went; all else must not depend on it.
OF_ARRIVAL = {"change", "history", "updated_at", "version"}

ALL = PURCHASES | CHANGED_PURCHASES

type Arrival = tuple[Fact, ...]


class Delivery:
    """Delivers a purchase's facts; what they made of the order is in `item`."""

    def __init__(self, purchase: Purchase) -> None:
        self.table = MemoryTable()
        self.orders = OrdersTable(cast("Any", self.table), "orders", now=lambda: NOW)
        self._purchase = purchase

    @property
    def item(self) -> Item:
        return self.table.items[ORDER_ID]

    def arrivals(self) -> Iterator[Arrival]:
        """Deliver the facts in each arrival order, then yield that order."""
        facts = self._purchase.facts
        if len(facts) <= EXHAUSTIVE:
            yield from self._every_arrival_of(facts)
            return
        chance = random.Random(SEED)  # noqa: S311  (no secret)
        for _ in range(SAMPLE):
            self.table.items.clear()
            arrival = tuple(chance.sample(facts, len(facts)))
            for fact in arrival:
                self._deliver(fact)
            yield arrival

    def _every_arrival_of(self, left: Arrival, arrived: Arrival = ()) -> Iterator[Arrival]:
        """Arrivals that begin alike have their beginning delivered once: nothing is left out."""
        if not left:
            yield arrived
        before = dict(self.table.items)
        for number, fact in enumerate(left):
            self._deliver(fact)
            rest = left[:number] + left[number + 1 :]
            yield from self._every_arrival_of(rest, (*arrived, fact))
            self.table.items.clear()
            self.table.items.update(before)

    def _deliver(self, fact: Fact) -> None:
        """As Recorder does: what the order lacks for the fact, the API's session brings."""
        paid_before = self._is_paid()
        if self.orders.record(fact).outcome is Outcome.UNRESOLVED:
            self.orders.record(self._complete(fact))
            assert self.orders.record(fact).outcome is not Outcome.UNRESOLVED
        assert self._is_paid() or not paid_before

    def _complete(self, fact: Fact) -> SessionFact:
        if isinstance(fact, PartsFact):
            return self._purchase.last_session
        items = self._purchase.items_of(fact.checkout)
        return replace(fact, checkout=replace(fact.checkout, items=items))

    def _is_paid(self) -> bool:
        return ORDER_ID in self.table.items and self.item["status"] == {"S": "paid"}


def entered(item: Item) -> list[str]:
    return [entry["M"]["type"]["S"] for entry in item["history"]["L"]]


def state(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in OF_ARRIVAL}


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", ALL)
def test_every_arrival_ends_in_the_same_order(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    purchase = ALL[kind]
    delivery = Delivery(purchase)
    expected: dict[str, Any] | None = None
    count = 0
    for arrival in delivery.arrivals():
        item = delivery.item
        expected = expected or state(item)
        assert state(item) == expected, [one.origin.source for one in arrival]
        assert entered(item).count("order.paid") == (purchase.status is OrderStatus.PAID)
        declines = len(item["declines"]["M"])
        assert len(entered(item)) + declines == int(item["version"]["N"])
        count += 1
    facts = len(purchase.facts)
    assert count == (factorial(facts) if facts <= EXHAUSTIVE else SAMPLE)
    delivery.table.items[ORDER_ID] = item
    order = delivery.orders.record(purchase.last_session).order
    assert order is not None
    assert order.status is purchase.status
    assert order.checkout.items == purchase.items
    assert order.amount_captured == purchase.amount_captured
    assert order.amount_refunded == purchase.amount_refunded
    assert (order.dispute.status if order.dispute else None) == purchase.dispute_status
    with capsys.disabled():
        sys.stdout.write(f"\n{kind}: {count} arrivals of {facts} facts ")

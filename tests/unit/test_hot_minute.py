"""A minute of many purchases: how their writes are spread, by partition key and index shard."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import pytest

from checkout.aws.orders_table import PENDING_SHARDS, OrdersTable
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from tests.support.memory_table import Item, MemoryTable
from tests.support.samples import sample
from tests.support.stack import TABLE, load_template
from tests.support.stripe_objects import NOW, fact
from tests.unit.test_orders_table_size import size

PURCHASES = sample(some=1_000, all=10_000)
# Of one partition: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
UNITS_OF_A_PARTITION = 1000
# A write of up to so many bytes is one unit.
UNIT = 1024


@cache
def indexes() -> dict[str, str]:
    """Return the partition key of each index, by the index's name."""
    properties = load_template()["Resources"]["OrdersTable"]["Properties"]
    return {
        index["IndexName"]: key["AttributeName"]
        for index in properties["GlobalSecondaryIndexes"]
        for key in index["KeySchema"]
        if key["KeyType"] == "HASH"
    }


@dataclass
class CountedTable(MemoryTable):
    """Count requests by order, and writes by partition key of each index.

    An index is written where an item enters or leaves it; the attributes that these project never
    change. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
    """

    requests: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    index_writes: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in indexes()}
    )

    def __post_init__(self) -> None:
        super().__init__()

    def update_item(self, *, Key: Item, **expressions: Any) -> dict[str, Item]:  # noqa: ANN401, N803
        order_id = Key["order_id"]["S"]
        before = self.items.get(order_id, {})
        self.requests[order_id] += 1
        try:
            return super().update_item(Key=Key, **expressions)
        finally:
            after = self.items.get(order_id, {})
            self.units[order_id] += -(-max(size(before), size(after)) // UNIT)
            for name, key in indexes().items():
                for left in (before, after):
                    if before.get(key) != after.get(key) and key in left:
                        self.index_writes[name][left[key]["S"]] += 1


@pytest.fixture(scope="module")
def table() -> CountedTable:
    """Return the table after each purchase was created, paid by webhook, and confirmed."""
    counted = CountedTable()
    orders = OrdersTable(cast("Any", counted), TABLE, now=lambda: NOW)
    for number in range(PURCHASES):
        named: dict[str, Any] = {
            "order_id": f"ord_{number * 2654435761 % 2**128:032x}",
            "session_id": f"cs_test_{number:058}",
            "client_reference_id": f"cart-{number}",
        }
        paid = fact(OrderStatus.PAID, **named, payment_intent=f"pi_{number:024}")
        orders.record(fact(OrderStatus.OPEN, **named))
        assert orders.record(paid).outcome is Outcome.APPLIED
        assert orders.record(paid, read_back=True).outcome is Outcome.DUPLICATE
    return counted


def test_a_purchase_writes_to_its_own_key_three_times(table: CountedTable) -> None:
    assert table.writes == 3 * PURCHASES
    assert len(table.requests) == PURCHASES
    assert set(table.requests.values()) == {3}


def test_a_purchase_takes_at_most_six_write_units(table: CountedTable) -> None:
    assert max(table.units.values()) <= 6


def test_no_shard_of_the_pending_index_is_hot(table: CountedTable) -> None:
    """Each order enters it and leaves it; a shard takes its share of a minute in seconds."""
    written = table.index_writes["pending"]
    assert written.total() == 2 * PURCHASES
    assert set(written) == {str(shard) for shard in range(PENDING_SHARDS)}
    assert max(written.values()) < 1.4 * written.total() / PENDING_SHARDS
    of_ten_thousand = max(written.values()) * 10_000 / PURCHASES
    assert of_ten_thousand / 60 < UNITS_OF_A_PARTITION / 30


@pytest.mark.parametrize("index", ["payment_intent", "client_reference_id"])
def test_the_other_indexes_get_one_write_for_a_purchase(table: CountedTable, index: str) -> None:
    written = table.index_writes[index]
    assert len(written) == PURCHASES
    assert set(written.values()) == {1}


def test_every_index_is_counted(table: CountedTable) -> None:
    assert set(table.index_writes) == {"pending", "payment_intent", "client_reference_id"}

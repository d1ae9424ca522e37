"""What an order's item says beside the order: its latest change, its history, and when."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from checkout.aws.order_item import ChangeRecord, HistoryEntry, stored_from_item
from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import ChangeType
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from checkout.errors import OrderUnreadable
from tests.support.memory_table import MemoryTable
from tests.support.purchases import decline, refund
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, ORDER_ID, fact

if TYPE_CHECKING:
    from checkout.aws.attributes import Attributes

PAID_AT = NOW - 30


@pytest.fixture
def item() -> "Attributes":
    table = MemoryTable()
    orders = OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)
    orders.record(fact(OrderStatus.PAID, origin=Origin(occurred_at=PAID_AT, source="evt_paid")))
    orders.record(refund("re_1", "succeeded", 700, "evt_refund"))
    orders.record(decline("ch_1", "evt_decline"))
    return cast("Attributes", table.items[ORDER_ID])


def test_each_change_has_its_times_and_its_source(item: "Attributes") -> None:
    stored = stored_from_item(item)
    assert stored.history[0] == HistoryEntry("order.paid", PAID_AT, "evt_paid", NOW)
    assert [one.source for one in stored.history[1:]] == ["evt_refund"]
    assert stored.updated_at == NOW
    assert stored.image == item
    assert stored.order.version == 3
    assert isinstance(stored.change, ChangeRecord)
    assert stored.change.type is ChangeType.PAYMENT_DECLINED


@pytest.mark.parametrize(
    "broken",
    [
        {"history": {"S": "none"}},
        {"history": {"L": [{"M": {"type": {"S": "order.paid"}}}]}},
        {"history": {"L": [{"S": "order.paid"}]}},
        {"updated_at": {"S": "now"}},
        {"change": {"M": {"type": {"S": "order.lost"}}}},
    ],
)
def test_a_history_that_cannot_be_read_is_an_unreadable_order(
    item: "Attributes", broken: dict[str, Any]
) -> None:
    with pytest.raises(OrderUnreadable):
        stored_from_item({**item, **broken})


@pytest.mark.parametrize("missing", ["history", "updated_at", "change"])
def test_an_order_without_its_history_is_unreadable(item: "Attributes", missing: str) -> None:
    with pytest.raises(OrderUnreadable):
        stored_from_item({name: value for name, value in item.items() if name != missing})

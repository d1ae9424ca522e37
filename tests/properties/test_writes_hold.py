"""What a broken copy of the decisions and of the write got away with elsewhere."""

import re
from collections.abc import Callable
from itertools import count, islice
from typing import Any, cast

import pytest

from checkout.aws.orders_table import OrdersTable, pending_shard
from checkout.domain.changes import ChangeType, Outcome
from checkout.domain.decisions import PartsChange, decide
from checkout.domain.facts import Fact
from checkout.domain.order import Order, OrderStatus
from checkout.domain.parts import Dispute, most_pressing
from checkout.errors import CheckoutError, OrdersUnavailable
from tests.properties.cloud import PAGE, CloudTable, SideEffects
from tests.support.memory_table import Item
from tests.support.purchases import dispute
from tests.support.stripe_objects import NOW, ORDER_ID, PAYMENT_INTENT, fact

SENTENCE = re.compile(r"(The [a-z ]+|Orders can't be reached)\.( Please try again\.)?")
OPERATIONS: dict[str, Callable[[OrdersTable], object]] = {
    "record": lambda orders: orders.record(fact(OrderStatus.PAID)),
    "find": lambda orders: orders.find(ORDER_ID),
    "order_of_payment": lambda orders: orders.order_of_payment(PAYMENT_INTENT),
    "pending": lambda orders: orders.pending(0, created_until=NOW, after=None),
    "open_connection": lambda orders: orders.open_connection(),
}


@pytest.fixture
def effects() -> SideEffects:
    return SideEffects()


@pytest.fixture
def table(effects: SideEffects) -> CloudTable:
    return CloudTable(effects)


@pytest.fixture
def orders(table: CloudTable) -> OrdersTable:
    return OrdersTable(cast("Any", table), "orders", now=lambda: NOW)


def test_of_disputes_with_one_status_the_largest_is_shown() -> None:
    """And of those with one amount, always the same one."""
    small, large = (Dispute(status="lost", reason="general", amount=amount) for amount in (1, 2))
    other = Dispute(status="lost", reason="fraudulent", amount=2)
    assert most_pressing({"a": small, "b": large}) == most_pressing({"a": large, "b": small})
    assert most_pressing({"a": small, "b": large}) == large
    assert most_pressing({"a": large, "b": other}) == most_pressing({"a": other, "b": large})


def test_a_dispute_is_opened_once_and_then_updated(orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.PAID))
    opened = dispute("dp_1", "needs_response", "evt_1")
    reviewed = dispute("dp_1", "under_review", "evt_2")
    assert type_of(orders.find(ORDER_ID), opened) == ChangeType.DISPUTE_OPENED
    orders.record(opened)
    assert type_of(orders.find(ORDER_ID), reviewed) == ChangeType.DISPUTE_UPDATED


def type_of(known: Order | None, said: Fact) -> ChangeType:
    change = decide(known, said)
    assert isinstance(change, PartsChange)
    return change.change_type


def test_the_order_found_is_the_one_that_was_recorded(orders: OrdersTable) -> None:
    recorded = fact(OrderStatus.PAID)
    assert orders.record(recorded).order is None
    found = orders.find(ORDER_ID)
    assert found is not None
    assert found.order_id == ORDER_ID
    assert found.checkout == recorded.checkout


def test_an_order_is_found_by_its_payment_and_shard(orders: OrdersTable, table: CloudTable) -> None:
    """Until the index has caught up, it is not found: an index may lag behind the table."""
    orders.record(fact(OrderStatus.PROCESSING))
    assert orders.order_of_payment(PAYMENT_INTENT) == ORDER_ID
    assert orders.order_of_payment("pi_another") is None
    shard = int(pending_shard(ORDER_ID))
    [found], _ = orders.pending(shard, created_until=NOW, after=None)
    assert found.order_id == ORDER_ID
    table.items.clear()
    table.let_index_lag()
    orders.record(fact(OrderStatus.PAID))
    assert orders.order_of_payment(PAYMENT_INTENT) is None
    table.catch_up()
    assert orders.order_of_payment(PAYMENT_INTENT) == ORDER_ID


def test_pending_orders_continue_on_the_next_page(orders: OrdersTable) -> None:
    shard = pending_shard(ORDER_ID)
    numbers = (f"ord_{number:032x}" for number in count())
    ids = [*islice((one for one in numbers if pending_shard(one) == shard), PAGE + 1)]
    for age, order_id in enumerate(ids):
        orders.record(fact(OrderStatus.OPEN, order_id=order_id, created_at=NOW - age))
    first, after = orders.pending(int(shard), created_until=NOW, after=None)
    rest, _ = orders.pending(int(shard), created_until=NOW, after=after)
    assert [one.order_id for one in first + rest] == ids[::-1]


def test_the_order_is_read_as_it_is_now(
    orders: OrdersTable, table: CloudTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An eventually consistent read may know nothing of what was written just before."""
    asked: list[dict[str, Any]] = []

    def get_item(**arguments: Any) -> dict[str, Item]:  # noqa: ANN401
        asked.append(arguments)
        return {}

    monkeypatch.setattr(table, "get_item", get_item)
    orders.find(ORDER_ID)
    assert asked == [
        {"TableName": "orders", "Key": {"order_id": {"S": ORDER_ID}}, "ConsistentRead": True}
    ]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_failure_has_a_detail_for_the_caller(
    orders: OrdersTable, effects: SideEffects, operation: str
) -> None:
    effects.break_at(1, "failure")
    with pytest.raises(OrdersUnavailable) as raised:
        OPERATIONS[operation](orders)
    assert_sentence(raised.value)


def test_a_part_of_an_unknown_order_is_unresolved(orders: OrdersTable, table: CloudTable) -> None:
    recorded = orders.record(dispute("dp_1", "lost", "evt_1"))
    assert (recorded.outcome, recorded.order) == (Outcome.UNRESOLVED, None)
    assert table.items == {}


def test_a_contended_order_asks_for_a_retry(
    orders: OrdersTable, table: CloudTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every attempt meets one more dispute."""
    orders.record(fact(OrderStatus.PAID))
    write = table.update_item

    def update_item(**arguments: Any) -> dict[str, Item]:  # noqa: ANN401
        monkeypatch.setattr(table, "update_item", write)
        number = len(table.items[ORDER_ID]["disputes"]["M"])
        orders.record(dispute(f"dp_other_{number}", "lost", "evt_other"))
        monkeypatch.setattr(table, "update_item", update_item)
        return write(**arguments)

    monkeypatch.setattr(table, "update_item", update_item)
    with pytest.raises(OrdersUnavailable) as raised:
        orders.record(dispute("dp_1", "lost", "evt_1"))
    assert_sentence(raised.value)


def assert_sentence(error: CheckoutError) -> None:
    assert SENTENCE.fullmatch(error.detail), error.detail

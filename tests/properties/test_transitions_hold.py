"""What a broken copy of the transitions and of the write got away with elsewhere."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any, cast

import pytest
from checkout.GONE_order import DisputeStatus
from checkout.GONE_transitions import change

from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import ChangeType
from checkout.domain.facts import SessionFact
from checkout.domain.order import Order, OrderStatus
from checkout.domain.parts import Dispute, most_pressing
from checkout.errors import CheckoutError, OrdersUnavailable, OrderUnknown
from tests.properties.cloud import OrdersTable, SideEffects
from tests.unit.memory_table import Item
from tests.unit.purchases import dispute
from tests.unit.stripe_objects import NOW, ORDER_ID, fact

SENTENCE = re.compile(r"The [a-z ]+\.( Please try again\.)?")
OPERATIONS: dict[str, Callable[[OrdersTable], object]] = {
    "record": lambda orders: orders.record(fact(OrderStatus.PAID)),
    "find": lambda orders: orders.find(ORDER_ID),
    "unsettled": lambda orders: orders.unsettled("0", created_until=NOW, after=None),
    "open_connection": lambda orders: orders.open_connection(),
}


@pytest.fixture
def effects() -> SideEffects:
    return SideEffects()


@pytest.fixture
def table(effects: SideEffects) -> OrdersTable:
    return OrdersTable(effects)


@pytest.fixture
def orders(table: OrdersTable) -> OrdersTable:
    return OrdersTable(cast("Any", table), "orders", now=lambda: NOW)


def test_of_disputes_with_one_status_the_largest_is_shown() -> None:
    """And of those with one amount, always the same one."""
    small, large = (
        Dispute(status=DisputeStatus.LOST, reason="general", amount=amount) for amount in (1, 2)
    )
    other = Dispute(status=DisputeStatus.LOST, reason="fraudulent", amount=2)
    assert most_pressing({"a": small, "b": large}) == most_pressing({"a": large, "b": small})
    assert most_pressing({"a": small, "b": large}) == large
    assert most_pressing({"a": large, "b": other}) == most_pressing({"a": other, "b": large})


def test_a_dispute_is_opened_once_and_then_updated(orders: OrdersTable) -> None:
    known = orders.record(fact(OrderStatus.PAID)).order
    opened = dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_1")
    reviewed = dispute("dp_1", DisputeStatus.UNDER_REVIEW, "evt_2")
    assert type_of(known, opened) == ChangeType.DISPUTE_OPENED
    known = orders.record(opened).order
    assert type_of(known, reviewed) == ChangeType.DISPUTE_UPDATED


def type_of(known: Order, said: Any) -> ChangeType | None:  # noqa: ANN401  (any fact)
    wanted = change(known, said)
    return wanted.type if wanted else None


def test_the_order_that_is_found_is_the_one_that_was_told(orders: OrdersTable) -> None:
    told = fact(OrderStatus.PAID)
    orders.record(told)
    found = orders.find(ORDER_ID)
    names = {field.name for field in fields(SessionFact)} - {"origin"}
    assert {name: getattr(found, name) for name in names} == {
        name: getattr(told, name) for name in names
    }


def test_the_order_is_read_as_it_is_now(
    orders: OrdersTable, table: OrdersTable, monkeypatch: pytest.MonkeyPatch
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
def test_a_failure_says_a_sentence_to_the_caller(
    orders: OrdersTable, effects: SideEffects, operation: str
) -> None:
    effects.break_at(1, "failure")
    with pytest.raises(OrdersUnavailable) as raised:
        OPERATIONS[operation](orders)
    assert_sentence(raised.value)


def test_a_part_of_an_unknown_order_says_so(orders: OrdersTable) -> None:
    with pytest.raises(OrderUnknown) as raised:
        orders.record(dispute("dp_1", DisputeStatus.LOST, "evt_1"))
    assert_sentence(raised.value)


def test_an_order_that_others_keep_changing_says_so(
    orders: OrdersTable, table: OrdersTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every try meets one more dispute."""
    orders.record(fact(OrderStatus.PAID))
    write = table.update_item

    def update_item(**arguments: Any) -> dict[str, Item]:  # noqa: ANN401
        monkeypatch.setattr(table, "update_item", write)
        number = len(table.items[ORDER_ID]["disputes"]["M"])
        orders.record(dispute(f"dp_other_{number}", DisputeStatus.LOST, "evt_other"))
        monkeypatch.setattr(table, "update_item", update_item)
        return write(**arguments)

    monkeypatch.setattr(table, "update_item", update_item)
    with pytest.raises(OrdersUnavailable) as raised:
        orders.record(dispute("dp_1", DisputeStatus.LOST, "evt_1"))
    assert_sentence(raised.value)


def assert_sentence(error: CheckoutError) -> None:
    assert SENTENCE.fullmatch(error.detail), error.detail

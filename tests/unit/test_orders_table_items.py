"""What was bought, in orders that were created here, by an event, or before items were stored."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from checkout.aws.orders_table import OrdersTable, Recorded
from checkout.domain.changes import Outcome
from checkout.domain.decisions import STATUS_CHANGES
from checkout.domain.facts import Fact, PartsFact
from checkout.domain.order import Order, OrderStatus
from checkout.errors import OrderUnreadable
from tests.support.aws_calls import AwsCalls
from tests.support.purchases import decline, refund
from tests.support.stack import TABLE
from tests.support.stripe_objects import ITEM, ORDER_ID, event_fact, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], dict[str, Any] | None]


def order_after(orders: OrdersTable, heard: Fact) -> Order:
    order = orders.record(heard, read_back=True).order
    assert order is not None
    return order


def test_an_event_alone_makes_no_order_without_items(orders: OrdersTable, stored: Stored) -> None:
    recorded = orders.record(event_fact(OrderStatus.PAID))
    assert recorded == Recorded(Outcome.UNRESOLVED, None)
    assert stored() is None


@pytest.mark.parametrize("status", [OrderStatus.EXPIRED, OrderStatus.PROCESSING, OrderStatus.PAID])
def test_an_event_keeps_the_items_of_its_order(
    orders: OrdersTable, calls: AwsCalls, status: OrderStatus
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    calls.made.clear()
    assert order_after(orders, event_fact(status)).checkout.items == (ITEM,)
    assert calls.made == ["UpdateItem"]


@pytest.mark.parametrize("known", [OrderStatus.OPEN, OrderStatus.PROCESSING])
def test_an_order_from_before_items_is_paid_with_items(
    orders: OrdersTable, dynamodb: "DynamoDBClient", known: OrderStatus
) -> None:
    orders.record(fact(known))
    make_old(dynamodb)
    old = orders.find(ORDER_ID)
    assert old is not None
    assert (old.checkout.items, old.checkout.amount_subtotal) == (None, None)
    refused = orders.record(event_fact(OrderStatus.PAID))
    assert (refused.outcome, refused.order) == (Outcome.UNRESOLVED, old)
    assert order_after(orders, fact(OrderStatus.PAID)).checkout.items == (ITEM,)


@pytest.mark.parametrize("amount", ["amount_subtotal", "amount_discount", "amount_tax"])
def test_items_of_other_amounts_are_read_again(
    orders: OrdersTable, calls: AwsCalls, amount: str
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    calls.made.clear()
    refused = orders.record(event_fact(OrderStatus.PAID, **{amount: 77}))
    assert (refused.outcome, calls.made) == (Outcome.UNRESOLVED, ["UpdateItem"])
    other = (replace(ITEM, quantity=3),)
    changed: Any = {amount: 77, "items": other}
    after = order_after(orders, fact(OrderStatus.PAID, **changed))
    assert after.checkout.items == other
    assert orders.record(event_fact(OrderStatus.PAID)).outcome is Outcome.DUPLICATE


def test_an_open_order_waits_for_items_that_may_change(orders: OrdersTable) -> None:
    follow = replace(event_fact(OrderStatus.OPEN), items_follow=True)
    assert order_after(orders, follow).checkout.items is None
    assert orders.record(event_fact(OrderStatus.PAID)).outcome is Outcome.UNRESOLVED
    assert order_after(orders, fact(OrderStatus.PAID)).checkout.items == (ITEM,)


def store(dynamodb: "DynamoDBClient", path: str, value: dict[str, Any]) -> None:
    names = {"ExpressionAttributeNames": {"#items": "items"}} if "#items" in path else {}
    dynamodb.update_item(
        TableName=TABLE,
        Key={"order_id": {"S": ORDER_ID}},
        UpdateExpression=f"SET {path} = :value",
        ExpressionAttributeValues={":value": value},
        **cast("Any", names),
    )


@pytest.mark.parametrize("value", [{"BOOL": True}, {"SS": ["a", "b"]}, {"B": b"x"}, {"N": "0.5"}])
def test_an_order_with_attributes_of_a_later_version_loads(
    orders: OrdersTable, dynamodb: "DynamoDBClient", value: dict[str, Any]
) -> None:
    """While a new version is deployed gradually, both write the same orders."""
    orders.record(fact(OrderStatus.OPEN))
    before = orders.find(ORDER_ID)
    store(dynamodb, "later", value)
    assert orders.find(ORDER_ID) == before


def test_an_item_with_a_field_of_a_later_version_loads(
    orders: OrdersTable, dynamodb: "DynamoDBClient"
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    before = orders.find(ORDER_ID)
    store(dynamodb, "#items[0].later", {"S": "x"})
    assert orders.find(ORDER_ID) == before


def test_a_value_of_another_type_is_named(orders: OrdersTable, dynamodb: "DynamoDBClient") -> None:
    orders.record(fact(OrderStatus.OPEN))
    store(dynamodb, "amount_total", {"S": "much"})
    with pytest.raises(OrderUnreadable, match="str where <class 'int'> is stored"):
        orders.find(ORDER_ID)


def make_old(dynamodb: "DynamoDBClient") -> None:
    """Take away what orders did not hold when they were first written."""
    dynamodb.update_item(
        TableName=TABLE,
        Key={"order_id": {"S": ORDER_ID}},
        UpdateExpression="REMOVE #items, amount_subtotal, amount_discount, amount_tax, "
        "amount_shipping, declines, disputes, refunds",
        ExpressionAttributeNames={"#items": "items"},
    )


@pytest.mark.parametrize("part", [refund("re_1", "succeeded", 7, "evt"), decline("ch_1", "evt")])
def test_an_order_from_before_items_takes_parts(
    orders: OrdersTable, dynamodb: "DynamoDBClient", part: PartsFact
) -> None:
    orders.record(fact(OrderStatus.PAID))
    make_old(dynamodb)
    assert order_after(orders, part).parts_of(part.kind) == part.parts


@pytest.mark.parametrize("entry", [{"S": "x"}, {"M": {}}, {"M": {"source": {"N": "1"}}}])
def test_a_malformed_entry_of_the_history_names_no_source(
    orders: OrdersTable,
    dynamodb: "DynamoDBClient",
    entry: Any,  # noqa: ANN401  (an attribute)
) -> None:
    orders.record(fact(OrderStatus.PAID))
    dynamodb.update_item(
        TableName=TABLE,
        Key={"order_id": {"S": ORDER_ID}},
        UpdateExpression="SET history = list_append(history, :entries)",
        ExpressionAttributeValues={":entries": {"L": [entry]}},
    )
    found = orders.find(ORDER_ID)
    assert found is not None
    assert found.sources == {"evt_paid"}


@pytest.mark.parametrize("history", [None, {"S": "x"}, {"L": []}])
def test_an_order_without_a_history_has_no_sources(
    orders: OrdersTable,
    dynamodb: "DynamoDBClient",
    history: Any,  # noqa: ANN401  (an attribute)
) -> None:
    orders.record(fact(OrderStatus.PAID))
    values: Any = {"ExpressionAttributeValues": {":history": history}} if history else {}
    dynamodb.update_item(
        TableName=TABLE,
        Key={"order_id": {"S": ORDER_ID}},
        UpdateExpression="SET history = :history" if history else "REMOVE history",
        **values,
    )
    found = orders.find(ORDER_ID)
    assert found is not None
    assert found.sources == frozenset()
    assert not found.was_changed_by_event


@pytest.mark.parametrize("status", [OrderStatus.OPEN, OrderStatus.PAID, OrderStatus.EXPIRED])
def test_an_applied_fact_returns_its_change(orders: OrdersTable, status: OrderStatus) -> None:
    assert orders.record(fact(status)).change is STATUS_CHANGES[status]
    assert orders.record(fact(status)).change is None

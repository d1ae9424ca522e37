"""The index of pending orders, and that of payments."""

from typing import TYPE_CHECKING, Any

import pytest

from checkout.aws.orders_table import PENDING_SHARDS, OrdersTable, PendingOrder, pending_shard
from checkout.domain.facts import PartsFact
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.purchases import decline, dispute, refund
from tests.support.stack import TABLE
from tests.support.stripe_objects import (
    CREATED_AT,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    fact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTS = [
    refund("re_1", "succeeded", 700, "evt_refund"),
    dispute("dp_1", "needs_response", "evt_dispute"),
    decline("ch_1", "evt_decline"),
]
SHARD = pending_shard(ORDER_ID)
WAITING = {OrderStatus.OPEN, OrderStatus.PROCESSING, OrderStatus.AUTHORIZED}
PENDING = PendingOrder(order_id=ORDER_ID, session_id=SESSION_ID, created_at=CREATED_AT)


def pending(
    orders: OrdersTable, created_until: int = NOW, after: dict[str, Any] | None = None
) -> tuple[list[PendingOrder], dict[str, Any] | None]:
    return orders.pending(int(SHARD), created_until=created_until, after=after)


@pytest.mark.parametrize("status", OrderStatus)
def test_finds_orders_that_are_pending(orders: OrdersTable, status: OrderStatus) -> None:
    orders.record(fact(OrderStatus.OPEN))
    orders.record(fact(status))
    found, end = pending(orders)
    assert found == ([PENDING] if status in WAITING else [])
    assert end is None


@pytest.mark.parametrize("part", PARTS)
def test_a_part_leaves_the_order_pending(orders: OrdersTable, part: PartsFact) -> None:
    orders.record(fact(OrderStatus.PROCESSING))
    orders.record(part)
    assert pending(orders)[0] == [PENDING]


def test_leaves_out_younger_orders_and_those_of_other_shards(orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.OPEN))
    assert pending(orders, CREATED_AT)[0] != []
    assert pending(orders, CREATED_AT - 1)[0] == []
    others = set(range(PENDING_SHARDS)) - {int(SHARD)}
    assert all(orders.pending(s, created_until=NOW, after=None) == ([], None) for s in others)


def test_gives_the_oldest_first_and_continues(
    orders: OrdersTable, dynamodb: "DynamoDBClient"
) -> None:
    for age in range(5):
        dynamodb.put_item(
            TableName=TABLE,
            Item={
                "order_id": {"S": f"ord_{age}"},
                "session_id": {"S": f"cs_{age}"},
                "created_at": {"N": str(CREATED_AT - age)},
                "pending_shard": {"S": SHARD},
            },
        )
    found, _ = pending(orders)
    assert [one.order_id for one in found] == [f"ord_{age}" for age in reversed(range(5))]
    after = {
        "order_id": {"S": "ord_2"},
        "created_at": {"N": str(CREATED_AT - 2)},
        "pending_shard": {"S": SHARD},
    }
    assert [one.order_id for one in pending(orders, after=after)[0]] == ["ord_1", "ord_0"]


def test_a_pending_order_may_lack_its_session(
    orders: OrdersTable, dynamodb: "DynamoDBClient"
) -> None:
    item = {"order_id": {"S": ORDER_ID}, "created_at": {"N": "7"}, "pending_shard": {"S": SHARD}}
    dynamodb.put_item(TableName=TABLE, Item=item)
    assert pending(orders)[0] == [PendingOrder(ORDER_ID, None, 7)]


def test_an_index_that_does_not_respond_is_unavailable(
    orders: OrdersTable, calls: AwsCalls
) -> None:
    calls.failure = refuses("ThrottlingException")
    with pytest.raises(OrdersUnavailable):
        pending(orders)
    with pytest.raises(OrdersUnavailable):
        orders.order_of_payment(PAYMENT_INTENT)


@pytest.mark.parametrize("status", OrderStatus)
def test_a_pending_order_has_a_shard_and_no_other(
    orders: OrdersTable, dynamodb: "DynamoDBClient", status: OrderStatus
) -> None:
    orders.record(fact(status))
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert status.is_pending == (status in WAITING)
    assert item.get("pending_shard") == ({"S": SHARD} if status.is_pending else None)


def test_orders_are_spread_over_all_shards_and_stay_there() -> None:
    shards = [pending_shard(f"ord_{number:032x}") for number in range(16_000)]
    assert set(shards) == {str(shard) for shard in range(PENDING_SHARDS)}
    assert max(shards.count(shard) for shard in set(shards)) < 2 * 16_000 / PENDING_SHARDS
    assert SHARD == "1"


# Payments


def test_finds_the_order_that_recorded_a_payment(orders: OrdersTable, calls: AwsCalls) -> None:
    orders.record(fact(OrderStatus.OPEN))
    assert orders.order_of_payment(PAYMENT_INTENT) is None
    orders.record(fact(OrderStatus.PAID))
    calls.made.clear()
    assert orders.order_of_payment(PAYMENT_INTENT) == ORDER_ID
    assert orders.order_of_payment("pi_another") is None
    assert calls.made == ["Query", "Query"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_does_not_take_the_payment_over(orders: OrdersTable, part: PartsFact) -> None:
    orders.record(fact(OrderStatus.OPEN))
    orders.record(part)
    assert orders.order_of_payment(PAYMENT_INTENT) is None

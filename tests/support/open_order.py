"""An order after its creation, for tests that start there."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from tests.support.memory_table import Item, MemoryTable
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, ORDER_ID, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def put_open_order(dynamodb: "DynamoDBClient") -> None:
    """Put the item that a create writes; the create itself takes moto ten times as long."""
    dynamodb.put_item(TableName=TABLE, Item=open_item())


@cache
def open_item() -> Item:
    table = MemoryTable()
    OrdersTable(cast("Any", table), TABLE, now=lambda: NOW).record(fact(OrderStatus.OPEN))
    return table.items[ORDER_ID]

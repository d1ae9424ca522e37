"""An order as its creation leaves it, for tests that begin there."""

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
    """Put the item that a create writes: moto takes ten times as long for the write itself."""
    dynamodb.put_item(TableName=TABLE, Item=open_item())


@cache
def open_item() -> Item:
    table = MemoryTable()
    OrdersTable(cast("Any", table), TABLE, now=lambda: NOW).record(fact(OrderStatus.OPEN))
    return table.items[ORDER_ID]

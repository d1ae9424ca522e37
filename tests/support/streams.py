"""Records of the orders table's stream, as Lambda gets them.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-create-package.html#eventsources-ddb
"""

from typing import Any, cast

from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import Outcome
from checkout.domain.facts import Fact
from tests.support.documents import Json
from tests.support.memory_table import MemoryTable
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, ORDER_ID

STREAM_ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}/stream/2026-11-18T00:00:00.000"


def record(new_image: Json, number: int = 1) -> Json:
    first = new_image["version"] == {"N": "1"}
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT" if first else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": float(NOW),
            "Keys": {"order_id": new_image["order_id"]},
            "NewImage": new_image,
            "SequenceNumber": str(100_000_000_000_000_000_000 + number),
            "SizeBytes": 700,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": STREAM_ARN,
    }


def records_of(*facts: Fact) -> list[Json]:
    """Return the stream record of each change that the facts make, one after the other."""
    table = MemoryTable()
    orders = OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)
    records: list[Json] = []
    for fact in facts:
        assert orders.record(fact).outcome is Outcome.APPLIED
        records.append(record(dict(table.items[ORDER_ID]), number=len(records) + 1))
    return records

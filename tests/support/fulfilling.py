"""Messages of the order topic in the example's queue, and the state of an order."""

import json
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING

from checkout.aws.publishing import order_message
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.purchases import dispute, refund
from tests.support.stack import ROOT, read_template
from tests.support.streams import records_of
from tests.support.stripe_objects import ORDER_ID, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

FOLDER = ROOT / "examples" / "fulfilment"
TEMPLATE = FOLDER / "template.yaml"
SHIPMENTS = "shipments"
TOTAL = 4200
SHIPPED: list[Json] = [{"price": "price_1Mug", "quantity": 2}]

_numbers = count(1)


def published(*facts: Fact) -> list[Json]:
    """Return the messages that the checkout service publishes of a paid order with these facts."""
    records = records_of(fact(OrderStatus.PAID), *facts)
    return [asdict(order_message(record["dynamodb"]["NewImage"])) for record in records]


def refunded(amount: int = TOTAL) -> Fact:
    return refund("re_1", "succeeded", amount, "evt_refund")


def refund_failed() -> Fact:
    return refund("re_1", "failed", TOTAL, "evt_failed")


def captured(amount: int) -> Fact:
    return fact(OrderStatus.PAID, amount_captured=amount)


def disputed(status: str) -> Fact:
    return dispute("dp_1", status, f"evt_{status}")


def sqs_record(body: object) -> Json:
    """Return an SQS record: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    number = next(_numbers)
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012}",
        "receiptHandle": f"handle-{number}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }


def batch(*bodies: object) -> Json:
    return {"Records": [sqs_record(body) for body in bodies]}


def failed(event: Json, *positions: int) -> Json:
    """Return the partial batch response that leaves these messages in the queue."""
    identifiers = [event["Records"][position]["messageId"] for position in positions]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in identifiers]}


def shipments_table() -> Json:
    """Return the arguments of CreateTable that make the template's table."""
    properties: Json = read_template(TEMPLATE)["Resources"]["ShipmentsTable"]["Properties"]
    for name in ("PointInTimeRecoverySpecification", "SSESpecification"):
        del properties[name]
    return {**properties, "TableName": SHIPMENTS}


@dataclass(frozen=True)
class Warehouse:
    """Shipments and recalls from the log, and the order's item."""

    table: "Table"
    log: Log

    @property
    def shipped(self) -> list[list[Json]]:
        return [one["items"] for one in self._logged("shipped")]

    @property
    def recalled(self) -> list[str]:
        return [one["reason"] for one in self._logged("to be recalled")]

    @property
    def row(self) -> Json:
        return self.table.get_item(Key={"order_id": ORDER_ID})["Item"]

    def _logged(self, message: str) -> list[Json]:
        return [one for one in self.log.entries if one["message"] == message]

"""The changes of orders, told to whoever subscribes to the topic.

What is published is the change record that was written with the order's state, from the table's
stream: nothing is published that was not written, and nothing written goes unpublished. The same
change may be published more than once, always with the same id.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from checkout.order import ChangeType

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# What the stream's filter lets through (template.yaml); the others are in the order's history.
PUBLISHED = (
    ChangeType.PROCESSING,
    ChangeType.PAID,
    ChangeType.FAILED,
    ChangeType.EXPIRED,
    ChangeType.REFUNDED,
    ChangeType.REFUND_FAILED,
    ChangeType.DISPUTE_OPENED,
    ChangeType.DISPUTE_CLOSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMessage:
    """A change of an order, and the order as it was then.

    `id` is the same whenever the same change is told, and `version` counts an order's changes: of
    two messages the higher one is the later. `occurred_at` is in seconds since 1970 UTC,
    amounts are in the currency's minor unit.
    """

    id: str
    type: str
    occurred_at: int
    version: int
    order_id: str
    session_id: str
    payment_intent: str | None
    client_reference_id: str | None
    status: str
    payment_status: str
    amount_total: int
    amount_refunded: int
    currency: str
    dispute_status: str | None
    dispute_reason: str | None


def order_message(new_image: Mapping[str, Any]) -> OrderMessage:
    """Read the new image of a record of the orders table's stream."""
    deserialize = TypeDeserializer().deserialize
    stored = {name: deserialize(value) for name, value in new_image.items()}
    return OrderMessage(
        id=f"{stored['order_id']}:{stored['version']}",
        type=stored["change"]["type"],
        occurred_at=int(stored["change"]["occurred_at"]),
        version=int(stored["version"]),
        order_id=stored["order_id"],
        session_id=stored["session_id"],
        payment_intent=stored.get("payment_intent"),
        client_reference_id=stored.get("client_reference_id"),
        status=stored["status"],
        payment_status=stored["payment_status"],
        amount_total=int(stored["amount_total"]),
        amount_refunded=int(stored["amount_refunded"]),
        currency=stored["currency"],
        dispute_status=stored.get("dispute_status"),
        dispute_reason=stored.get("dispute_reason"),
    )


class Publisher:
    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, message: OrderMessage) -> None:
        """Publish one change; raise botocore's errors, so that the stream repeats the record."""
        self._client.publish(
            TopicArn=self._topic_arn,
            Message=json.dumps(asdict(message)),
            MessageAttributes={"type": {"DataType": "String", "StringValue": message.type}},
        )

"""Publishes order changes from the table's stream to the topic.

A message is the change record that was written with the order's state, so exactly the written
changes are published. A change may be published more than once, always with the same id.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from checkout.aws.order_item import change_from_item, order_from_item
from checkout.domain.order import OrderItem
from checkout.errors import OrderUnreadable
from checkout.log import logger

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from checkout.aws.dead_letters import UnpublishedChanges

# Errors that no retry fixes, such as a message that is too long:
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
REFUSED_FOR_GOOD = frozenset({"InvalidParameter", "InvalidParameterValue", "ValidationException"})

type Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMessage:
    """A change of an order, with the order after that change.

    `id` is the same each time the same change is published, and `version` counts an order's
    changes: of two messages the higher one is the later. `occurred_at` is in seconds since 1970
    UTC, amounts are in the currency's minor unit. `items` is what to ship after `order.paid`;
    `client_reference_id` is a string that the customer's browser chose.
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
    amount_subtotal: int | None
    amount_discount: int | None
    amount_tax: int | None
    amount_shipping: int | None
    amount_total: int
    amount_captured: int
    amount_refunded: int
    currency: str
    items: tuple[OrderItem, ...] | None
    dispute_status: str | None
    dispute_reason: str | None


def order_message(new_image: Mapping[str, Any]) -> OrderMessage:
    """Read the new image of a stream record; raise OrderUnreadable."""
    order, change = order_from_item(new_image), change_from_item(new_image)
    checkout, dispute = order.checkout, order.dispute
    return OrderMessage(
        id=f"{order.order_id}:{order.version}",
        type=change.type,
        occurred_at=change.occurred_at,
        version=order.version,
        order_id=order.order_id,
        session_id=checkout.session_id,
        payment_intent=checkout.payment_intent,
        client_reference_id=checkout.client_reference_id,
        status=checkout.status,
        payment_status=checkout.payment_status,
        amount_subtotal=checkout.amount_subtotal,
        amount_discount=checkout.amount_discount,
        amount_tax=checkout.amount_tax,
        amount_shipping=checkout.amount_shipping,
        amount_total=checkout.amount_total,
        amount_captured=order.amount_captured,
        amount_refunded=order.amount_refunded,
        currency=checkout.currency,
        items=checkout.items,
        dispute_status=dispute.status if dispute else None,
        dispute_reason=dispute.reason if dispute else None,
    )


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes the records of a stream in their order.

    Only a record that can't be read, or that SNS refuses permanently, is dead-lettered. The records
    after it are published, even those of the same order.
    """

    sns: "SNSClient"
    topic_arn: str
    unpublished: "Callable[[], UnpublishedChanges]"

    def publish_all(self, records: Sequence[Record]) -> str | None:
        """Publish each record; return the sequence number of the first failure, None if none
        failed.

        Lambda retries from that record on, so that an order's changes stay in order.
        https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
        """
        for record in records:
            try:
                self._publish_or_dead_letter(record)
            except Exception:
                number: str = record["dynamodb"]["SequenceNumber"]
                logger.exception("not published", sequence_number=number)
                return number
        return None

    def _publish_or_dead_letter(self, record: Record) -> None:
        try:
            message = order_message(record["dynamodb"]["NewImage"])
            self._publish(message)
        except (KeyError, OrderUnreadable) as error:
            self._dead_letter(record, repr(error))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in REFUSED_FOR_GOOD:
                raise
            self._dead_letter(record, code)

    def _publish(self, message: OrderMessage) -> None:
        self.sns.publish(
            TopicArn=self.topic_arn,
            Message=json.dumps(asdict(message)),
            MessageAttributes={"type": {"DataType": "String", "StringValue": message.type}},
        )
        logger.info("published", message_id=message.id, type=message.type)

    def _dead_letter(self, record: Record, reason: str) -> None:
        self.unpublished().send(record)
        number = record["dynamodb"]["SequenceNumber"]
        logger.error("dead-lettered", sequence_number=number, reason=reason)

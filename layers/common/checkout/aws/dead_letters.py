"""The dead-letter queues: what could not be processed waits there until ops replay it.

Messages have the shape that Lambda gives to what it dead-letters itself, so that one queue serves
both: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from checkout.log import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

# As long as the queues keep a message (template.yaml), and longer than Stripe retries a delivery.
REMEMBERED_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Authentic events that could not be processed, each sent once however often Stripe retries.

    `table` remembers their ids, with DynamoDB's time to live; `now` gives seconds since 1970 UTC.
    """

    sqs: "SQSClient"
    queue_url: str
    dynamodb: "DynamoDBClient"
    table: str
    now: Callable[[], float] = time.time

    def send(self, event: dict[str, Any], error: Exception) -> None:
        """Send an event with its error. If that fails too, Stripe's next retry brings it again."""
        message = {
            "requestPayload": {"detail": event},
            "responsePayload": {"errorType": type(error).__name__, "errorMessage": str(error)},
        }
        key = {"event_id": {"S": event["id"]}}
        try:
            if "Item" in self.dynamodb.get_item(TableName=self.table, Key=key):
                return
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(message))
            # Last: a crash before it sends the event twice, which a replay does not mind.
            forget_at = int(self.now()) + REMEMBERED_SECONDS
            self.dynamodb.put_item(
                TableName=self.table, Item=key | {"expires_at": {"N": str(forget_at)}}
            )
        except (BotoCoreError, ClientError):
            logger.exception("not dead-lettered")


@dataclass(frozen=True, slots=True)
class UnpublishedChanges:
    """Records of the orders table's stream that can't be published, by their place in it."""

    sqs: "SQSClient"
    queue_url: str

    def send(self, record: Mapping[str, Any]) -> None:
        """Send one record's place; raise botocore's errors, so that the stream repeats it."""
        number = record["dynamodb"]["SequenceNumber"]
        message = {
            "DDBStreamBatchInfo": {
                "streamArn": record["eventSourceARN"],
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "batchSize": 1,
            },
            "orderId": record["dynamodb"]["Keys"]["order_id"]["S"],
        }
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(message))

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
        if self._was_sent(key):
            return
        try:
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(message))
        except (BotoCoreError, ClientError):
            logger.exception("not dead-lettered")
            return
        self._remember(key)

    def _was_sent(self, key: Mapping[str, Any]) -> bool:
        try:
            return "Item" in self.dynamodb.get_item(TableName=self.table, Key=key)
        except (BotoCoreError, ClientError) as error:
            # A replay does not mind a second message; an event that is in no queue would be lost.
            logger.warning("dead-lettered events can't be read", error=type(error).__name__)
            return False

    def _remember(self, key: Mapping[str, Any]) -> None:
        """Come last: a crash before it sends the event twice."""
        forget_at = {"N": str(int(self.now()) + REMEMBERED_SECONDS)}
        try:
            self.dynamodb.put_item(TableName=self.table, Item={**key, "expires_at": forget_at})
        except (BotoCoreError, ClientError) as error:
            logger.warning("a dead-lettered event is not marked", error=type(error).__name__)


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

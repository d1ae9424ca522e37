"""The dead-letter queues: events and changes that failed wait there until ops replay them.

Messages have the shape of those that Lambda itself dead-letters, so that one queue serves both:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html and
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

# The queues' message retention (template.yaml); Stripe's retries end earlier.
REMEMBERED_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Authentic events that failed, each sent once, however often Stripe retries.

    `table` stores the ids of sent events, with DynamoDB's time to live. `now` returns seconds since
    1970 UTC.
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
            # A duplicate message is harmless; an event missing from the queue would be lost.
            logger.warning("dead-lettered events can't be read", error=type(error).__name__)
            return False

    def _remember(self, key: Mapping[str, Any]) -> None:
        """Mark an event as sent. Called last: after a crash the event is sent twice, never lost."""
        forget_at = {"N": str(int(self.now()) + REMEMBERED_SECONDS)}
        try:
            self.dynamodb.put_item(TableName=self.table, Item={**key, "expires_at": forget_at})
        except (BotoCoreError, ClientError) as error:
            logger.warning("a dead-lettered event is not marked", error=type(error).__name__)


@dataclass(frozen=True, slots=True)
class UnpublishedChanges:
    """Stream records of the orders table that can't be published, by position in the stream."""

    sqs: "SQSClient"
    queue_url: str

    def send(self, record: Mapping[str, Any]) -> None:
        """Send a record's position; raise botocore's errors, so that Lambda retries the record."""
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

"""Authentic events that could not be processed, kept in a queue until ops send them again.

A message has the shape that Lambda gives to an asynchronous invocation which failed for good, so
that events that came over HTTP and over EventBridge can wait in one queue:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from checkout.log import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class UnprocessedEvents:
    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def keep(self, event: dict[str, Any], error: Exception) -> None:
        """Keep an event with its error. When that fails too, Stripe still sends it again."""
        message = {
            "requestPayload": {"detail": event},
            "responsePayload": {"errorType": type(error).__name__, "errorMessage": str(error)},
        }
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(message))
        except (BotoCoreError, ClientError):
            logger.exception("not kept")

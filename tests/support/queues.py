"""The queue of unprocessed events, and a subscriber of the topic, in moto."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.stack import QUEUE_URL

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef


@dataclass(frozen=True)
class Queue:
    client: "SQSClient"
    url: str = QUEUE_URL

    def receive(self) -> list[dict[str, Any]]:
        """Take all that is in the queue, in the order in which it was sent."""
        bodies: list[dict[str, Any]] = []
        while messages := self._take():
            bodies += [json.loads(message["Body"]) for message in messages]
        return bodies

    def _take(self) -> "list[MessageTypeDef]":
        taken = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        messages = taken.get("Messages", [])
        for message in messages:
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return messages


@dataclass(frozen=True)
class Subscriber:
    """Who gets what is published, over a queue."""

    queue: Queue

    def envelopes(self) -> list[dict[str, Any]]:
        return self.queue.receive()

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(envelope["Message"]) for envelope in self.envelopes()]

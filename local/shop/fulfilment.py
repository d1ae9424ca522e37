"""A minimal fulfilment service: a queue, and the ids of processed messages.

SNS and SQS deliver at least once, and a change may be published more than once, so known messages
are skipped. It ships only the `items` of a paid order: `client_reference_id` is a string that the
customer's browser chose.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.cloud.aws import LocalAws
from local.machine.waiting import wait_for

PAID = "order.paid"
AT_ONCE = 10
WAIT_SECONDS = 60.0

type Json = dict[str, Any]


@dataclass
class Fulfilment:
    """`messages` are distinct messages by id; `deliveries` counts duplicates too.

    `shipped` has the items of each paid order by order id.
    """

    aws: LocalAws
    queue_url: str
    messages: dict[str, Json] = field(default_factory=dict)
    deliveries: list[Json] = field(default_factory=list)
    shipped: dict[str, list[Json]] = field(default_factory=dict)

    def take(self) -> int:
        """Receive the queue's current messages; return their number."""
        before = len(self.deliveries)
        while received := self.aws.queues.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=AT_ONCE
        ).get("Messages", []):
            for one in received:
                message = json.loads(json.loads(one["Body"])["Message"])
                self.deliveries.append(message)
                if message["id"] not in self.messages:
                    self.messages[message["id"]] = message
                    self._ship(message)
                self.aws.queues.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=one["ReceiptHandle"]
                )
        return len(self.deliveries) - before

    def _ship(self, message: Json) -> None:
        if message["type"] == PAID:
            assert message["order_id"] not in self.shipped, "an order is paid once"  # noqa: S101
            self.shipped[message["order_id"]] = message["items"]

    def of(self, order_id: str) -> list[Json]:
        """Return an order's messages, in the order of its changes."""
        found = [one for one in self.messages.values() if one["order_id"] == order_id]
        return sorted(found, key=lambda one: int(one["version"]))

    def wait_for(self, enough: Callable[[], bool], what: str) -> None:
        def look() -> bool:
            self.take()
            return enough()

        wait_for(look, what, seconds=WAIT_SECONDS)

    def wait_for_types(self, order_id: str, *types: str) -> list[Json]:
        """Wait for an order's messages until their types are these, in this order; return them."""

        def published() -> bool:
            return [one["type"] for one in self.of(order_id)] == list(types)

        self.wait_for(published, f"{order_id} is published as {', '.join(types)}")
        return self.of(order_id)


@contextmanager
def fulfilment(aws: LocalAws, topic_arn: str, name: str, *types: str) -> Iterator[Fulfilment]:
    """Subscribe a queue to the topic, for all messages or only some types."""
    queue_url = aws.queues.create_queue(QueueName=name)["QueueUrl"]
    queue_arn = aws.queues.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        },
    }
    aws.queues.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    subscription = aws.topics.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"FilterPolicy": json.dumps({"type": list(types)})} if types else {},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield Fulfilment(aws, queue_url)
    finally:
        aws.topics.unsubscribe(SubscriptionArn=subscription)
        aws.queues.delete_queue(QueueUrl=queue_url)

"""`make replay ENV=dev`: sends again what the stack keeps in its two queues, after a fix.

    events that could not be processed    ──► StripeWebhookFunction     the event, as it came
    changes that could not be published   ──► PublishChangesFunction    their records, read again
                                                                        from the table's stream

What succeeds leaves its queue; what does not stays in it, for another fix. To send something twice
does no harm: an order knows its facts, and a message keeps its id.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from checkout.domain.changes import PUBLISHED

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.literals import ShardIteratorTypeType
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

# Above the functions' own timeouts (template.yaml).
PATIENT = Config(read_timeout=90)
AT_ONCE = 10
# No second look at a message in one run; one that was interrupted gives them back after this.
HIDDEN_SECONDS = 900
# The stream may answer with an empty page before it has come to the records.
EMPTY_PAGES = 20
GONE = ("TrimmedDataAccessException", "ResourceNotFoundException")

type Json = dict[str, Any]
# Gives what became of a message; raises NotReplayed.
type Replay = Callable[[Json], str]


class NotReplayed(Exception):
    pass


@dataclass(frozen=True)
class Line:
    """What became of one message."""

    left: bool
    text: str


def main() -> int:
    options = argparse.ArgumentParser(prog="make replay", description=__doc__.partition("\n")[0])
    options.add_argument("--stack-name", required=True)
    stack: str = options.parse_args().stack_name
    try:
        outputs = stack_outputs(stack)
        functions = boto3.client("lambda", config=PATIENT)
        events = UnprocessedEvents(functions, outputs["WebhookFunctionName"])
        changes = UnpublishedChanges(functions, boto3.client("dynamodbstreams"))
        queues = boto3.client("sqs")
        left = done = 0
        for queue_url, replay in (
            (outputs["UnprocessedEventsQueueUrl"], events.replay),
            (outputs["UnpublishedChangesQueueUrl"], changes.replay),
        ):
            for line in replayed(queues, queue_url, replay):
                print("left" if line.left else "done", line.text, flush=True)
                left, done = left + line.left, done + (not line.left)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"{stack}: {error}")
    print(f"{done} replayed, {left} left")
    return 1 if left else 0


def stack_outputs(stack: str) -> dict[str, str]:
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def replayed(queues: "SQSClient", queue_url: str, replay: Replay) -> Iterator[Line]:
    """Replay all that is in a queue, once; what is left is there again for the next run."""
    left: list[str] = []
    try:
        while messages := queues.receive_message(
            QueueUrl=queue_url,
            MaxNumberOfMessages=AT_ONCE,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
        ).get("Messages"):
            # All of them, should what follows end early.
            left += [message["ReceiptHandle"] for message in messages]
            for message in messages:
                line = _line(message["Body"], replay)
                if not line.left:
                    handle = message["ReceiptHandle"]
                    queues.delete_message(QueueUrl=queue_url, ReceiptHandle=handle)
                    left.remove(handle)
                yield line
    finally:
        for handle in left:
            queues.change_message_visibility(
                QueueUrl=queue_url, ReceiptHandle=handle, VisibilityTimeout=0
            )


def _line(body: str, replay: Replay) -> Line:
    try:
        record = json.loads(body)
        return Line(left=False, text=replay(record))
    except NotReplayed as error:
        return Line(left=True, text=str(error))
    except (ValueError, KeyError, TypeError) as error:
        return Line(left=True, text=f"{body[:60]!r}: not understood: {error!r}")


@dataclass(frozen=True)
class UnprocessedEvents:
    """Events of Stripe's, which were authentic when they were kept."""

    functions: "LambdaClient"
    function_name: str

    def replay(self, record: Json) -> str:
        event = record["requestPayload"]["detail"]
        name = f"{event['id']} {event['type']}"
        sent = {"source": "checkout.replay", "detail": event}
        answer = invoke(self.functions, self.function_name, sent, name)
        return f"{name}: {answer['outcome']}"


@dataclass(frozen=True)
class UnpublishedChanges:
    """Batches of the table's stream. A message has their place, and not the changes themselves:
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """

    functions: "LambdaClient"
    streams: "DynamoDBStreamsClient"

    def replay(self, record: Json) -> str:
        batch = record["DDBStreamBatchInfo"]
        first, last = batch["startSequenceNumber"], batch["endSequenceNumber"]
        name = f"{batch['shardId']} {first} to {last}"
        changes = [change for change in self._records(batch) if is_told(change)]
        if changes:
            function = record["requestContext"]["functionArn"]
            failures = invoke(self.functions, function, {"Records": changes}, name)[
                "batchItemFailures"
            ]
            if failures:
                raise NotReplayed(f"{name}: not published from {failures[0]['itemIdentifier']} on")
        gone = batch["batchSize"] - len(changes)
        if gone > 0:
            raise NotReplayed(
                f"{name}: the stream keeps a change for 24 hours, and has {gone} of "
                f"{batch['batchSize']} no more; the others are published"
            )
        return f"{name}: {len(changes)} published"

    def _records(self, batch: Json) -> Iterator[Mapping[str, Any]]:
        """Give the batch's records, or those of them that the stream still has."""
        try:
            yield from self._from("AT_SEQUENCE_NUMBER", batch)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            yield from self._left_of(batch)

    def _left_of(self, batch: Json) -> Iterator[Mapping[str, Any]]:
        try:
            yield from self._from("TRIM_HORIZON", batch)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise

    def _from(self, kind: "ShardIteratorTypeType", batch: Json) -> Iterator[Mapping[str, Any]]:
        start: Any = (
            {"SequenceNumber": batch["startSequenceNumber"]} if kind == "AT_SEQUENCE_NUMBER" else {}
        )
        iterator: str | None = self.streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType=kind,
            **start,
        )["ShardIterator"]
        last, empty_pages = int(batch["endSequenceNumber"]), 0
        while iterator and empty_pages < EMPTY_PAGES:
            page = self.streams.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                number = int(record["dynamodb"]["SequenceNumber"])
                if number <= last:
                    yield record
                if number >= last:
                    return
            empty_pages += not page["Records"]
            iterator = page.get("NextShardIterator")


def is_told(record: Mapping[str, Any]) -> bool:
    """Read a record as the filter of the function's event source does (template.yaml)."""
    change = record["dynamodb"].get("NewImage", {}).get("change", {})
    return change.get("M", {}).get("type", {}).get("S") in PUBLISHED


def invoke(functions: "LambdaClient", function: str, event: Json, name: str) -> Json:
    """Give the function's answer; raise NotReplayed with its error."""
    payload = json.dumps(event, default=_seconds).encode()
    answer = functions.invoke(FunctionName=function, Payload=payload)
    document: Json = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        error = f"{document.get('errorType')}: {document.get('errorMessage')}"
        raise NotReplayed(f"{name}: {error}")
    return document


def _seconds(value: datetime) -> int:
    """boto3 makes a datetime of what Lambda sends as seconds."""
    return int(value.timestamp())


if __name__ == "__main__":
    sys.exit(main())

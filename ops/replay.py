"""Sends the messages of the stack's two dead-letter queues again, after a fix.

    events that could not be processed    ──► StripeWebhookFunction     the event, as it came
    changes that could not be published   ──► PublishChangesFunction    their records, read again
                                                                        from the table's stream

A message that succeeds is deleted from its queue; one that fails stays. Sending one twice is
harmless: a fact is recorded once, and a published message keeps its id.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from checkout import errors
from checkout.domain.changes import PUBLISHED
from ops.dead_letters import (
    Function,
    Json,
    NotReplayed,
    NotUnderstood,
    dead_lettered_batch,
    dead_lettered_event,
)
from ops.functions import ALIAS, PUBLISH_CHANGES, STRIPE_WEBHOOK
from ops.stack import Stack
from ops.stream import StreamReader, stream_arns

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

AT_ONCE = 10
# Long polling asks all of a queue's servers, so that an empty response means an empty queue.
WAIT_SECONDS = 1
# Seconds until messages are visible to other consumers again if a run is killed.
HIDDEN_SECONDS = 900

# MiniStack (1.5.33) reports every exception by this name; Lambda reports its class.
LOCAL_ERROR = "Runtime.HandlerError"

# Takes a message's body and returns a description of the result; raises NotReplayed.
type Replay = Callable[[str], str]


@dataclass(frozen=True)
class Line:
    """The result for one message."""

    left: bool
    text: str

    @property
    def result(self) -> str:
        return "left" if self.left else "done"


def replay_all(stack: Stack) -> Iterator[Line]:
    """Replay both queues; yield a line for each message."""
    aws = stack.environment.aws
    events = UnprocessedEvents(aws.invocations, stack.function(STRIPE_WEBHOOK))
    reader = StreamReader(aws.streams, stream_arns(aws.streams, stack.output("OrdersTableName")))
    changes = UnpublishedChanges(aws.invocations, stack.function(PUBLISH_CHANGES), reader)
    yield from replayed(aws.queues, stack.output("UnprocessedEventsQueueUrl"), events.replay)
    yield from replayed(aws.queues, stack.output("UnpublishedChangesQueueUrl"), changes.replay)


def replayed(
    queues: "SQSClient", queue_url: str, replay: Replay, *, wait_seconds: int = WAIT_SECONDS
) -> Iterator[Line]:
    """Replay each message of a queue once; make the remaining ones visible again afterwards.

    All are received before the first is replayed. Otherwise a message that is dead-lettered again
    would be replayed in the same run, which would never end.
    """
    held: list[MessageTypeDef] = []
    left: set[str] = set()
    try:
        while messages := receive(queues, queue_url, HIDDEN_SECONDS, wait_seconds):
            held += messages
            left |= {message["ReceiptHandle"] for message in messages}
        for message in held:
            line = _line(message, replay)
            if not line.left:
                queues.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                left.remove(message["ReceiptHandle"])
            yield line
        if held and receive(queues, queue_url, 0, wait_seconds):
            yield Line(left=True, text="more was dead-lettered during this run: run it again")
    finally:
        for handle in left:
            # Refused for a message that is visible already, after a long run.
            with suppress(ClientError):
                queues.change_message_visibility(
                    QueueUrl=queue_url, ReceiptHandle=handle, VisibilityTimeout=0
                )


def receive(
    queues: "SQSClient", queue_url: str, hidden_seconds: int, wait_seconds: int
) -> "list[MessageTypeDef]":
    return queues.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=AT_ONCE,
        VisibilityTimeout=hidden_seconds,
        WaitTimeSeconds=wait_seconds,
    ).get("Messages", [])


def _line(message: "MessageTypeDef", replay: Replay) -> Line:
    """Replay one message; no error in it may stop the others."""
    try:
        return Line(left=False, text=replay(message["Body"]))
    except NotUnderstood as error:
        text = f"not understood: {error}"
    except NotReplayed as error:
        return Line(left=True, text=str(error))
    except ClientError as error:
        text = f"{error.operation_name}: {error.response['Error']['Code']}"
    except (BotoCoreError, ValueError, LookupError, TypeError, RecursionError) as error:
        text = type(error).__name__
    return Line(left=True, text=f"message {message['MessageId']}: {text}")


@dataclass(frozen=True)
class UnprocessedEvents:
    """Stripe events, which were verified before they were dead-lettered."""

    functions: "LambdaClient"
    function: Function

    def replay(self, body: str) -> str:
        event = dead_lettered_event(body, self.function)
        name = f"{event['id']} {event['type']}"
        sent = {"source": "checkout.replay", "detail": event}
        response = invoke(self.functions, self.function, sent, name)
        return f"{name}: {response['outcome']}"


@dataclass(frozen=True)
class UnpublishedChanges:
    """Batches of the table's stream. A message has their position, not the changes themselves."""

    functions: "LambdaClient"
    function: Function
    stream: StreamReader

    def replay(self, body: str) -> str:
        batch = dead_lettered_batch(body, self.function, self.stream.arns)
        name = batch.name
        changes = [change for change in self.stream.records(batch) if is_published(change)]
        if changes:
            response = invoke(self.functions, self.function, {"Records": changes}, name)
            failures = response["batchItemFailures"]
            if failures:
                raise NotReplayed(f"{name}: not published from {failures[0]['itemIdentifier']} on")
        gone = batch.size - len(changes)
        if gone > 0:
            raise NotReplayed(
                f"{name}: the stream keeps a change for 24 hours, and has {gone} of "
                f"{batch.size} no more; the others are published"
            )
        return f"{name}: {len(changes)} published"


def is_published(record: Mapping[str, Any]) -> bool:
    """True if the record passes the filter of the event source mapping (template.yaml)."""
    change = record["dynamodb"].get("NewImage", {}).get("change", {})
    return change.get("M", {}).get("type", {}).get("S") in PUBLISHED


def invoke(functions: "LambdaClient", function: Function, event: Json, name: str) -> Json:
    """Invoke the function and return its response; raise NotReplayed with its error."""
    payload = json.dumps(event, default=_seconds).encode()
    response = functions.invoke(FunctionName=function.name, Qualifier=ALIAS, Payload=payload)
    document: Json = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise NotReplayed(f"{name}: {_printable(document)}")
    return document


def _printable(error: Json) -> str:
    """Describe an error. The texts of our own errors hold no personal data and no secret; those of
    libraries may. Both may quote an event, so control characters are removed.
    """
    error_type = error.get("errorType") or "error"
    own = getattr(errors, error_type, None)
    is_own = isinstance(own, type) and issubclass(own, errors.CheckoutError)
    if is_own or error_type == LOCAL_ERROR:
        text = str(error.get("errorMessage"))
        return f"{error_type}: {text.encode('unicode_escape').decode()}"
    return f"{error_type}, see the function's log"


def _seconds(value: datetime) -> int:
    """Convert to seconds, as Lambda sends them: boto3 converts them to a datetime."""
    return int(value.timestamp())

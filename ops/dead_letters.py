"""Reads messages of the two dead-letter queues as untrusted input.

Anyone allowed to send to a queue can forge a message. A message therefore decides what to send
again but never where to: function and stream are the stack's, and a message that names others is
refused. Error texts contain no value of a message, which may be personal data.

    unprocessed   https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    unpublished   https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# Printed, so it must not contain control characters.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,255}$")]
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
SequenceNumber = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
# https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
LARGEST_BATCH = 10_000

type Json = dict[str, Any]


class NotReplayed(Exception):
    """The message stays in the queue; the text is the reason."""


class NotUnderstood(NotReplayed):
    """The message is not one of this stack's."""


@dataclass(frozen=True)
class Function:
    """A function of the stack."""

    name: str
    arn: str

    def is_named_by(self, text: str) -> bool:
        """True for its name or ARN, with or without a version or alias."""
        return text in (self.name, self.arn) or text.startswith(f"{self.arn}:")


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _RequestContext(_Shape):
    function_arn: str | None = Field(None, alias="functionArn")


class _Message(_Shape):
    request_context: _RequestContext | None = Field(None, alias="requestContext")


class _Event(_Shape):
    id: Name
    type: Name


class _Payload(_Shape):
    detail: _Event


class _UnprocessedMessage(_Message):
    payload: _Payload = Field(alias="requestPayload")


class Batch(_Shape):
    """The position of a failed batch; a record that the function dead-lettered has no range.

    `size` counts the records that passed the filter of the event source mapping.
    """

    shard: Name | None = Field(None, alias="shardId")
    first: SequenceNumber = Field(alias="startSequenceNumber")
    last: SequenceNumber = Field(alias="endSequenceNumber")
    size: int = Field(alias="batchSize", ge=1, le=LARGEST_BATCH)
    stream: str = Field(alias="streamArn")

    @property
    def name(self) -> str:
        return f"{self.shard or 'record'} {self.first} to {self.last}"


class _UnpublishedMessage(_Message):
    batch: Batch = Field(alias="DDBStreamBatchInfo")


def dead_lettered_event(body: str, function: Function) -> Json:
    """Read a Stripe event with printable `id` and `type`; raise NotUnderstood."""
    document = _document(body)
    _validated(_UnprocessedMessage, document, function)
    event: Json = document["requestPayload"]["detail"]
    return event


def dead_lettered_batch(body: str, function: Function, streams: Collection[str]) -> Batch:
    """Read a batch of one of the table's streams; raise NotUnderstood."""
    batch = _validated(_UnpublishedMessage, _document(body), function).batch
    if batch.stream not in streams:
        raise NotUnderstood("it names a stream that is not of this stack's table")
    return batch


def _document(body: str) -> Any:  # noqa: ANN401  (JSON)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("it is not JSON") from None


def _validated[M: _Message](shape: type[M], document: Any, function: Function) -> M:  # noqa: ANN401
    try:
        message = shape.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise NotUnderstood(f"{where}: {first['msg']}") from None
    context = message.request_context
    named = context.function_arn if context else None
    if named is not None and not function.is_named_by(named):
        raise NotUnderstood(f"it names another function than {function.name}")
    return message

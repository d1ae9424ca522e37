"""Lambda and a stream, as `make replay` calls them, and what it is given."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from ops.dead_letters import Function
from ops.replay import UnprocessedEvents, UnpublishedChanges
from ops.stream import StreamReader
from tests.support.documents import Json

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient

EVENT = {"id": "evt_1", "object": "event", "type": "refund.created"}
STREAM_ARN = "arn:aws:dynamodb:us-east-1:1:table/orders/stream/2026"
WEBHOOK = Function("webhook", "arn:aws:lambda:us-east-1:1:function:webhook")
PUBLISH = Function("publish", "arn:aws:lambda:us-east-1:1:function:publish")
KEPT = {"requestPayload": {"detail": EVENT}, "responsePayload": {"errorType": "ValueError"}}


@dataclass
class Functions:
    """Lambda, with one function that returns what the test says, called as `name:alias`."""

    response: Json
    error: bool = False
    invoked: list[tuple[str, Json]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> Json:  # noqa: N803
        self.invoked.append((f"{FunctionName}:{Qualifier}", json.loads(Payload)))
        response: Json = {"Payload": io.BytesIO(json.dumps(self.response).encode())}
        return response | ({"FunctionError": "Unhandled"} if self.error else {})


@dataclass
class Stream:
    """A shard with one record on a page, of which those before `trimmed_before` are gone."""

    numbers: range
    trimmed_before: int = 0
    types: tuple[str, ...] = ("order.paid",)

    def get_shard_iterator(
        self,
        *,
        ShardIteratorType: str,  # noqa: N803
        SequenceNumber: str = "0",  # noqa: N803
        **_: str,
    ) -> Json:
        if ShardIteratorType == "AT_SEQUENCE_NUMBER" and int(SequenceNumber) < self.trimmed_before:
            raise gone("TrimmedDataAccessException")
        return {"ShardIterator": str(max(int(SequenceNumber), self.trimmed_before))}

    def describe_stream(self, *, ExclusiveStartShardId: str = "", **_: str) -> Json:  # noqa: N803
        """Two pages: a closed shard of earlier numbers, and an open one."""
        ranges: list[Json] = [
            {"StartingSequenceNumber": "0", "EndingSequenceNumber": "2"},
            {"StartingSequenceNumber": "3"},
        ]
        page = 1 if ExclusiveStartShardId else 0
        shard = {"ShardId": f"shard-{page}", "SequenceNumberRange": ranges[page]}
        last = {} if page else {"LastEvaluatedShardId": "shard-0"}
        return {"StreamDescription": {"Shards": [shard], **last}}

    def get_records(self, *, ShardIterator: str) -> Json:  # noqa: N803
        number = int(ShardIterator)
        records = [self.record(number)] if number in self.numbers else []
        return {"Records": records, "NextShardIterator": str(number + 1)}

    def record(self, number: int) -> Json:
        type_ = self.types[number % len(self.types)]
        return {
            "eventName": "MODIFY",
            "dynamodb": {
                "ApproximateCreationDateTime": datetime(2026, 1, 1, tzinfo=UTC),
                "SequenceNumber": str(number),
                "NewImage": {"change": {"M": {"type": {"S": type_}}}},
            },
        }


def gone(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "gone"}}, "GetShardIterator")


def without_waiting(params: Json, **_: object) -> None:
    params["WaitTimeSeconds"] = 0


def events(functions: Functions) -> UnprocessedEvents:
    return UnprocessedEvents(cast("LambdaClient", functions), WEBHOOK)


def changes(functions: Functions, stream: object) -> UnpublishedChanges:
    return UnpublishedChanges(
        cast("LambdaClient", functions),
        PUBLISH,
        StreamReader(cast("DynamoDBStreamsClient", stream), {STREAM_ARN}),
    )


def batch(first: int, last: int, size: int, **changed: object) -> str:
    place: Json = {
        "shardId": "shard",
        "startSequenceNumber": str(first),
        "endSequenceNumber": str(last),
        "batchSize": size,
        "streamArn": STREAM_ARN,
    }
    context = {"functionArn": f"{PUBLISH.arn}:$LATEST"}
    return json.dumps({"requestContext": context, "DDBStreamBatchInfo": place | changed})

"""A fake Lambda and a fake stream for `make replay`, and its messages."""

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
SHARDS = {"shard": range(10**6), "shard-0": range(3), "shard-1": range(3, 10**6)}
WEBHOOK = Function("webhook", "arn:aws:lambda:us-east-1:1:function:webhook")
PUBLISH = Function("publish", "arn:aws:lambda:us-east-1:1:function:publish")
KEPT = {"requestPayload": {"detail": EVENT}, "responsePayload": {"errorType": "ValueError"}}


@dataclass
class Functions:
    """A fake Lambda with one function, called as `name:alias`, with canned responses."""

    response: Json
    error: bool = False
    invoked: list[tuple[str, Json]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> Json:  # noqa: N803
        self.invoked.append((f"{FunctionName}:{Qualifier}", json.loads(Payload)))
        response: Json = {"Payload": io.BytesIO(json.dumps(self.response).encode())}
        return response | ({"FunctionError": "Unhandled"} if self.error else {})


@dataclass
class Stream:
    """A stream with one record per page; records before `trimmed_before` are gone.

    `shard` has all records, and so have the other two together. As AWS does, it refuses calls about
    other streams and shards. `read` has the shard of each page that was read.
    """

    numbers: range
    trimmed_before: int = 0
    types: tuple[str, ...] = ("order.paid",)
    read: list[str] = field(default_factory=list)

    def get_shard_iterator(
        self,
        *,
        StreamArn: str,  # noqa: N803
        ShardId: str,  # noqa: N803
        ShardIteratorType: str,  # noqa: N803
        **start: str,
    ) -> Json:
        assert (StreamArn, ShardId in SHARDS) == (STREAM_ARN, True)
        first = {"AT_SEQUENCE_NUMBER": ["SequenceNumber"], "TRIM_HORIZON": []}
        assert list(start) == first[ShardIteratorType]
        number = int(start.get("SequenceNumber", 0))
        if ShardIteratorType == "AT_SEQUENCE_NUMBER" and number < self.trimmed_before:
            raise gone("TrimmedDataAccessException")
        return {"ShardIterator": f"{ShardId}:{max(number, self.trimmed_before)}"}

    def describe_stream(self, *, StreamArn: str, ExclusiveStartShardId: str = "") -> Json:  # noqa: N803
        """Return one of two pages: a closed shard of earlier numbers, and an open one."""
        assert (StreamArn, ExclusiveStartShardId) in {(STREAM_ARN, ""), (STREAM_ARN, "shard-0")}
        ranges: list[Json] = [
            {"StartingSequenceNumber": "0", "EndingSequenceNumber": "2"},
            {"StartingSequenceNumber": "3"},
        ]
        page = 1 if ExclusiveStartShardId else 0
        shard = {"ShardId": f"shard-{page}", "SequenceNumberRange": ranges[page]}
        last = {} if page else {"LastEvaluatedShardId": "shard-0"}
        return {"StreamDescription": {"Shards": [shard], **last}}

    def get_records(self, *, ShardIterator: str) -> Json:  # noqa: N803
        shard, number = ShardIterator.split(":")
        self.read.append(shard)
        there = int(number) in self.numbers and int(number) in SHARDS[shard]
        records = [self.record(int(number))] if there else []
        return {"Records": records, "NextShardIterator": f"{shard}:{int(number) + 1}"}

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

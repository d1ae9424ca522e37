"""`make replay`: what leaves the queues, and what stays in them."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.replay import DeadLetters, Line, NotReplayed, UnpublishedChanges, replayed

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

type Json = dict[str, Any]

EVENT = {"id": "evt_1", "object": "event", "type": "refund.created"}
KEPT = {"requestPayload": {"detail": EVENT}, "responsePayload": {"errorType": "ValueError"}}


@dataclass
class Functions:
    """Lambda, with one function that answers what it is told to."""

    answer: Json
    error: bool = False
    invoked: list[tuple[str, Json]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Json:  # noqa: N803
        self.invoked.append((FunctionName, json.loads(Payload)))
        answer: Json = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return answer | ({"FunctionError": "Unhandled"} if self.error else {})


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


@pytest.fixture
def queue(aws: None) -> "tuple[SQSClient, str]":
    """Give a queue where nobody waits for messages, since nobody sends any meanwhile."""
    client = boto3.client("sqs")
    client.meta.events.register("provide-client-params.sqs.ReceiveMessage", without_waiting)
    return client, client.create_queue(QueueName="kept")["QueueUrl"]


def without_waiting(params: Json, **_: object) -> None:
    params["WaitTimeSeconds"] = 0


def events(functions: Functions) -> DeadLetters:
    return DeadLetters(cast("LambdaClient", functions), "webhook")


def changes(functions: Functions, stream: object) -> UnpublishedChanges:
    return UnpublishedChanges(
        cast("LambdaClient", functions), cast("DynamoDBStreamsClient", stream)
    )


def batch(first: int, last: int, size: int) -> Json:
    return {
        "requestContext": {"functionArn": "arn:publish"},
        "DDBStreamBatchInfo": {
            "shardId": "shard",
            "startSequenceNumber": str(first),
            "endSequenceNumber": str(last),
            "batchSize": size,
            "streamArn": "arn:stream",
        },
    }


def test_what_succeeds_leaves_the_queue(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    for _ in range(12):
        client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    functions = Functions({"received": True, "outcome": "applied"})
    lines = list(replayed(client, url, events(functions).replay))
    assert lines == [Line(left=False, text="evt_1 refund.created: applied")] * 12
    assert functions.invoked[0] == ("webhook", {"source": "checkout.replay", "detail": EVENT})
    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_what_fails_stays_and_can_be_seen_at_once(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    functions = Functions({"errorType": "KeyError", "errorMessage": "amount"}, error=True)
    lines = list(replayed(client, url, events(functions).replay))
    assert lines == [Line(left=True, text="evt_1 refund.created: KeyError: amount")]
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", '{"requestPayload": {"detail": {}}}'])
def test_what_is_no_record_stays(queue: "tuple[SQSClient, str]", body: str) -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody=body or "?")
    [line] = replayed(client, url, events(Functions({})).replay)
    assert line.left
    assert "not understood" in line.text
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1


def test_an_interrupted_replay_gives_back_what_it_has_not_come_to(
    queue: "tuple[SQSClient, str]",
) -> None:
    client, url = queue
    for _ in range(3):
        client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    lines = cast("Any", replayed(client, url, events(Functions({"outcome": "applied"})).replay))
    next(lines)
    lines.close()
    left = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == "2"


def test_changes_are_read_again_from_the_stream() -> None:
    functions = Functions({"batchItemFailures": []})
    told = changes(functions, Stream(range(20))).replay(batch(3, 5, 3))
    assert told == "shard 3 to 5: 3 published"
    [(name, sent)] = functions.invoked
    assert name == "arn:publish"
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["3", "4", "5"]
    assert sent["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] == 1_767_225_600


def test_changes_that_the_filter_holds_back_are_not_published() -> None:
    functions = Functions({"batchItemFailures": []})
    stream = Stream(range(20), types=("order.paid", "order.created"))
    assert changes(functions, stream).replay(batch(3, 6, 2)) == "shard 3 to 6: 2 published"
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["4", "6"]


def test_changes_that_still_fail_are_left() -> None:
    functions = Functions({"batchItemFailures": [{"itemIdentifier": "4"}]})
    with pytest.raises(NotReplayed, match="not published from 4 on"):
        changes(functions, Stream(range(20))).replay(batch(3, 5, 3))


def test_changes_that_the_stream_has_trimmed_are_reported_and_the_rest_is_published() -> None:
    functions = Functions({"batchItemFailures": []})
    with pytest.raises(NotReplayed, match="has 2 of 3 no more; the others are published"):
        changes(functions, Stream(range(20), trimmed_before=5)).replay(batch(3, 5, 3))
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["5"]


@pytest.mark.parametrize("numbers", [range(20), range(9)])
def test_changes_that_are_all_trimmed_are_reported(numbers: range) -> None:
    functions = Functions({"batchItemFailures": []})
    with pytest.raises(NotReplayed, match="has 3 of 3 no more"):
        changes(functions, Stream(numbers, trimmed_before=9)).replay(batch(3, 5, 3))
    assert functions.invoked == []


def test_a_stream_that_is_gone_has_none_of_them() -> None:
    class NoStream:
        def get_shard_iterator(self, **_: str) -> Json:
            raise gone("ResourceNotFoundException")

    with pytest.raises(NotReplayed, match="has 3 of 3 no more"):
        changes(Functions({}), NoStream()).replay(batch(3, 5, 3))


def test_a_stream_that_can_not_be_read_is_not_taken_for_trimmed() -> None:
    class NotAllowed:
        def get_shard_iterator(self, **_: str) -> Json:
            raise gone("AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDenied"):
        changes(Functions({}), NotAllowed()).replay(batch(3, 5, 3))

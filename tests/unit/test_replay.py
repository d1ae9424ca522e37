"""`make replay`: what leaves the queues, and what stays in them."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ops.dead_letters import Function, NotReplayed, NotUnderstood
from ops.replay import Line, UnprocessedEvents, UnpublishedChanges, replayed
from ops.stream import StreamReader

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

type Json = dict[str, Any]

EVENT = {"id": "evt_1", "object": "event", "type": "refund.created"}
STREAM_ARN = "arn:aws:dynamodb:us-east-1:1:table/orders/stream/2026"
WEBHOOK = Function("webhook", "arn:aws:lambda:us-east-1:1:function:webhook")
PUBLISH = Function("publish", "arn:aws:lambda:us-east-1:1:function:publish")
KEPT = {"requestPayload": {"detail": EVENT}, "responsePayload": {"errorType": "ValueError"}}


@dataclass
class Functions:
    """Lambda, with one function that returns what the test says."""

    response: Json
    error: bool = False
    invoked: list[tuple[str, Json]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Json:  # noqa: N803
        self.invoked.append((FunctionName, json.loads(Payload)))
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


@pytest.fixture
def queue(aws: None) -> "tuple[SQSClient, str]":
    """Give a queue where nobody waits for messages, since nobody sends any meanwhile."""
    client = boto3.client("sqs")
    client.meta.events.register("provide-client-params.sqs.ReceiveMessage", without_waiting)
    return client, client.create_queue(QueueName="kept")["QueueUrl"]


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


def test_what_succeeds_leaves_the_queue(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    for _ in range(12):
        client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    functions = Functions({"received": True, "outcome": "applied"})
    lines = list(replayed(client, url, events(functions).replay, wait_seconds=0))
    assert lines == [Line(left=False, text="evt_1 refund.created: applied")] * 12
    assert functions.invoked[0] == ("webhook", {"source": "checkout.replay", "detail": EVENT})
    assert "Messages" not in client.receive_message(QueueUrl=url)


def test_what_fails_stays_and_can_be_seen_at_once(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    functions = Functions({"errorType": "KeyError", "errorMessage": "amount"}, error=True)
    lines = list(replayed(client, url, events(functions).replay, wait_seconds=0))
    text = "evt_1 refund.created: KeyError, see the function's log"
    assert lines == [Line(left=True, text=text)]
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        "?",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        '{"requestPayload": {"detail": {}}}',
        '{"requestPayload": {"detail": {"id": "evt_\\u001b[2J", "type": "x"}}}',
        '{"requestPayload": {"detail": {"id": "evt_\\ud800", "type": "x"}}}',
        '{"requestPayload": {"detail": {"id": "evt_1\\n", "type": "x"}}}',
        '{"requestPayload": {"detail": {"id": 1, "type": "x"}}}',
        json.dumps(KEPT | {"requestContext": {"functionArn": PUBLISH.arn}}),
        json.dumps(KEPT | {"requestContext": {"functionArn": WEBHOOK.arn + "2"}}),
        json.dumps(KEPT | {"requestContext": None, "requestPayload": 1}),
    ],
)
def test_what_is_no_record_stays(queue: "tuple[SQSClient, str]", body: str) -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody=body)
    functions = Functions({})
    [line] = replayed(client, url, events(functions).replay, wait_seconds=0)
    assert line.left
    assert "not understood" in line.text
    assert functions.invoked == []
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1


def test_a_message_that_fails_in_any_way_stops_no_other(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    for number in range(4):
        client.send_message(QueueUrl=url, MessageBody=str(number))
    failures: dict[str, Exception] = {
        "0": gone("AccessDeniedException"),
        "1": ReadTimeoutError(endpoint_url="http://lambda"),
        "2": KeyError("outcome"),
    }

    def replay(body: str) -> str:
        if body in failures:
            raise failures[body]
        return "done"

    lines = list(replayed(client, url, replay, wait_seconds=0))
    assert [line.text for line in lines if not line.left] == ["done"]
    printed = " ".join(line.text for line in lines)
    assert "GetShardIterator: AccessDeniedException" in printed
    assert "ReadTimeoutError" in printed
    assert "KeyError" in printed


def test_what_a_replay_dead_letters_again_waits_for_the_next_run(
    queue: "tuple[SQSClient, str]",
) -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody="a change")
    seen: list[str] = []

    def replay(body: str) -> str:
        seen.append(body)
        assert len(seen) < 5, "it does not end"
        client.send_message(QueueUrl=url, MessageBody=body)
        return "done"

    lines = list(replayed(client, url, replay, wait_seconds=0))
    assert seen == ["a change"]
    assert [line.left for line in lines] == [False, True]
    assert "run it again" in lines[-1].text


def test_the_text_of_our_own_errors_alone_is_printed(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    for error_type, text in (
        ("UnexpectedStripeObject", "UnexpectedStripeObject: jane"),
        ("Runtime.HandlerError", "Runtime.HandlerError: jane"),
        ("InvalidRequestError", "InvalidRequestError, see the function's log"),
        ("dataclass", "dataclass, see the function's log"),
    ):
        functions = Functions({"errorType": error_type, "errorMessage": "jane"}, error=True)
        [line] = replayed(client, url, events(functions).replay, wait_seconds=0)
        assert line.text == f"evt_1 refund.created: {text}"


def test_an_interrupted_replay_gives_back_what_it_has_not_come_to(
    queue: "tuple[SQSClient, str]",
) -> None:
    client, url = queue
    for _ in range(3):
        client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    replay = events(Functions({"outcome": "applied"})).replay
    lines = cast("Any", replayed(client, url, replay, wait_seconds=0))
    next(lines)
    lines.close()
    left = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == "2"


def test_changes_are_read_again_from_the_stream() -> None:
    functions = Functions({"batchItemFailures": []})
    printed = changes(functions, Stream(range(20))).replay(batch(3, 5, 3))
    assert printed == "shard 3 to 5: 3 published"
    [(name, sent)] = functions.invoked
    assert name == "publish"
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["3", "4", "5"]
    assert sent["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] == 1_767_225_600


def test_changes_that_the_filter_holds_back_are_not_published() -> None:
    functions = Functions({"batchItemFailures": []})
    stream = Stream(range(20), types=("order.paid", "order.created"))
    assert changes(functions, stream).replay(batch(3, 6, 2)) == "shard 3 to 6: 2 published"
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["4", "6"]


@pytest.mark.parametrize(
    "changed",
    [
        {"streamArn": STREAM_ARN.replace("orders", "another")},
        {"streamArn": ""},
        {"shardId": 7},
        {"shardId": "shard\n"},
        {"startSequenceNumber": 3},
        {"startSequenceNumber": "-3"},
        {"endSequenceNumber": "9" * 5_000},
        {"batchSize": "3"},
        {"batchSize": 0},
        {"batchSize": True},
    ],
)
def test_a_batch_of_another_stream_or_shape_is_not_read(changed: Json) -> None:
    functions = Functions({"batchItemFailures": []})
    with pytest.raises(NotUnderstood):
        changes(functions, object()).replay(batch(3, 5, 3, **changed))
    assert functions.invoked == []


def test_a_single_record_that_the_function_dead_lettered_is_found() -> None:
    functions = Functions({"batchItemFailures": []})
    place = json.loads(batch(4, 4, 1))["DDBStreamBatchInfo"]
    del place["shardId"]
    body = json.dumps({"DDBStreamBatchInfo": place, "orderId": "ord_1"})
    assert changes(functions, Stream(range(20))).replay(body) == "record 4 to 4: 1 published"
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["4"]
    assert sent["Records"][0]["eventSourceARN"] == STREAM_ARN


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

"""`make replay`: what leaves the queues, and what stays in them."""

import json
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from ops.dead_letters import NotReplayed
from ops.replay import Line, replayed
from tests.support.replaying import (
    EVENT,
    KEPT,
    PUBLISH,
    WEBHOOK,
    Functions,
    events,
    gone,
    without_waiting,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tests.support.documents import Json


@pytest.fixture
def queue(aws: None) -> "tuple[SQSClient, str]":
    """Return a queue that is polled without waiting: nothing is sent during the test."""
    client = boto3.client("sqs")
    client.meta.events.register("provide-client-params.sqs.ReceiveMessage", without_waiting)
    return client, client.create_queue(QueueName="kept")["QueueUrl"]


def test_what_succeeds_leaves_the_queue(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    for _ in range(12):
        client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    functions = Functions({"received": True, "outcome": "applied"})
    lines = list(replayed(client, url, events(functions).replay, wait_seconds=0))
    assert lines == [Line(left=False, text="evt_1 refund.created: applied")] * 12
    assert functions.invoked[0] == ("webhook:live", {"source": "checkout.replay", "detail": EVENT})
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
    ("body", "reason"),
    [
        ("?", "it is not JSON"),
        ("[]", "it: Input should be"),
        ("{}", "requestPayload: Field required"),
        ('{"requestPayload": {"detail": {}}}', "requestPayload.detail.id: Field required"),
        (
            json.dumps(KEPT | {"requestContext": {"functionArn": PUBLISH.arn}}),
            "it names another function than webhook",
        ),
    ],
)
def test_the_reason_is_printed_without_a_value(
    queue: "tuple[SQSClient, str]", body: str, reason: str
) -> None:
    client, url = queue
    sent = client.send_message(QueueUrl=url, MessageBody=body)
    [line] = replayed(client, url, events(Functions({})).replay, wait_seconds=0)
    assert line.text.startswith(f"message {sent['MessageId']}: not understood: {reason}")


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
    assert lines[-1].text == "more was dead-lettered during this run: run it again"
    assert len(client.receive_message(QueueUrl=url)["Messages"]) == 1, "it is visible at once"


def test_a_queue_is_polled_long(queue: "tuple[SQSClient, str]") -> None:
    """A short poll asks only some of a queue's servers, so that it may look empty."""
    client, url = queue
    asked: list[Json] = []
    client.meta.events.register_first(
        "provide-client-params.sqs.ReceiveMessage",
        lambda params, **_: asked.append(dict(params)),
    )
    client.send_message(QueueUrl=url, MessageBody="a change")
    list(replayed(client, url, lambda _: "done"))
    assert {one["WaitTimeSeconds"] for one in asked} == {1}
    assert {one["MaxNumberOfMessages"] for one in asked} == {10}


def test_a_queue_that_is_purged_meanwhile_is_no_error(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody="a change")

    def replay(_: str) -> str:
        client.purge_queue(QueueUrl=url)
        raise NotReplayed("No.")

    assert list(replayed(client, url, replay)) == [Line(left=True, text="No.")]


def test_the_text_of_our_own_errors_alone_is_printed(queue: "tuple[SQSClient, str]") -> None:
    client, url = queue
    client.send_message(QueueUrl=url, MessageBody=json.dumps(KEPT))
    for error_type, text in (
        ("UnexpectedStripeObject", "UnexpectedStripeObject: jane"),
        ("Runtime.HandlerError", "Runtime.HandlerError: jane"),
        ("InvalidRequestError", "InvalidRequestError, see the function's log"),
        ("dataclass", "dataclass, see the function's log"),
        (None, "error, see the function's log"),
    ):
        response = {"errorType": error_type, "errorMessage": "jane"}
        functions = Functions(response if error_type else {"errorMessage": "jane"}, error=True)
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

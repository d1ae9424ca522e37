"""The queue of events that could not be processed: each is sent once, and none is lost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from checkout.aws.dead_letters import REMEMBERED_SECONDS, DeadLetters
from checkout.errors import UnexpectedStripeObject
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.environment import Log, client_under_test
from tests.support.queues import Queue
from tests.support.stack import DEAD_LETTERED_TABLE, QUEUE_URL, dead_lettered_events_table
from tests.support.stripe_objects import NOW, event, session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENT = event("checkout.session.completed", session(amount_total=None))
ERROR = UnexpectedStripeObject("The Checkout Session is malformed.")
SENT = {
    "requestPayload": {"detail": EVENT},
    "responsePayload": {
        "errorType": "UnexpectedStripeObject",
        "errorMessage": "The Checkout Session is malformed.",
    },
}


@pytest.fixture
def table(aws: None) -> "DynamoDBClient":
    client: DynamoDBClient = client_under_test("dynamodb")
    client.create_table(**dead_lettered_events_table())
    return client


@pytest.fixture
def letters(table: "DynamoDBClient", queue: Queue, calls: AwsCalls) -> DeadLetters:
    sqs = client_under_test("sqs")
    calls.watch(sqs)
    calls.watch(table)
    return DeadLetters(sqs, QUEUE_URL, table, DEAD_LETTERED_TABLE, now=lambda: NOW)


def marked(table: "DynamoDBClient") -> list[Any]:
    return table.scan(TableName=DEAD_LETTERED_TABLE)["Items"]


def test_an_event_is_sent_with_its_error(letters: DeadLetters, queue: Queue) -> None:
    letters.send(EVENT, ERROR)
    assert queue.receive() == [SENT]


def test_an_event_is_sent_once_however_often_stripe_retries(
    letters: DeadLetters, queue: Queue, calls: AwsCalls, table: "DynamoDBClient"
) -> None:
    for _ in range(5):
        letters.send(EVENT, ERROR)
    letters.send(EVENT | {"id": "evt_2"}, ERROR)
    assert [one["requestPayload"]["detail"]["id"] for one in queue.receive()] == [
        "evt_1abc",
        "evt_2",
    ]
    assert calls.count("SendMessage") == 2
    expires_at = {"N": str(NOW + REMEMBERED_SECONDS)}
    assert marked(table) == [
        {"event_id": {"S": event_id}, "expires_at": expires_at}
        for event_id in ("evt_1abc", "evt_2")
    ]


def test_any_string_is_sent_as_it_is(letters: DeadLetters, queue: Queue) -> None:
    strange = EVENT | {"name": "é\ud800\x00"}
    letters.send(strange, ERROR)
    (sent,) = queue.receive()
    assert sent["requestPayload"]["detail"] == strange


# What fails on the way


FAILURES = [
    refuses("InternalError", status=500),
    refuses("AccessDenied"),
    breaks(EndpointConnectionError(endpoint_url="https://sqs")),
]


def failing(
    operation: str, failure: Callable[[AWSPreparedRequest], AWSResponse], calls: AwsCalls
) -> Any:  # noqa: ANN401  (what AwsCalls takes)
    def fail(request: AWSPreparedRequest) -> AWSResponse | None:
        return failure(request) if calls.made[-1] == operation else None

    return fail


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_queue_leaves_the_event_to_the_next_retry(
    letters: DeadLetters,
    queue: Queue,
    calls: AwsCalls,
    log: Log,
    failure: Any,  # noqa: ANN401
) -> None:
    calls.failure = failing("SendMessage", failure, calls)
    letters.send(EVENT, ERROR)
    assert calls.made == ["GetItem", "SendMessage"]
    (entry,) = log.entries
    assert (entry["level"], entry["message"]) == ("ERROR", "not dead-lettered")
    assert "ada@example.com" not in log.text
    calls.failure = None
    queue.receive()
    letters.send(EVENT, ERROR)
    assert queue.receive() == [SENT]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_crash_before_the_marker_sends_the_event_again(
    letters: DeadLetters,
    queue: Queue,
    calls: AwsCalls,
    log: Log,
    failure: Any,  # noqa: ANN401
) -> None:
    crash = breaks(EndpointConnectionError(endpoint_url="https://dynamodb"))
    calls.failure = failing("PutItem", crash, calls)
    letters.send(EVENT, ERROR)
    calls.failure = failing("PutItem", failure, calls)
    letters.send(EVENT, ERROR)
    assert queue.receive() == [SENT, SENT]
    assert {entry["level"] for entry in log.entries} == {"WARNING"}
    calls.failure = None
    for _ in range(2):
        letters.send(EVENT, ERROR)


@pytest.mark.parametrize("failure", FAILURES)
def test_an_event_is_sent_where_its_marker_cannot_be_read(
    letters: DeadLetters,
    queue: Queue,
    calls: AwsCalls,
    failure: Any,  # noqa: ANN401
) -> None:
    """A copy in the queue does no harm; an event that is in none would be lost."""
    calls.failure = failing("GetItem", failure, calls)
    letters.send(EVENT, ERROR)
    assert queue.receive() == [SENT]
    calls.failure = None
    letters.send(EVENT, ERROR)
    assert queue.receive() == []


def test_without_the_table_of_markers_no_event_is_lost(
    letters: DeadLetters, queue: Queue, table: "DynamoDBClient"
) -> None:
    table.delete_table(TableName=DEAD_LETTERED_TABLE)
    letters.send(EVENT, ERROR)
    assert queue.receive() == [SENT]

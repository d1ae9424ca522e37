"""The queue of what could not be processed."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from checkout.aws.dead_letters import DeadLetters
from checkout.errors import UnexpectedStripeObject
from tests.unit.aws_calls import AwsCalls, breaks, refuses
from tests.unit.conftest import ONE_TRY, Log
from tests.unit.queues import Queue
from tests.unit.stack import QUEUE_URL
from tests.unit.stripe_objects import event, session

EVENT = event("checkout.session.completed", session(amount_total=None))
ERROR = UnexpectedStripeObject("The Checkout Session is malformed.")


def test_keeps_the_event_and_its_error(queue: Queue) -> None:
    DeadLetters(boto3.client("sqs", config=ONE_TRY), QUEUE_URL).keep(EVENT, ERROR)
    assert queue.receive() == [
        {
            "requestPayload": {"detail": EVENT},
            "responsePayload": {
                "errorType": "UnexpectedStripeObject",
                "errorMessage": "The Checkout Session is malformed.",
            },
        }
    ]


def test_keeps_any_text(queue: Queue) -> None:
    strange = EVENT | {"id": "é\ud800\x00"}
    DeadLetters(boto3.client("sqs", config=ONE_TRY), QUEUE_URL).keep(strange, ERROR)
    (kept,) = queue.receive()
    assert kept["requestPayload"]["detail"] == strange


@pytest.mark.parametrize(
    "failure",
    [
        refuses("InternalError", status=500),
        refuses("AccessDenied"),
        breaks(EndpointConnectionError(endpoint_url="https://sqs")),
    ],
)
@pytest.mark.usefixtures("queue")
def test_a_queue_that_does_not_answer_is_logged(
    calls: AwsCalls,
    log: Log,
    failure: Any,  # noqa: ANN401
) -> None:
    client = boto3.client("sqs", config=ONE_TRY)
    calls.watch(client)
    calls.failure = failure
    DeadLetters(client, QUEUE_URL).keep(EVENT, ERROR)
    assert calls.made == ["SendMessage"]
    (entry,) = log.entries
    assert (entry["level"], entry["message"]) == ("ERROR", "not kept")
    assert "ada@example.com" not in log.text

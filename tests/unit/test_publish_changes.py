"""The function behind the table's stream."""

from collections.abc import Callable
from types import ModuleType

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError
from checkout.GONE_order import RefundStatus

from checkout.domain.order import OrderStatus
from tests.unit.aws_calls import AwsCalls, breaks
from tests.unit.conftest import Log
from tests.unit.invocations import REQUEST_ID, Context, Json, sample, sample_names
from tests.unit.purchases import refund
from tests.unit.queues import Subscriber
from tests.unit.stack import EVENTS
from tests.unit.streams import record, records_of
from tests.unit.stripe_objects import ORDER_ID, fact

type Handler = Callable[[Json, Context], Json]

# What each sample is told as.
TOLD = {
    "order_paid": ["order.paid"],
    "batch": ["order.processing", "order.failed", "order.paid", "order.refunded"],
}
ALL_DONE: Json = {"batchItemFailures": []}
PURCHASE = records_of(
    fact(OrderStatus.PROCESSING),
    fact(OrderStatus.PAID),
    refund("re_1", RefundStatus.SUCCEEDED, 700, "evt_refund"),
)


@pytest.fixture
def handler(
    load_function: Callable[[str], ModuleType], subscriber: Subscriber, watched: AwsCalls
) -> Handler:
    lambda_handler: Handler = load_function("publish_changes").lambda_handler
    return lambda_handler


def batch(*records: Json) -> Json:
    return {"Records": list(records)}


def number(one: Json) -> str:
    text: str = one["dynamodb"]["SequenceNumber"]
    return text


def failed_at(one: Json) -> Json:
    return {"batchItemFailures": [{"itemIdentifier": number(one)}]}


def test_the_samples_are_these() -> None:
    assert sample_names("publish_changes") == TOLD.keys()
    assert (EVENTS / "publish_changes").is_dir()


@pytest.mark.parametrize("name", TOLD)
def test_publishes_what_the_stream_brings(
    handler: Handler, subscriber: Subscriber, name: str
) -> None:
    invocation = sample("publish_changes", name)
    for one in invocation["Records"]:
        assert one == record(one["dynamodb"]["NewImage"], int(number(one)) - 10**20)
    assert handler(invocation, Context()) == ALL_DONE
    assert [message["type"] for message in subscriber.messages()] == TOLD[name]


def test_publishes_in_the_order_of_the_stream(handler: Handler, subscriber: Subscriber) -> None:
    assert handler(batch(*PURCHASE), Context()) == ALL_DONE
    assert [message["id"] for message in subscriber.messages()] == [
        f"{ORDER_ID}:{version}" for version in (1, 2, 3)
    ]


def test_the_same_record_is_told_again_with_the_same_id(
    handler: Handler, subscriber: Subscriber
) -> None:
    for _ in range(2):
        handler(batch(PURCHASE[1]), Context())
    first, second = subscriber.messages()
    assert first == second


def test_an_empty_batch_is_done(handler: Handler, calls: AwsCalls) -> None:
    assert handler(batch(), Context()) == ALL_DONE
    assert calls.made == []


@pytest.mark.parametrize("failing", range(3))
def test_the_stream_repeats_from_the_first_that_failed(
    handler: Handler, calls: AwsCalls, subscriber: Subscriber, failing: int
) -> None:
    no_route = breaks(EndpointConnectionError(endpoint_url="https://sns"))

    def fail_at_one(request: AWSPreparedRequest) -> AWSResponse | None:
        return no_route(request) if calls.count("Publish") > failing else None

    calls.failure = fail_at_one  # type: ignore[assignment]
    assert handler(batch(*PURCHASE), Context()) == failed_at(PURCHASE[failing])
    calls.failure = None
    assert handler(batch(*PURCHASE[failing:]), Context()) == ALL_DONE
    assert [message["version"] for message in subscriber.messages()] == [1, 2, 3]


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"order_id": {"S": ORDER_ID}},
        PURCHASE[0]["dynamodb"]["NewImage"] | {"change": {"S": "order.paid"}},
        PURCHASE[0]["dynamodb"]["NewImage"] | {"amount_total": {"S": "much"}},
    ],
)
def test_a_record_that_is_not_understood_is_repeated_and_ends_in_the_queue(
    handler: Handler, subscriber: Subscriber, log: Log, strange: Json
) -> None:
    poison = PURCHASE[1] | {"dynamodb": PURCHASE[1]["dynamodb"] | {"NewImage": strange}}
    answer = handler(batch(PURCHASE[0], poison, PURCHASE[2]), Context())
    assert answer == failed_at(PURCHASE[1])
    assert [message["version"] for message in subscriber.messages()] == [1]
    entry = log.entries[-1]
    assert (entry["level"], entry["message"]) == ("ERROR", "not published")
    assert entry["sequence_number"] == number(PURCHASE[1])


def test_without_its_topic_nothing_is_done(
    handler: Handler, environment: pytest.MonkeyPatch, log: Log
) -> None:
    environment.delenv("ORDER_EVENTS_TOPIC_ARN")
    assert handler(batch(*PURCHASE), Context()) == failed_at(PURCHASE[0])
    assert "ORDER_EVENTS_TOPIC_ARN" in log.text


def test_the_log_names_what_was_published(handler: Handler, log: Log) -> None:
    handler(batch(*PURCHASE), Context())
    assert [(entry["message"], entry["type"], entry["message_id"]) for entry in log.entries] == [
        ("published", "order.processing", f"{ORDER_ID}:1"),
        ("published", "order.paid", f"{ORDER_ID}:2"),
        ("published", "order.refunded", f"{ORDER_ID}:3"),
    ]
    assert {entry["function_request_id"] for entry in log.entries} == {REQUEST_ID}

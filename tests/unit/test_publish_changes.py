"""The function behind the table's stream."""

from collections.abc import Callable
from types import ModuleType

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError, EndpointConnectionError

from checkout.domain.order import OrderStatus
from checkout.errors import Misconfigured
from tests.support.aws_calls import AwsCalls, breaks
from tests.support.documents import Json
from tests.support.environment import Log, client_of_all_tests
from tests.support.invocations import REQUEST_ID, Context, sample, sample_names
from tests.support.purchases import refund
from tests.support.queues import Queue, Subscriber
from tests.support.stack import EVENTS, UNPUBLISHED_QUEUE_URL
from tests.support.streams import STREAM_ARN, record, records_of
from tests.support.stripe_objects import ORDER_ID, fact

type Handler = Callable[[Json, Context], Json]
type Respond = Callable[[AWSPreparedRequest], AWSResponse]

# What each sample is published as.
TYPES = {
    "order_paid": ["order.paid"],
    "batch": ["order.processing", "order.failed", "order.paid", "order.refunded"],
}
ALL_DONE: Json = {"batchItemFailures": []}
PURCHASE = records_of(
    fact(OrderStatus.PROCESSING),
    fact(OrderStatus.PAID),
    refund("re_1", "succeeded", 700, "evt_refund"),
)


@pytest.fixture
def handler(
    load_function: Callable[[str], ModuleType], subscriber: Subscriber, watched: AwsCalls
) -> Handler:
    lambda_handler: Handler = load_function("publish_changes").lambda_handler
    return lambda_handler


@pytest.fixture
def unpublished(subscriber: Subscriber) -> Queue:
    client = client_of_all_tests("sqs")
    created = client.create_queue(QueueName=UNPUBLISHED_QUEUE_URL.rpartition("/")[2])
    assert created["QueueUrl"] == UNPUBLISHED_QUEUE_URL
    return Queue(client, UNPUBLISHED_QUEUE_URL)


def batch(*records: Json) -> Json:
    return {"Records": list(records)}


def number(one: Json) -> str:
    text: str = one["dynamodb"]["SequenceNumber"]
    return text


def failed_at(one: Json) -> Json:
    return {"batchItemFailures": [{"itemIdentifier": number(one)}]}


def test_the_samples_are_these() -> None:
    assert sample_names("publish_changes") == TYPES.keys()
    assert (EVENTS / "publish_changes").is_dir()


@pytest.mark.parametrize("name", TYPES)
def test_publishes_what_the_stream_brings(
    handler: Handler, subscriber: Subscriber, name: str
) -> None:
    invocation = sample("publish_changes", name)
    for one in invocation["Records"]:
        assert one == record(one["dynamodb"]["NewImage"], int(number(one)) - 10**20)
    assert handler(invocation, Context()) == ALL_DONE
    assert [message["type"] for message in subscriber.messages()] == TYPES[name]


def test_publishes_in_the_order_of_the_stream(handler: Handler, subscriber: Subscriber) -> None:
    assert handler(batch(*PURCHASE), Context()) == ALL_DONE
    assert [message["id"] for message in subscriber.messages()] == [
        f"{ORDER_ID}:{version}" for version in (1, 2, 3)
    ]


def test_the_same_record_is_published_with_the_same_id(
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
    handler: Handler, calls: AwsCalls, subscriber: Subscriber, log: Log, failing: int
) -> None:
    no_route = breaks(EndpointConnectionError(endpoint_url="https://sns"))
    calls.failure = failing_at("sns", failing, no_route, calls)  # type: ignore[assignment]
    assert handler(batch(*PURCHASE), Context()) == failed_at(PURCHASE[failing])
    assert log.entries[-1]["message"] == "not published"
    assert log.entries[-1]["sequence_number"] == number(PURCHASE[failing])
    calls.failure = None
    assert handler(batch(*PURCHASE[failing:]), Context()) == ALL_DONE
    assert [message["version"] for message in subscriber.messages()] == [1, 2, 3]


IMAGE = PURCHASE[1]["dynamodb"]["NewImage"]
UNREADABLE: list[Json | None] = [
    None,
    {},
    {"order_id": {"S": ORDER_ID}},
    IMAGE | {"change": {"S": "order.paid"}},
    IMAGE | {"change": {"M": IMAGE["change"]["M"] | {"type": {"S": "order.shipped"}}}},
    IMAGE | {"change": {"M": IMAGE["change"]["M"] | {"occurred_at": {"S": "1"}}}},
    IMAGE | {"status": {"S": "shipped"}},
    IMAGE | {"amount_total": {"S": "much"}},
    IMAGE | {"amount_total": {"N": "42.5"}},
    IMAGE | {"amount_total": {"BOOL": True}},
    IMAGE | {"amount_total": {}},
    IMAGE | {"currency": {"NULL": True}},
    IMAGE | {"client_reference_id": {"N": "77"}},
    IMAGE | {"items": {"S": "a mug"}},
    IMAGE | {"items": {"L": [{"M": {"price": {"S": "price_1"}}}]}},
    IMAGE | {"refunds": {"M": {"re_1": {"M": {"status": {"S": "x"}, "amount": {"S": "7"}}}}}},
    IMAGE | {"refunds": {"L": []}},
    IMAGE | {"disputes": {"M": {"dp_1": {"M": {"status": {"N": "7"}}}}}},
]


@pytest.mark.parametrize("image", UNREADABLE, ids=str)
def test_a_record_that_cannot_be_read_is_dead_lettered_alone(
    handler: Handler, subscriber: Subscriber, unpublished: Queue, log: Log, image: Json | None
) -> None:
    spoilt = PURCHASE[1] | {"dynamodb": PURCHASE[1]["dynamodb"] | {"NewImage": image}}
    if image is None:
        del spoilt["dynamodb"]["NewImage"]
    assert handler(batch(PURCHASE[0], spoilt, PURCHASE[2]), Context()) == ALL_DONE
    assert [message["version"] for message in subscriber.messages()] == [1, 3]
    assert unpublished.receive() == [dead_letter(PURCHASE[1])]
    (entry,) = [entry for entry in log.entries if entry["level"] == "ERROR"]
    assert (entry["message"], entry["sequence_number"]) == ("dead-lettered", number(PURCHASE[1]))
    assert entry["reason"].startswith(("KeyError(", "OrderUnreadable("))


def dead_letter(one: Json) -> Json:
    """Return the message that names a record by its place in the stream, as Lambda's own do."""
    return {
        "DDBStreamBatchInfo": {
            "streamArn": STREAM_ARN,
            "startSequenceNumber": number(one),
            "endSequenceNumber": number(one),
            "batchSize": 1,
        },
        "orderId": ORDER_ID,
    }


def failing_at(
    service: str, failing: int, failure: Respond, calls: AwsCalls
) -> Callable[[AWSPreparedRequest], AWSResponse | None]:
    """Let the request to a service fail that follows `failing` others."""

    def fail(request: AWSPreparedRequest) -> AWSResponse | None:
        operation = {"sns": "Publish", "sqs": "SendMessage"}[service]
        hit = service in request.url and calls.count(operation) > failing
        return failure(request) if hit else None

    return fail


def refused_by_sns(code: str) -> Respond:
    return breaks(ClientError({"Error": {"Code": code}}, "Publish"))


@pytest.mark.parametrize("code", ["InvalidParameter", "InvalidParameterValue"])
def test_a_message_that_sns_refuses_for_good_is_dead_lettered_alone(
    handler: Handler, subscriber: Subscriber, unpublished: Queue, calls: AwsCalls, code: str
) -> None:
    def refuse_the_second(request: AWSPreparedRequest) -> AWSResponse | None:
        second = "sns" in request.url and calls.count("Publish") == 2
        return refused_by_sns(code)(request) if second else None

    calls.failure = refuse_the_second  # type: ignore[assignment]
    assert handler(batch(*PURCHASE), Context()) == ALL_DONE
    calls.failure = None
    assert [message["version"] for message in subscriber.messages()] == [1, 3]
    assert unpublished.receive() == [dead_letter(PURCHASE[1])]


@pytest.mark.usefixtures("unpublished")
def test_the_log_says_why_sns_refused_a_message(
    handler: Handler, calls: AwsCalls, log: Log
) -> None:
    calls.failure = failing_at("sns", 0, refused_by_sns("InvalidParameter"), calls)  # type: ignore[assignment]
    assert handler(batch(PURCHASE[0]), Context()) == ALL_DONE
    (entry,) = log.entries
    assert (entry["message"], entry["reason"]) == ("dead-lettered", "InvalidParameter")


@pytest.mark.parametrize(
    "code", ["Throttling", "InternalError", "AuthorizationError", "NotFound", "KMSThrottling"]
)
def test_what_sns_may_take_later_is_retried_in_order(
    handler: Handler, subscriber: Subscriber, unpublished: Queue, calls: AwsCalls, code: str
) -> None:
    calls.failure = failing_at("sns", 1, refused_by_sns(code), calls)  # type: ignore[assignment]
    assert handler(batch(*PURCHASE), Context()) == failed_at(PURCHASE[1])
    calls.failure = None
    assert [message["version"] for message in subscriber.messages()] == [1]
    assert unpublished.receive() == []


def test_a_failing_dead_letter_queue_is_retried_from_there(
    handler: Handler, subscriber: Subscriber, unpublished: Queue, calls: AwsCalls
) -> None:
    spoilt = PURCHASE[1] | {"dynamodb": PURCHASE[1]["dynamodb"] | {"NewImage": {}}}
    no_route = breaks(EndpointConnectionError(endpoint_url="https://sqs"))
    calls.failure = failing_at("sqs", 0, no_route, calls)  # type: ignore[assignment]
    assert handler(batch(PURCHASE[0], spoilt, PURCHASE[2]), Context()) == failed_at(spoilt)
    calls.failure = None
    assert [message["version"] for message in subscriber.messages()] == [1]
    assert handler(batch(spoilt, PURCHASE[2]), Context()) == ALL_DONE
    assert [message["version"] for message in subscriber.messages()] == [3]
    assert unpublished.receive() == [dead_letter(PURCHASE[1])]


def test_without_its_topic_nothing_is_done(
    handler: Handler, environment: pytest.MonkeyPatch
) -> None:
    """Lambda retries the batch of an invocation that fails."""
    environment.delenv("ORDER_EVENTS_TOPIC_ARN")
    with pytest.raises(Misconfigured, match="ORDER_EVENTS_TOPIC_ARN"):
        handler(batch(*PURCHASE), Context())


def test_the_log_names_what_was_published(handler: Handler, log: Log) -> None:
    handler(batch(*PURCHASE), Context())
    assert [(entry["message"], entry["type"], entry["message_id"]) for entry in log.entries] == [
        ("published", "order.processing", f"{ORDER_ID}:1"),
        ("published", "order.paid", f"{ORDER_ID}:2"),
        ("published", "order.refunded", f"{ORDER_ID}:3"),
    ]
    assert {entry["function_request_id"] for entry in log.entries} == {REQUEST_ID}

import io
import logging
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import stripe
from boto3.dynamodb.types import TypeDeserializer
from botocore.client import BaseClient
from moto import mock_aws
from pytest_socket import disable_socket

from checkout.aws import clients as aws_clients
from checkout.aws.dead_letters import DeadLetters
from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.deliveries import Deliveries
from checkout.log import logger
from checkout.recorder import Recorder
from checkout.settings import Settings
from checkout.stripe.api import StripeApi
from checkout.stripe.events import EventReader
from checkout.stripe.readers import Readers
from checkout.webhook import WebhookVerifier
from tests.support.aws_calls import AwsCalls
from tests.support.environment import (
    Clock,
    Log,
    Secret,
    client_of_all_tests,
    client_under_test,
    session_of_all_tests,
)
from tests.support.fake_stripe import FakeStripe
from tests.support.moto_writes import once_for_each_expression
from tests.support.queues import Queue, Subscriber
from tests.support.stack import (
    API_KEY,
    AWS_ENVIRONMENT,
    DEAD_LETTERED_TABLE,
    ENVIRONMENT,
    OWN_ENVIRONMENT,
    QUEUE,
    QUEUE_URL,
    SECRET_NAME,
    STACK,
    TABLE,
    TOPIC,
    TOPIC_ARN,
    dead_lettered_events_table,
    orders_table,
)
from tests.support.starting import forget_parts, load
from tests.support.stripe_objects import NOW, ORDER_ID

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OVERRIDES = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_SNS",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
)


def pytest_runtest_setup() -> None:
    """No unit test talks to anything; pytest-socket's `enable_socket` marker still wins."""
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set what the template gives the functions, and nothing of the machine's own."""
    for name in OVERRIDES:
        monkeypatch.delenv(name, raising=False)
    for variables in (AWS_ENVIRONMENT, ENVIRONMENT, *OWN_ENVIRONMENT.values()):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def settings() -> Settings:
    return Settings.from_environment(ENVIRONMENT)


@pytest.fixture
def calls() -> Iterator[AwsCalls]:
    seen = AwsCalls()
    yield seen
    seen.unwatch()


@pytest.fixture
def watched(calls: AwsCalls, monkeypatch: pytest.MonkeyPatch) -> AwsCalls:
    """Let `calls` see every client that is made from now on."""
    make = aws_clients.client

    def client(service: Any) -> Any:  # noqa: ANN401
        made = make(service)
        calls.watch(made)
        return made

    monkeypatch.setattr(aws_clients, "client", client)
    return calls


@pytest.fixture
def boto3_session(environment: pytest.MonkeyPatch) -> None:
    environment.setattr(boto3, "DEFAULT_SESSION", session_of_all_tests())


@pytest.fixture(scope="session", autouse=True)
def _fast_moto() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        once_for_each_expression(monkeypatch)
        yield


@pytest.fixture
def aws(boto3_session: None) -> Iterator[None]:
    """Yield an AWS in memory that has nothing in it yet."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield


@pytest.fixture
def dynamodb(aws: None) -> "DynamoDBClient":
    client_of_all_tests("dynamodb").create_table(**orders_table())
    client: DynamoDBClient = client_under_test("dynamodb")
    return client


@pytest.fixture
def orders(dynamodb: "DynamoDBClient", calls: AwsCalls) -> OrdersTable:
    """Return an empty table; `calls` sees what is sent to it."""
    calls.watch(dynamodb)
    return OrdersTable(dynamodb, TABLE, now=lambda: NOW)


@pytest.fixture
def stored(dynamodb: "DynamoDBClient") -> Callable[[], dict[str, Any] | None]:
    """Return the item of the tests' order, read by a client whose calls are not recorded."""
    client = client_of_all_tests("dynamodb")
    deserialize = TypeDeserializer().deserialize

    def read() -> dict[str, Any] | None:
        item = client.get_item(TableName=TABLE, Key={"order_id": {"S": ORDER_ID}}).get("Item")
        return item and {name: deserialize(value) for name, value in item.items()}

    return read


@pytest.fixture
def secret(aws: None) -> Secret:
    client = client_of_all_tests("secretsmanager")
    client.create_secret(Name=SECRET_NAME)
    one = Secret(client)
    one.roll()
    return one


@pytest.fixture
def queue(aws: None) -> Queue:
    client = client_of_all_tests("sqs")
    assert client.create_queue(QueueName=QUEUE)["QueueUrl"] == QUEUE_URL
    return Queue(client)


@pytest.fixture
def subscriber(queue: Queue) -> Subscriber:
    client = client_of_all_tests("sns")
    assert client.create_topic(Name=TOPIC)["TopicArn"] == TOPIC_ARN
    arn = f"arn:aws:sqs:us-east-1:123456789012:{QUEUE}"
    client.subscribe(TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=arn)
    return Subscriber(queue)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def credentials(secret: Secret, calls: AwsCalls, clock: Clock) -> CredentialsReader:
    client = client_under_test("secretsmanager")
    calls.watch(client)
    return CredentialsReader(client, SECRET_NAME, livemode=False, clock=clock)


@pytest.fixture
def readers() -> Readers:
    return Readers(STACK, livemode=False)


@pytest.fixture
def stripe_api(
    stripe_client: stripe.StripeClient, credentials: CredentialsReader
) -> Callable[[], StripeApi]:
    return lambda: StripeApi(stripe_client, credentials)


@pytest.fixture
def recorder(
    orders: OrdersTable, readers: Readers, stripe_api: Callable[[], StripeApi]
) -> Recorder:
    return Recorder(orders, readers, stripe_api)


@pytest.fixture
def deliveries(
    credentials: CredentialsReader,
    readers: Readers,
    recorder: Recorder,
    stripe_api: Callable[[], StripeApi],
    request: pytest.FixtureRequest,
) -> Deliveries:
    """The way of a delivery through the layer, as the handler sends it.

    The dead letters are made for the first that needs them, as the handler makes them.
    """
    verifier = WebhookVerifier(credentials, now=lambda: NOW)
    reader = EventReader(readers, stripe_api)
    return Deliveries(verifier, reader, recorder, lambda: request.getfixturevalue("dead_letters"))


@pytest.fixture
def dead_letters(queue: Queue) -> DeadLetters:
    """Send to the queue, with the table that remembers what was sent."""
    dynamodb = client_of_all_tests("dynamodb")
    dynamodb.create_table(**dead_lettered_events_table())
    sqs = client_of_all_tests("sqs")
    return DeadLetters(sqs, QUEUE_URL, dynamodb, DEAD_LETTERED_TABLE, now=lambda: NOW)


@pytest.fixture
def fake_stripe(monkeypatch: pytest.MonkeyPatch) -> FakeStripe:
    """Stripe for any code that builds the SDK's default HTTP client; its retries do not wait."""
    fake = FakeStripe()
    monkeypatch.setattr(stripe, "RequestsClient", lambda **_: fake)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    return fake


@pytest.fixture
def stripe_client(fake_stripe: FakeStripe) -> stripe.StripeClient:
    return stripe.StripeClient(API_KEY, http_client=fake_stripe, max_network_retries=0)


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    """Collect what the service logs, as CloudWatch would get it."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield Log(stream)
    handler.setStream(before)
    logger.clear_state()


@pytest.fixture
def load_function(environment: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import functions/<name>/app.py as a starting container does, with nothing built before."""
    forget_parts()
    yield load
    forget_parts()


@pytest.fixture
def clients(
    load_function: Callable[[str], ModuleType],
    secret: Secret,
    watched: AwsCalls,
    monkeypatch: pytest.MonkeyPatch,
) -> list[BaseClient]:
    """Collect the clients of a container that has built nothing yet."""
    made: list[BaseClient] = []
    make = aws_clients.client

    def client(service: Any) -> Any:  # noqa: ANN401
        made.append(make(service))
        return made[-1]

    monkeypatch.setattr(aws_clients, "client", client)
    return made

"""Which parts are built of the settings, and when: each once, and no sooner than needed."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from checkout import wiring
from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from checkout.errors import Misconfigured
from tests.support.aws_calls import AwsCalls
from tests.support.environment import Log, Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.invocations import Context, assert_problem, assert_response, delivered
from tests.support.stack import FUNCTIONS, HANDLERS, LAYER, TABLE
from tests.support.stripe_objects import SESSION_ID, fact, line_item, listed, session

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_dynamodb import DynamoDBClient

type Load = Callable[[str], ModuleType]


def test_each_part_is_built_once(clients: "list[BaseClient]") -> None:
    for build in (
        wiring.deliveries,
        wiring.checkouts,
        wiring.price_list,
        wiring.dead_letters,
        wiring.unpublished_changes,
        wiring.publisher,
    ):
        assert build() is build()
    deliveries, checkouts = wiring.deliveries(), wiring.checkouts()
    assert deliveries.recorder is checkouts.recorder is wiring.recorder()
    assert deliveries.recorder.orders is checkouts.orders is wiring.orders()
    assert deliveries.events.readers is checkouts.recorder.readers is wiring.readers()
    assert deliveries.verifier.credentials is wiring.credentials()
    assert deliveries.dead_letters() is wiring.dead_letters()
    assert deliveries.events.stripe_api() is checkouts.stripe_api is wiring.stripe_api()
    assert wiring.price_list().stripe_api is wiring.stripe_api()
    assert wiring.publisher().unpublished() is wiring.unpublished_changes()
    services = sorted(client.meta.service_model.service_name for client in clients)
    # The second of each is for what only some invocations need: it is made when they do.
    assert services == ["dynamodb", "dynamodb", "secretsmanager", "sns", "sqs", "sqs"]


def test_reconciliation_shares_the_parts_of_the_others(clients: "list[BaseClient]") -> None:
    reconciliation = wiring.reconciliation()
    assert reconciliation is wiring.reconciliation()
    assert reconciliation.orders is wiring.orders()
    assert reconciliation.recorder is wiring.recorder()
    assert reconciliation.stripe_api is wiring.stripe_api()


def test_a_session_event_builds_no_extra_client(
    clients: "list[BaseClient]",
) -> None:
    wiring.deliveries()
    services = sorted(client.meta.service_model.service_name for client in clients)
    assert services == ["dynamodb", "secretsmanager"]


@pytest.mark.parametrize(
    ("part", "variable"),
    [
        (wiring.dead_letters, "UNPROCESSED_EVENTS_QUEUE_URL"),
        (wiring.dead_letters, "DEAD_LETTERED_EVENTS_TABLE"),
        (wiring.unpublished_changes, "UNPUBLISHED_CHANGES_QUEUE_URL"),
        (wiring.reconciliation, "RECONCILIATION_TABLE"),
        (wiring.publisher, "ORDER_EVENTS_TOPIC_ARN"),
    ],
)
def test_names_the_variable_that_a_part_lacks(
    clients: "list[BaseClient]",
    environment: pytest.MonkeyPatch,
    part: Callable[[], object],
    variable: str,
) -> None:
    environment.delenv(variable)
    with pytest.raises(Misconfigured, match=variable):
        part()


def test_importing_the_handlers_builds_nothing(
    clients: "list[BaseClient]", load_function: Load, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("ORDERS_TABLE")
    for path in FUNCTIONS.glob("*/app.py"):
        load_function(path.parent.name)
    assert clients == []


def test_stripe_is_asked_in_the_sdks_version_of_its_api(
    clients: "list[BaseClient]", dynamodb: "DynamoDBClient", fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(session())
    fake_stripe.respond(listed(line_item()))
    wiring.checkouts().confirm(SESSION_ID)
    versions = [request.headers["Stripe-Version"] for request in fake_stripe.requests]
    assert versions == ["2026-10-28.endive"] * 2


def test_outside_of_lambda_nothing_is_warmed_up(
    clients: "list[BaseClient]", watched: AwsCalls
) -> None:
    wiring.warm_up()
    assert clients == []
    assert watched.made == []


IN_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "checkout-function"}


@pytest.fixture
def in_lambda(environment: pytest.MonkeyPatch) -> None:
    for name, value in IN_LAMBDA.items():
        environment.setenv(name, value)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Put garbage collection off, as the package does in a starting function."""
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("in_lambda", "uncollected", "dynamodb", "secret")
@pytest.mark.parametrize("function", HANDLERS.values())
def test_every_function_collects_garbage_once_it_started(
    load_function: Load, function: str
) -> None:
    load_function(function)
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("in_lambda", "uncollected")
def test_a_function_that_is_not_warm_collects_garbage_too(
    load_function: Load, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("CHECKOUT_STACK")
    load_function("stripe_webhook")
    assert gc.isenabled()


@pytest.mark.parametrize(("variables", "printed"), [({}, "True"), (IN_LAMBDA, "False")])
def test_garbage_is_put_off_in_a_starting_function_alone(
    variables: dict[str, str], printed: str
) -> None:
    code = "import gc, checkout; print(gc.isenabled())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=variables | {"PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == printed


@pytest.mark.usefixtures("in_lambda")
@pytest.mark.parametrize("function", ["create_session", "confirm_payment", "stripe_webhook"])
def test_warm_up_reads_the_secret_and_connects(
    load_function: Load,
    dynamodb: "DynamoDBClient",
    secret: Secret,
    watched: AwsCalls,
    function: str,
) -> None:
    load_function(function)
    assert sorted(watched.made) == ["GetSecretValue", "UpdateItem"]


@pytest.mark.usefixtures("in_lambda")
def test_list_prices_opens_no_table_connection(
    load_function: Load, secret: Secret, watched: AwsCalls
) -> None:
    load_function("list_prices")
    assert watched.made == ["GetSecretValue"]


@pytest.mark.usefixtures("in_lambda")
def test_the_first_delivery_finds_it_all_ready(
    load_function: Load,
    dynamodb: "DynamoDBClient",
    secret: Secret,
    watched: AwsCalls,
    log: Log,
) -> None:
    OrdersTable(dynamodb, TABLE).record(fact(OrderStatus.OPEN))
    handler = load_function("stripe_webhook").lambda_handler
    assert log.entries == []
    watched.made.clear()
    assert_response(handler(delivered("checkout_session_completed"), Context()), 200)
    assert watched.made == ["UpdateItem"]


@pytest.mark.usefixtures("in_lambda")
def test_a_warm_up_without_a_secret_is_logged(
    load_function: Load, dynamodb: "DynamoDBClient", secret: Secret, log: Log
) -> None:
    secret.put({"stripe_api_key": "leaked-value"})
    handler = load_function("stripe_webhook").lambda_handler
    (entry,) = log.entries
    assert (entry["level"], entry["message"]) == ("WARNING", "not warm")
    assert "stripe_api_key" in entry["reason"]
    response = handler(delivered("checkout_session_completed"), Context())
    assert_problem(response, 500, "internal-error")
    assert log.entries[1]["reason"] == entry["reason"]
    assert "leaked-value" not in log.text


@pytest.mark.usefixtures("in_lambda")
def test_a_warm_up_without_a_table_is_logged(load_function: Load, secret: Secret, log: Log) -> None:
    handler = load_function("stripe_webhook").lambda_handler
    (entry,) = log.entries
    assert (entry["level"], entry["message"]) == ("WARNING", "not warm")
    assert "orders table" in entry["reason"]
    response = handler(delivered("checkout_session_completed"), Context())
    assert_problem(response, 503, "orders-unavailable")


@pytest.mark.usefixtures("in_lambda")
def test_a_warm_up_without_a_setting_is_logged(
    load_function: Load, environment: pytest.MonkeyPatch, secret: Secret, log: Log
) -> None:
    environment.delenv("CHECKOUT_STACK")
    handler = load_function("stripe_webhook").lambda_handler
    response = handler(delivered("checkout_session_completed"), Context())
    assert_problem(response, 500, "internal-error")
    assert [entry["level"] for entry in log.entries] == ["WARNING", "ERROR"]
    assert all("CHECKOUT_STACK" in entry["reason"] for entry in log.entries)

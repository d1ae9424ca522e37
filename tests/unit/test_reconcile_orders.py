"""The function on the schedule."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from checkout import wiring
from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from checkout.errors import Misconfigured, StripeUnavailable
from tests.unit.conftest import ONE_TRY, Log, Secret
from tests.unit.fake_stripe import FakeStripe
from tests.unit.invocations import REQUEST_ID, Context, Json, sample, sample_names
from tests.unit.stack import progress_table
from tests.unit.stripe_objects import SESSION_ID, fact, listed, session_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Handler = Callable[[Json, Context], Json]
type Stored = Callable[[], dict[str, Any] | None]

BY_HAND = sample("reconcile_orders", "by_hand")
SCHEDULE = sample("reconcile_orders", "schedule")
PAID = session_in(OrderStatus.PAID)


@pytest.fixture
def handler(
    load_function: Callable[[str], ModuleType],
    dynamodb: "DynamoDBClient",
    secret: Secret,
    fake_stripe: FakeStripe,
) -> Handler:
    boto3.client("dynamodb", config=ONE_TRY).create_table(**progress_table())
    lambda_handler: Handler = load_function("reconcile_orders").lambda_handler
    # Nobody waits for the next call.
    object.__setattr__(wiring.reconciliation(), "sleep", lambda _: None)
    return lambda_handler


def answer_lists(fake_stripe: FakeStripe) -> None:
    for _ in range(2):
        fake_stripe.answer(listed())


def metrics(capsys: pytest.CaptureFixture[str]) -> Json:
    (line,) = capsys.readouterr().out.splitlines()
    document: Json = json.loads(line)
    return document


def test_the_samples_are_these() -> None:
    assert sample_names("reconcile_orders") == {"by_hand", "schedule"}


def test_mends_an_order_and_says_so(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored, log: Log
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    answer_lists(fake_stripe)
    fake_stripe.answer(PAID)
    report = {"checked": 1, "mended": 1, "failed": 0, "finished": True}
    assert handler(BY_HAND, Context()) == report
    item = stored()
    assert item is not None
    assert item["status"] == "paid"
    assert fake_stripe.calls[-1] == ("get", f"/v1/checkout/sessions/{SESSION_ID}")
    said = log.entries[-1]
    assert (said["message"], said["function_request_id"]) == ("reconciled", REQUEST_ID)
    assert report.items() <= said.items()
    assert "ada@example.com" not in log.text


@pytest.mark.parametrize("count", [0, 1])
def test_one_metric_says_how_many_orders_were_mended(
    handler: Handler,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    capsys: pytest.CaptureFixture[str],
    count: int,
) -> None:
    answer_lists(fake_stripe)
    if count:
        orders.record(fact(OrderStatus.OPEN))
        fake_stripe.answer(PAID)
    handler(BY_HAND, Context())
    document = metrics(capsys)
    (described,) = document["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Checkout"
    assert described["Metrics"] == [{"Name": "OrdersMended", "Unit": "Count"}]
    assert document["OrdersMended"] == [count]
    assert document["service"] == "checkout"


@pytest.mark.parametrize(("age", "checked"), [(840, 0), (902, 1)])
def test_the_schedule_leaves_young_orders_to_their_webhooks(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe, age: int, checked: int
) -> None:
    created_at = int(wiring.reconciliation().now()) - age
    orders.record(fact(OrderStatus.OPEN, created_at=created_at))
    answer_lists(fake_stripe)
    fake_stripe.answer(PAID)
    assert handler(SCHEDULE, Context())["checked"] == checked


def test_ends_before_lambda_ends_it(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    report = handler(BY_HAND, Context(milliseconds_left=19_999))
    assert report == {"checked": 0, "mended": 0, "failed": 0, "finished": False}
    assert fake_stripe.requests == []


def test_a_failure_is_lambdas_to_count(handler: Handler, fake_stripe: FakeStripe) -> None:
    for _ in range(2):
        fake_stripe.break_connection()
    with (
        pytest.warns(UserWarning, match="No application metrics"),
        pytest.raises(StripeUnavailable),
    ):
        handler(BY_HAND, Context())


def test_without_its_table_it_says_which_setting_is_missing(
    load_function: Callable[[str], ModuleType], environment: pytest.MonkeyPatch, secret: Secret
) -> None:
    environment.delenv("RECONCILIATION_TABLE")
    handler: Handler = load_function("reconcile_orders").lambda_handler
    with (
        pytest.warns(UserWarning, match="No application metrics"),
        pytest.raises(Misconfigured, match="RECONCILIATION_TABLE"),
    ):
        handler(BY_HAND, Context())

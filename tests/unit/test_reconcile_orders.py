"""The function on the schedule."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from checkout import wiring
from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from checkout.errors import InvalidRequest, Misconfigured
from checkout.reconciliation import Report
from tests.support.documents import Json
from tests.support.environment import Log, Secret, client_under_test
from tests.support.fake_stripe import FakeStripe
from tests.support.invocations import REQUEST_ID, Context, sample, sample_names
from tests.support.stack import progress_table
from tests.support.stripe_objects import fact, listed, session_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Handler = Callable[[Json, Context], Json]
type Stored = Callable[[], dict[str, Any] | None]

BY_HAND = sample("reconcile_orders", "by_hand")
SCHEDULE = sample("reconcile_orders", "schedule")
PAID = session_in(OrderStatus.PAID)
UNITS = {
    "OrdersWithoutWebhook": "Count",
    "OrdersRepaired": "Count",
    "ReconciliationFailed": "Count",
    "ReconciliationFinished": "Count",
    "OldestPendingOrderAge": "Seconds",
    "OldestAuthorizedOrderAge": "Seconds",
}
NOTHING = {
    "checked": 0,
    "repaired": 0,
    "failed": 0,
    "finished": True,
    "oldest_pending_age": 0,
    "oldest_authorized_age": 0,
    "without_webhook": 0,
}


@pytest.fixture
def handler(
    load_function: Callable[[str], ModuleType],
    dynamodb: "DynamoDBClient",
    secret: Secret,
    fake_stripe: FakeStripe,
) -> Handler:
    client_under_test("dynamodb").create_table(**progress_table())
    lambda_handler: Handler = load_function("reconcile_orders").lambda_handler
    # Nobody waits for the next call.
    object.__setattr__(wiring.reconciliation(), "sleep", lambda _: None)
    return lambda_handler


def respond(fake_stripe: FakeStripe, *complete: Json) -> None:
    fake_stripe.respond(listed(*complete))
    for _ in range(2):
        fake_stripe.respond(listed())


def metrics(capsys: pytest.CaptureFixture[str]) -> Json:
    (line,) = capsys.readouterr().out.splitlines()
    document: Json = json.loads(line)
    (described,) = document["_aws"]["CloudWatchMetrics"]
    assert UNITS.items() <= {one["Name"]: one["Unit"] for one in described["Metrics"]}.items()
    assert described["Namespace"] == "Checkout"
    assert described["Dimensions"] == [["service"]]
    return {name: document[name] for name in (*UNITS, "service")}


def test_the_samples_are_these() -> None:
    assert sample_names("reconcile_orders") == {"by_hand", "schedule", "selected_orders", "period"}


def test_it_repairs_an_order_and_reports_it(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored, log: Log
) -> None:
    orders.record(fact(OrderStatus.OPEN, created_at=int(wiring.reconciliation().now()) - 60))
    respond(fake_stripe, PAID)
    report = NOTHING | {"checked": 1, "repaired": 1, "without_webhook": 1}
    assert handler(BY_HAND, Context()) == report
    item = stored()
    assert item is not None
    assert item["status"] == "paid"
    logged = log.entries[-1]
    assert (logged["message"], logged["function_request_id"]) == ("reconciled", REQUEST_ID)
    assert report.items() <= logged.items()
    assert "ada@example.com" not in log.text


@pytest.mark.parametrize("count", [0, 1])
def test_metrics_say_what_a_run_did(
    handler: Handler,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    count: int,
) -> None:
    report = Report(
        repaired=count,
        failed=2 * count,
        oldest_pending_age=3 * count,
        oldest_authorized_age=5 * count,
        without_webhook=4 * count,
    )
    monkeypatch.setattr(wiring, "reconciliation", lambda: _Reporting(report))
    handler(BY_HAND, Context())
    assert metrics(capsys) == {
        "OrdersWithoutWebhook": [4 * count],
        "OrdersRepaired": [count],
        "ReconciliationFailed": [2 * count],
        "ReconciliationFinished": [1],
        "OldestPendingOrderAge": [3 * count],
        "OldestAuthorizedOrderAge": [5 * count],
        "service": "checkout-test",
    }


class _Reporting:
    def __init__(self, report: Report) -> None:
        self._report = report

    def run(self, **_: object) -> Report:
        return self._report


@pytest.mark.parametrize(("age", "checked"), [(840, 0), (902, 1)])
def test_the_schedule_leaves_young_orders_to_their_webhooks(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe, age: int, checked: int
) -> None:
    created_at = int(wiring.reconciliation().now()) - age
    orders.record(fact(OrderStatus.OPEN, created_at=created_at))
    # No session of the list names an order, so that only the index has its order.
    respond(fake_stripe, PAID | {"metadata": {}, "created": created_at})
    report = handler(SCHEDULE, Context())
    assert report["checked"] == checked
    assert (report["oldest_pending_age"] >= age) == (not checked)


def test_a_selected_period_is_repaired(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    object.__setattr__(wiring.selected_orders(), "sleep", lambda _: None)
    respond(fake_stripe, PAID)
    period = sample("reconcile_orders", "period")
    assert handler(period, Context()) == NOTHING | {"checked": 1, "repaired": 1}
    asked = fake_stripe.requests[0].params
    assert (asked["created[gte]"], asked["created[lte]"]) == ("1794999400", "1795000000")


def test_a_selected_order_is_repaired_and_does_not_move_the_alarms(
    handler: Handler,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    stored: Stored,
    capsys: pytest.CaptureFixture[str],
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    object.__setattr__(wiring.selected_orders(), "sleep", lambda _: None)
    for document in (PAID, listed(), listed()):
        fake_stripe.respond(document)
    selected = sample("reconcile_orders", "selected_orders")
    assert handler(selected, Context()) == NOTHING | {"checked": 1, "repaired": 1}
    item = stored()
    assert item is not None
    assert (item["status"], item["history"][-1]["source"]) == ("paid", "operator")
    measured = json.loads(capsys.readouterr().out)
    assert UNITS.keys() & measured.keys() == set()
    assert measured["OrdersPaid"] == [1]


def test_it_ends_before_lambda_ends_it(
    handler: Handler,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    capsys: pytest.CaptureFixture[str],
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    report = handler(BY_HAND, Context(milliseconds_left=19_999))
    assert report == NOTHING | {"finished": False}
    assert fake_stripe.requests == []
    assert metrics(capsys)["ReconciliationFinished"] == [0]


def test_a_run_that_gave_up_is_measured(
    handler: Handler,
    fake_stripe: FakeStripe,
    secret: Secret,
    capsys: pytest.CaptureFixture[str],
    log: Log,
) -> None:
    fake_stripe.respond_with_error(401, message="Invalid API Key provided: sk_test_unit")
    report = handler(BY_HAND, Context())
    assert report == NOTHING | {"failed": 1, "finished": False}
    measured = metrics(capsys)
    assert (measured["ReconciliationFailed"], measured["ReconciliationFinished"]) == ([1], [0])
    assert "put a valid key" in log.text
    assert "sk_test_unit" not in log.text


def test_a_run_that_raises_is_measured(
    load_function: Callable[[str], ModuleType],
    environment: pytest.MonkeyPatch,
    secret: Secret,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.delenv("RECONCILIATION_TABLE")
    handler: Handler = load_function("reconcile_orders").lambda_handler
    with pytest.raises(Misconfigured, match="RECONCILIATION_TABLE"):
        handler(BY_HAND, Context())
    measured = metrics(capsys)
    assert (measured["ReconciliationFailed"], measured["ReconciliationFinished"]) == ([1], [0])


@pytest.mark.parametrize("age", ["0", "soon", None, -1, 1.5, True, [0]])
def test_a_malformed_age_is_a_clear_error(handler: Handler, age: object) -> None:
    with pytest.raises(InvalidRequest, match="minimum_age_seconds must be an integer"):
        handler({"minimum_age_seconds": age}, Context())

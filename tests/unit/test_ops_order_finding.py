"""Operators' queries and timestamps."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checkout.aws.orders_table import PENDING_SHARDS, OrdersTable
from checkout.domain.order import OrderStatus
from ops.commands.orders import in_status, task_at_stripe
from ops.errors import UsageError
from ops.operation import Operation
from ops.orders.finding import Kind, Query, pending_orders, query
from ops.output import Output
from ops.times import past_time, rfc3339
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.operating import in_aws, stack_of
from tests.support.reconciling import order_id_of, orders_in
from tests.support.stack import TABLE
from tests.support.stripe_objects import CREATED_AT, ORDER_ID, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ORDER_ID, Kind.ORDER),
        ("cs_test_a1B2c3", Kind.SESSION),
        ("cs_live_a1B2c3", Kind.SESSION),
        ("pi_3PgafmB7WZ01zgkW1MlTu8bG", Kind.PAYMENT_INTENT),
        ("ada+orders@shop.example", Kind.EMAIL),
        ("cart-77", Kind.CLIENT_REFERENCE_ID),
        ("cart @ home", Kind.CLIENT_REFERENCE_ID),
        ("2026/11/28", Kind.CLIENT_REFERENCE_ID),
    ],
)
def test_the_kind_is_known_by_the_form(text: str, kind: Kind) -> None:
    assert query(text) == Query(kind, text)


@pytest.mark.parametrize("text", ["ord_1", "cs_1", "cs_test_", "pi_", "pi_a-b", "pi_a b", ""])
def test_an_id_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        query(text)


@pytest.mark.parametrize(
    ("kind", "text"), [(Kind.SESSION, "pi_1"), (Kind.PAYMENT_INTENT, "cs_test_1")]
)
def test_an_option_takes_ids_of_its_kind_only(kind: Kind, text: str) -> None:
    with pytest.raises(UsageError, match="is not an id of the form"):
        Query(kind, text)


def test_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        Query(Kind.EMAIL, "ada shop.example")
    assert str(refused.value) == "This is not an e-mail address."


def test_an_empty_reference_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^The client_reference_id is empty"):
        Query(Kind.CLIENT_REFERENCE_ID, "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31T09:00:00Z", 1_769_850_000),
        ("2026-01-31T10:00:00+01:00", 1_769_850_000),
        ("2026-01-31T09:00:00.750Z", 1_769_850_000),
        ("1960-01-01T00:00:00Z", 0),
        ("999999d", 0),
    ],
)
def test_a_time_is_read(text: str, seconds: int) -> None:
    assert past_time(text) == seconds


@pytest.mark.parametrize(("text", "ago"), [("0s", 0), ("15m", 900), ("2h", 7200), ("7d", 604_800)])
def test_how_long_ago_is_a_time(text: str, ago: int) -> None:
    before = int(time.time())
    assert before <= past_time(text) + ago <= int(time.time())


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2h30m", "-2h", "2026-01-31T09:00:00", "1769850000", "2026-13-01T00:00:00Z"],
)
def test_another_text_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time: give an RFC 3339 time"):
        past_time(text)


def test_a_time_to_come_is_refused() -> None:
    with pytest.raises(UsageError, match="is in the future"):
        past_time("2999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1_769_850_000, "2026-01-31T09:00:00Z"), (1_769_850_000.75, "2026-01-31T09:00:00.750Z")],
)
def test_times_are_written_in_utc(seconds: float, text: str) -> None:
    assert rfc3339(seconds) == text


# By status


@pytest.fixture
def operation(dynamodb: "DynamoDBClient", orders: OrdersTable) -> Operation:
    """Let there be an order of each status, the last made first, and two authorized ones."""
    for number, status in enumerate([*OrderStatus, OrderStatus.AUTHORIZED]):
        orders.record(fact(status, order_id=order_id_of(number), created_at=CREATED_AT - number))
    one = Operation("dev", Path("stack.json"), Output())
    one.__dict__["stack"] = stack_of(in_aws(dynamodb=dynamodb), outputs={"OrdersTableName": TABLE})
    return one


def test_pending_orders_come_oldest_first(operation: Operation) -> None:
    places = [*OrderStatus, OrderStatus.AUTHORIZED]
    pending = [order_id_of(number) for number, one in enumerate(places) if one.is_pending]
    assert list(pending_orders(operation.stack)) == pending[::-1]


def test_pending_orders_of_all_pages_are_listed() -> None:
    """More than there are shards, made just now by a clock that is ahead."""
    table = CloudTable(SideEffects())
    created = int(time.time()) + 60
    ids = [order_id_of(number) for number in range(PENDING_SHARDS + 8)]
    for number, order_id in enumerate(ids):
        made = fact(OrderStatus.OPEN, order_id=order_id, created_at=created + number)
        orders_in(table).record(made)
    stack = stack_of(in_aws(dynamodb=table), outputs={"OrdersTableName": TABLE})
    assert list(pending_orders(stack)) == ids


def test_authorized_orders_are_found(operation: Operation) -> None:
    found = [one["created_at"] for one in in_status(operation, OrderStatus.AUTHORIZED)]
    assert len(found) == 2
    assert found == sorted(found)


@pytest.mark.parametrize("status", [one for one in OrderStatus if not one.is_pending])
def test_orders_that_are_done_are_in_no_index(operation: Operation, status: OrderStatus) -> None:
    with pytest.raises(UsageError, match="see orders export"):
        in_status(operation, status)


@pytest.mark.parametrize(
    ("status", "captured", "refunded", "task"),
    [
        ("authorized", 0, 0, "Capture or cancel"),
        ("canceled", 0, 0, None),
        ("paid", 700, 0, "Refund"),
        ("paid", 700, 699, "Refund"),
        ("paid", 700, 700, None),
        ("open", 0, 0, None),
    ],
)
def test_what_to_do_at_stripe(status: str, captured: int, refunded: int, task: str | None) -> None:
    order = {"status": status, "amount_captured": captured, "amount_refunded": refunded}
    assert task_at_stripe(order) == task

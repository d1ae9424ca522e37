import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checkout.aws.orders_table import OrdersTable, pending_shard
from checkout.domain.changes import Outcome
from checkout.domain.decisions import STATUS_CHANGES
from checkout.domain.facts import Fact, Origin
from checkout.domain.order import Order, OrderStatus
from tests.support.aws_calls import AwsCalls
from tests.support.memory_table import MemoryTable
from tests.support.purchases import refund
from tests.support.samples import SAMPLES, sample
from tests.support.stack import TABLE
from tests.support.stripe_objects import (
    CREATED_AT,
    EXPIRES_AT,
    FINGERPRINT,
    ITEM,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    fact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], dict[str, Any] | None]

# Fields that depend on the way an order went; all else must not depend on it.
OF_ARRIVAL = {"change", "history", "updated_at", "version"}


def origin(source: str, occurred_at: int) -> Origin:
    return Origin(occurred_at=occurred_at, source=source)


def order_after(orders: OrdersTable, heard: Fact) -> Order:
    """Record a fact and give the order; an applied one gives it only where it is asked for."""
    order = orders.record(heard, read_back=True).order
    assert order is not None
    return order


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def remembered(table: MemoryTable) -> OrdersTable:
    """Give an empty table that costs next to nothing, for what is tried with many facts."""
    return OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)


def test_the_first_fact_makes_the_order(orders: OrdersTable, stored: Stored) -> None:
    assert orders.record(fact(OrderStatus.OPEN)).outcome is Outcome.APPLIED
    change = {"type": "order.created", "occurred_at": NOW, "source": "evt_open"}
    assert stored() == {
        "order_id": ORDER_ID,
        "session_id": SESSION_ID,
        "status": "open",
        "payment_status": "unpaid",
        "amount_subtotal": 4200,
        "amount_discount": 0,
        "amount_tax": 0,
        "amount_shipping": 0,
        "amount_total": 4200,
        "amount_refunded": 0,
        "currency": "eur",
        "client_reference_id": "cart-77",
        "items": [asdict(ITEM)],
        "refunds": {},
        "disputes": {},
        "declines": {},
        "pending_shard": pending_shard(ORDER_ID),
        "request_fingerprint": FINGERPRINT,
        "created_at": CREATED_AT,
        "expires_at": EXPIRES_AT,
        "updated_at": NOW,
        "version": 1,
        "change": change,
        "history": [change | {"recorded_at": NOW}],
    }


@pytest.mark.parametrize("status", OrderStatus)
def test_any_fact_may_be_the_first_one(
    orders: OrdersTable, stored: Stored, status: OrderStatus
) -> None:
    order = order_after(orders, fact(status))
    item = stored()
    assert item is not None
    assert (order.status, order.version) == (status, 1)
    assert item["change"]["type"] == STATUS_CHANGES[status]


@pytest.mark.parametrize("second", OrderStatus)
@pytest.mark.parametrize("first", OrderStatus)
def test_the_stronger_of_two_facts_is_kept(
    table: MemoryTable, remembered: OrdersTable, first: OrderStatus, second: OrderStatus
) -> None:
    remembered.record(fact(first))
    before = table.items[ORDER_ID]
    recorded = remembered.record(fact(second), read_back=True)
    assert recorded.order is not None
    if first in second.weaker:
        assert recorded.outcome is Outcome.APPLIED
        assert recorded.order.status is second
        assert recorded.order.version == 2
    else:
        assert recorded.outcome is (Outcome.DUPLICATE if first is second else Outcome.STALE)
        assert recorded.order.status is first
        assert table.items[ORDER_ID] == before


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("known", OrderStatus)
def test_a_fact_about_another_session_changes_nothing(
    table: MemoryTable, remembered: OrdersTable, known: OrderStatus, status: OrderStatus
) -> None:
    remembered.record(fact(known))
    before = table.items[ORDER_ID]
    recorded = remembered.record(fact(status, session_id="cs_test_another"))
    assert recorded.outcome is Outcome.IGNORED
    assert recorded.order is not None
    assert recorded.order.checkout.session_id == SESSION_ID
    assert table.items[ORDER_ID] == before


def test_a_refused_write_gives_the_stored_order(orders: OrdersTable) -> None:
    applied = order_after(orders, fact(OrderStatus.PAID))
    refused = orders.record(fact(OrderStatus.EXPIRED))
    assert applied == refused.order == orders.find(ORDER_ID)
    assert applied.checkout == fact(OrderStatus.PAID).checkout


@pytest.mark.parametrize(("read_back", "wanted"), [(False, "NONE"), (True, "ALL_NEW")])
def test_the_item_comes_back_only_where_it_is_read(
    orders: OrdersTable,
    calls: AwsCalls,
    read_back: bool,  # noqa: FBT001
    wanted: str,
) -> None:
    sent: list[Any] = []

    def collect(request: AWSPreparedRequest) -> None:
        sent.append(json.loads(cast("bytes", request.body)))

    calls.failure = collect  # type: ignore[assignment]
    recorded = orders.record(fact(OrderStatus.PAID), read_back=read_back)
    assert [one["ReturnValues"] for one in sent] == [wanted]
    assert (recorded.order is None) == (not read_back)


def test_history_has_each_change_the_record_the_last(orders: OrdersTable, stored: Stored) -> None:
    path = [OrderStatus.OPEN, OrderStatus.PROCESSING, OrderStatus.FAILED, OrderStatus.PAID]
    for seconds, status in enumerate(path):
        orders.record(fact(status, origin=origin(f"evt_{status}", NOW + seconds)))
        orders.record(fact(OrderStatus.OPEN))
    item = stored()
    assert item is not None
    assert item["version"] == len(path)
    assert [
        (entry["type"], entry["occurred_at"], entry["source"]) for entry in item["history"]
    ] == [
        (STATUS_CHANGES[status], NOW + seconds, f"evt_{status}")
        for seconds, status in enumerate(path)
    ]
    assert item["history"][-1] == item["change"] | {"recorded_at": NOW}


def test_what_a_later_fact_does_not_say_is_kept(orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.PROCESSING))
    silent = fact(OrderStatus.PAID, payment_intent=None, client_reference_id=None)
    checkout = order_after(orders, silent).checkout
    assert (checkout.payment_intent, checkout.client_reference_id) == (PAYMENT_INTENT, "cart-77")


def test_a_change_keeps_what_was_refunded(orders: OrdersTable, stored: Stored) -> None:
    orders.record(fact(OrderStatus.PROCESSING))
    orders.record(refund("re_1", "succeeded", 700, "evt_refund"))
    assert order_after(orders, fact(OrderStatus.PAID)).amount_refunded == 700
    item = stored()
    assert item is not None
    assert item["amount_refunded"] == 700


def test_orders_do_not_touch_each_other(orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.PAID))
    other = fact(OrderStatus.OPEN, order_id="ord_other", session_id="cs_test_other")
    assert orders.record(other).outcome is Outcome.APPLIED
    found = orders.find(ORDER_ID)
    assert found is not None
    assert found.status is OrderStatus.PAID


@pytest.mark.no_cover
@hypothesis_settings(
    max_examples=sample(few=5, some=10, all=25),
    derandomize=SAMPLES == "some",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.sampled_from(OrderStatus), min_size=1, max_size=5).flatmap(
        lambda facts: st.tuples(st.just(facts), st.permutations(facts + facts[:2]))
    )
)
def test_any_order_and_any_copies_of_facts_end_in_the_same_order(
    table: MemoryTable,
    remembered: OrdersTable,
    histories: tuple[list[OrderStatus], list[OrderStatus]],
) -> None:
    ends = []
    for statuses in histories:
        table.items.clear()
        for number, status in enumerate(statuses):
            remembered.record(fact(status, origin=origin(f"evt_{number}", NOW + number)))
        item = table.items[ORDER_ID]
        entered = [entry["M"]["type"]["S"] for entry in item["history"]["L"]]
        assert len(entered) == len(set(entered)) == int(item["version"]["N"])
        assert ("order.paid" in entered) == (OrderStatus.PAID in statuses)
        ends.append({name: value for name, value in item.items() if name not in OF_ARRIVAL})
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (None, OrderStatus.PAID),
        (OrderStatus.OPEN, OrderStatus.PAID),
        (OrderStatus.PAID, OrderStatus.PAID),
        (OrderStatus.PAID, OrderStatus.EXPIRED),
    ],
)
def test_a_fact_costs_one_write_and_no_read(
    orders: OrdersTable, calls: AwsCalls, known: OrderStatus | None, said: OrderStatus
) -> None:
    if known:
        orders.record(fact(known))
    calls.made.clear()
    orders.record(fact(said))
    assert calls.made == ["UpdateItem"]


def test_an_unknown_order_is_not_found(orders: OrdersTable) -> None:
    assert orders.find("ord_unknown") is None


def test_opening_the_connection_writes_nothing(
    orders: OrdersTable, calls: AwsCalls, dynamodb: "DynamoDBClient"
) -> None:
    orders.open_connection()
    assert calls.made == ["UpdateItem"]
    assert dynamodb.scan(TableName=TABLE)["Items"] == []

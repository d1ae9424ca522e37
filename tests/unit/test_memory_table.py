"""The table in memory responds to the orders' writes as moto's does."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.aws.orders_table import OrdersTable
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from tests.support.memory_table import MemoryTable, Refused
from tests.support.purchases import decline, dispute, refund
from tests.support.samples import SAMPLES, sample
from tests.support.stack import TABLE
from tests.support.stripe_objects import ITEM, NOW, ORDER_ID, SESSION_ID, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SESSIONS = st.builds(
    fact,
    st.sampled_from(OrderStatus),
    session_id=st.sampled_from([SESSION_ID, SESSION_ID, "cs_test_other"]),
    items=st.sampled_from([None, (ITEM,)]),
    client_reference_id=st.sampled_from([None, "cart-77"]),
)
REFUNDS = st.builds(
    refund,
    st.sampled_from(["re_1", "re_2"]),
    st.sampled_from(["pending", "frozen", "succeeded", "failed"]),
    st.sampled_from([300, 700]),
    st.just("evt_refund"),
)
DISPUTES = st.builds(
    dispute,
    st.sampled_from(["dp_1", "dp_2"]),
    st.sampled_from(["warning_needs_response", "needs_response", "frozen", "won"]),
    st.just("evt_dispute"),
)
DECLINES = st.builds(
    decline,
    st.sampled_from(["ch_1", "ch_2"]),
    st.just("evt_decline"),
    st.integers(NOW, NOW + 2),
)
FACTS = st.lists(st.one_of(SESSIONS, REFUNDS, DISPUTES, DECLINES), min_size=1, max_size=12)


def in_memory() -> tuple[MemoryTable, OrdersTable]:
    table = MemoryTable()
    return table, OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)


@pytest.mark.no_cover
@settings(
    max_examples=sample(some=15, all=150),
    derandomize=SAMPLES == "some",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(FACTS, st.booleans())
def test_the_same_facts_do_the_same_as_in_moto(
    orders: OrdersTable,
    dynamodb: "DynamoDBClient",
    facts: list[Fact],
    read_back: bool,  # noqa: FBT001
) -> None:
    key = {"order_id": {"S": ORDER_ID}}
    dynamodb.delete_item(TableName=TABLE, Key=key)
    table, remembered = in_memory()
    for one in facts:
        in_moto = orders.record(one, read_back=read_back)
        assert remembered.record(one, read_back=read_back) == in_moto
        item = dynamodb.get_item(TableName=TABLE, Key=key).get("Item")
        assert table.items.get(ORDER_ID) == item


def test_a_refused_write_brings_the_item_and_changes_nothing() -> None:
    table, orders = in_memory()
    orders.record(fact(OrderStatus.PAID))
    before = dict(table.items[ORDER_ID])
    with pytest.raises(Refused) as raised:
        table.update_item(
            Key={"order_id": {"S": ORDER_ID}},
            UpdateExpression="SET #a = :a",
            ConditionExpression="attribute_not_exists(session_id)",
            ExpressionAttributeNames={"#a": "a"},
            ExpressionAttributeValues={":a": {"S": "a"}},
        )
    assert cast("Any", raised.value.response)["Item"] == before == table.items[ORDER_ID]
    assert table.writes == 2


def test_what_was_given_out_does_not_change_with_later_writes() -> None:
    table, orders = in_memory()
    first = orders.record(fact(OrderStatus.OPEN), read_back=True).order
    item = dict(table.items[ORDER_ID])
    orders.record(fact(OrderStatus.PAID))
    assert first is not None
    assert first.status is OrderStatus.OPEN
    assert item["status"] == {"S": "open"}
    assert len(item["history"]["L"]) == 1

"""Refunds, disputes and declines in the table, and the index of unsettled orders."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from checkout.GONE_order import DisputeStatus, RefundStatus
from checkout.GONE_orders import TRIES, UNSETTLED_PAGE
from checkout.GONE_transitions import unsettled_shard

from checkout.aws.orders_table import OrdersTable, PendingOrder
from checkout.domain.changes import Outcome
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable, OrderUnknown
from tests.unit.aws_calls import AwsCalls, refuses
from tests.unit.conftest import ONE_TRY
from tests.unit.purchases import decline, dispute, refund
from tests.unit.stack import TABLE
from tests.unit.stripe_objects import CREATED_AT, NOW, ORDER_ID, SESSION_ID, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], dict[str, Any] | None]

SUCCEEDED, FAILED = RefundStatus.SUCCEEDED, RefundStatus.FAILED
REFUND = refund("re_1", SUCCEEDED, 700, "evt_refund")
DISPUTE = dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_dispute")
DECLINE = decline("ch_1", "evt_decline")
PARTS: list[Fact] = [REFUND, DISPUTE, DECLINE]
SHARD = unsettled_shard(ORDER_ID)


def test_stores_each_part_with_its_order(orders: OrdersTable, stored: Stored) -> None:
    orders.record(fact(OrderStatus.PAID))
    for part in PARTS:
        assert orders.record(part).outcome is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["refunds"] == {"re_1": {"status": "succeeded", "amount": 700}}
    assert item["disputes"] == {
        "dp_1": {"status": "needs_response", "reason": "fraudulent", "amount": 4200}
    }
    assert item["declines"] == {"ch_1": "generic_decline"}
    assert (item["amount_refunded"], item["dispute_status"]) == (700, "needs_response")
    assert item["dispute_reason"] == "fraudulent"
    assert [entry["type"] for entry in item["history"]] == [
        "order.paid",
        "order.refunded",
        "order.dispute_opened",
        "order.payment_declined",
    ]
    assert item["version"] == 4
    found = orders.find(ORDER_ID)
    assert found is not None
    assert found.refunds == {"re_1": REFUND.refund}
    assert found.disputes == {"dp_1": DISPUTE.dispute}
    assert found.declines == {"ch_1": "generic_decline"}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_an_order_that_the_table_lacks_is_not_written(
    orders: OrdersTable, stored: Stored, part: Fact
) -> None:
    with pytest.raises(OrderUnknown):
        orders.record(part)
    assert stored() is None


@pytest.mark.parametrize("part", PARTS)
def test_a_first_part_costs_one_write(orders: OrdersTable, calls: AwsCalls, part: Fact) -> None:
    orders.record(fact(OrderStatus.PAID))
    calls.made.clear()
    assert orders.record(part).outcome is Outcome.APPLIED
    assert calls.made == ["UpdateItem"]


@pytest.mark.parametrize("part", PARTS)
def test_a_copy_of_a_part_is_a_duplicate(
    orders: OrdersTable, calls: AwsCalls, stored: Stored, part: Fact
) -> None:
    orders.record(fact(OrderStatus.PAID))
    orders.record(part)
    before = stored()
    calls.made.clear()
    assert orders.record(part).outcome is Outcome.DUPLICATE
    assert calls.made == ["UpdateItem"]
    assert stored() == before


def test_a_second_part_is_joined_with_the_first(orders: OrdersTable, calls: AwsCalls) -> None:
    orders.record(fact(OrderStatus.PAID))
    orders.record(REFUND)
    calls.made.clear()
    recorded = orders.record(refund("re_2", SUCCEEDED, 500, "evt_2"))
    assert recorded.outcome is Outcome.APPLIED
    assert recorded.order.amount_refunded == 1200
    assert calls.made == ["UpdateItem", "UpdateItem"]


def test_a_failed_refund_gives_its_amount_back_whatever_comes_after_it(
    orders: OrdersTable, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.PAID))
    orders.record(refund("re_2", SUCCEEDED, 500, "evt_2"))
    orders.record(refund("re_1", FAILED, 700, "evt_failed"))
    late = orders.record(REFUND)
    assert late.outcome is Outcome.STALE
    item = stored()
    assert item is not None
    assert item["amount_refunded"] == 500


def test_a_dispute_that_was_closed_does_not_hide_another(
    orders: OrdersTable, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.PAID))
    for part in (DISPUTE, dispute("dp_2", DisputeStatus.WON, "evt_2")):
        orders.record(part)
    item = stored()
    assert item is not None
    assert item["dispute_status"] == "needs_response"
    orders.record(dispute("dp_1", DisputeStatus.LOST, "evt_3"))
    item = stored()
    assert item is not None
    assert item["dispute_status"] == "lost"


def test_a_part_may_meet_an_order_in_any_status(orders: OrdersTable) -> None:
    for status in OrderStatus:
        order_id = f"ord_{status}"
        orders.record(fact(status, order_id=order_id))
        recorded = orders.record(replace(REFUND, order_id=order_id))
        assert (recorded.order.status, recorded.order.amount_refunded) == (status, 700)


def test_gives_up_where_others_win_every_time(orders: OrdersTable, calls: AwsCalls) -> None:
    """The others' writes come between, just before each of ours."""
    orders.record(fact(OrderStatus.PAID))
    other = OrdersTable(boto3.client("dynamodb", config=ONE_TRY), TABLE, now=lambda: NOW)
    numbers = iter(range(100))

    def another_comes_first(_: AWSPreparedRequest) -> None:
        calls.failure = None
        number = next(numbers)
        other.record(refund(f"re_other_{number}", SUCCEEDED, 1, "evt_other"))
        calls.failure = another_comes_first  # type: ignore[assignment]

    calls.failure = another_comes_first  # type: ignore[assignment]
    calls.made.clear()
    with pytest.raises(OrdersUnavailable, match="too often"):
        orders.record(REFUND)
    assert calls.made == ["UpdateItem"] * TRIES
    calls.failure = None
    recorded = orders.record(REFUND)
    assert recorded.order.amount_refunded == TRIES + 700


# The index


def unsettled(
    orders: OrdersTable, created_until: int = NOW, after: dict[str, Any] | None = None
) -> tuple[list[PendingOrder], dict[str, Any] | None]:
    return orders.unsettled(SHARD, created_until=created_until, after=after)


@pytest.mark.parametrize("status", OrderStatus)
def test_finds_orders_that_are_open_or_processing(orders: OrdersTable, status: OrderStatus) -> None:
    orders.record(fact(OrderStatus.OPEN))
    orders.record(fact(status))
    found, end = unsettled(orders)
    settled = status not in (OrderStatus.OPEN, OrderStatus.PROCESSING)
    assert found == ([] if settled else [PendingOrder(order_id=ORDER_ID, session_id=SESSION_ID)])
    assert end is None


@pytest.mark.parametrize("part", PARTS)
def test_a_part_leaves_the_order_where_it_is_in_the_index(orders: OrdersTable, part: Fact) -> None:
    orders.record(fact(OrderStatus.OPEN))
    orders.record(part)
    assert unsettled(orders)[0] == [PendingOrder(order_id=ORDER_ID, session_id=SESSION_ID)]


def test_leaves_out_younger_orders_and_those_of_other_shards(orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.OPEN))
    assert unsettled(orders, CREATED_AT)[0] != []
    assert unsettled(orders, CREATED_AT - 1)[0] == []
    others = [str(shard) for shard in range(16) if str(shard) != SHARD]
    assert all(orders.unsettled(s, created_until=NOW, after=None) == ([], None) for s in others)


def test_gives_pages_of_the_oldest_first(orders: OrdersTable, dynamodb: "DynamoDBClient") -> None:
    count = UNSETTLED_PAGE + 3
    for age in range(count):
        dynamodb.put_item(
            TableName=TABLE,
            Item={
                "order_id": {"S": f"ord_{age}"},
                "session_id": {"S": f"cs_{age}"},
                "created_at": {"N": str(CREATED_AT - age)},
                "unsettled_shard": {"S": SHARD},
            },
        )
    first, end = unsettled(orders)
    rest, last = unsettled(orders, after=end)
    assert [len(first), len(rest), last] == [UNSETTLED_PAGE, 3, None]
    assert [one.order_id for one in (*first, *rest)] == [f"ord_{a}" for a in reversed(range(count))]


def test_an_index_that_does_not_answer_is_unavailable(orders: OrdersTable, calls: AwsCalls) -> None:
    calls.failure = refuses("ThrottlingException")
    with pytest.raises(OrdersUnavailable):
        unsettled(orders)

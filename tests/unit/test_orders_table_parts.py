"""Refunds, disputes and declines in the table."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest

from checkout.aws.orders_table import ATTEMPTS, OrdersTable, Recorded
from checkout.domain.changes import Outcome
from checkout.domain.facts import PartsFact
from checkout.domain.order import OrderStatus
from checkout.domain.parts import Refund
from checkout.errors import OrdersUnavailable
from tests.support.aws_calls import AwsCalls
from tests.support.environment import client_of_all_tests
from tests.support.memory_table import MemoryTable
from tests.support.purchases import decline, dispute, parts, refund
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, ORDER_ID, PAYMENT_INTENT, fact

type Stored = Callable[[], dict[str, Any] | None]

SUCCEEDED, FAILED = "succeeded", "failed"
REFUND = refund("re_1", SUCCEEDED, 700, "evt_refund")
DISPUTE = dispute("dp_1", "needs_response", "evt_dispute")
DECLINE = decline("ch_1", "evt_decline")
PARTS: list[PartsFact] = [REFUND, DISPUTE, DECLINE]


def refunded(recorded: Recorded) -> int:
    assert recorded.order is not None
    return recorded.order.amount_refunded


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
    assert item["declines"] == {"ch_1": {"attempted_at": NOW, "code": "generic_decline"}}
    assert (item["amount_refunded"], item["dispute_status"]) == (700, "needs_response")
    assert item["dispute_reason"] == "fraudulent"
    assert [entry["type"] for entry in item["history"]] == [
        "order.paid",
        "order.refunded",
        "order.dispute_opened",
    ]
    assert (item["version"], item["change"]["type"]) == (4, "order.payment_declined")
    found = orders.find(ORDER_ID)
    assert found is not None
    assert found.parts == {part.kind: part.parts for part in PARTS}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_an_order_that_the_table_lacks_is_not_written(
    orders: OrdersTable, stored: Stored, part: PartsFact
) -> None:
    assert orders.record(part) == Recorded(Outcome.UNRESOLVED, None)
    assert stored() is None


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_names_no_order_costs_nothing(
    orders: OrdersTable, calls: AwsCalls, part: PartsFact
) -> None:
    unmarked = replace(part, order_id=None)
    assert orders.record(unmarked) == Recorded(Outcome.UNRESOLVED, None)
    assert calls.made == []


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("status", [OrderStatus.PROCESSING, OrderStatus.FAILED, OrderStatus.PAID])
def test_a_part_of_another_payment_is_not_written(
    orders: OrdersTable, stored: Stored, part: PartsFact, status: OrderStatus
) -> None:
    orders.record(fact(status))
    before = stored()
    recorded = orders.record(replace(part, payment_intent="pi_another"))
    assert (recorded.outcome, stored()) == (Outcome.UNRESOLVED, before)


@pytest.mark.parametrize("part", [REFUND, DISPUTE])
@pytest.mark.parametrize("status", [OrderStatus.OPEN, OrderStatus.EXPIRED])
def test_money_is_not_moved_before_the_payment_is_known(
    orders: OrdersTable, stored: Stored, part: PartsFact, status: OrderStatus
) -> None:
    orders.record(fact(status))
    before = stored()
    assert orders.record(part).outcome is Outcome.UNRESOLVED
    assert stored() == before


@pytest.mark.parametrize("part", PARTS)
def test_a_first_part_costs_one_write(
    orders: OrdersTable, calls: AwsCalls, part: PartsFact
) -> None:
    orders.record(fact(OrderStatus.PAID))
    calls.made.clear()
    assert orders.record(part).outcome is Outcome.APPLIED
    assert calls.made == ["UpdateItem"]


@pytest.mark.parametrize("part", PARTS)
def test_a_copy_of_a_part_is_a_duplicate(
    orders: OrdersTable, calls: AwsCalls, stored: Stored, part: PartsFact
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
    recorded = orders.record(refund("re_2", SUCCEEDED, 500, "evt_2"), read_back=True)
    assert recorded.outcome is Outcome.APPLIED
    assert refunded(recorded) == 1200
    assert calls.made == ["UpdateItem", "UpdateItem"]


def test_a_failed_refund_stays_out_of_the_amount(orders: OrdersTable, stored: Stored) -> None:
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
    for part in (DISPUTE, dispute("dp_2", "won", "evt_2")):
        orders.record(part)
    item = stored()
    assert item is not None
    assert item["dispute_status"] == "needs_response"
    orders.record(dispute("dp_1", "lost", "evt_3"))
    item = stored()
    assert item is not None
    assert item["dispute_status"] == "lost"


def test_a_part_may_meet_an_order_in_any_status(orders: OrdersTable) -> None:
    for status in OrderStatus:
        order_id = f"ord_{status}"
        orders.record(fact(status, order_id=order_id, payment_intent=PAYMENT_INTENT))
        recorded = orders.record(replace(REFUND, order_id=order_id), read_back=True)
        assert recorded.order is not None
        assert (recorded.order.status, refunded(recorded)) == (status, 700)


def test_gives_up_where_others_win_every_time(orders: OrdersTable, calls: AwsCalls) -> None:
    """The others' writes come between, just before each of ours."""
    orders.record(fact(OrderStatus.PAID))
    other = OrdersTable(client_of_all_tests("dynamodb"), TABLE, now=lambda: NOW)
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
    assert calls.made == ["UpdateItem"] * ATTEMPTS
    calls.failure = None
    assert refunded(orders.record(REFUND, read_back=True)) == ATTEMPTS + 700


# Several parts at once, and many of them


def refunds(count: int, source: str = "evt_charge") -> PartsFact:
    return parts(source, **{f"re_{n:04}": Refund(status=SUCCEEDED, amount=1) for n in range(count)})


def test_all_refunds_of_a_charge_are_one_write(
    orders: OrdersTable, calls: AwsCalls, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.PAID))
    calls.made.clear()
    assert orders.record(refunds(100)).outcome is Outcome.APPLIED
    assert orders.record(refunds(100)).outcome is Outcome.DUPLICATE
    assert calls.made == ["UpdateItem", "UpdateItem"]
    item = stored()
    assert item is not None
    assert (item["version"], item["amount_refunded"]) == (2, 100)
    assert len(item["history"]) == 2


def test_a_hundred_partial_refunds_cost_few_writes() -> None:
    """Each is a refund.created and a charge.refunded, which names all refunds until then."""
    table = MemoryTable()
    orders = OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)
    orders.record(fact(OrderStatus.PAID))
    table.writes = 0
    for count in range(1, 101):
        one = f"re_{count - 1:04}"
        orders.record(parts(f"evt_{one}", **{one: Refund(status=SUCCEEDED, amount=1)}))
        assert orders.record(refunds(count)).outcome is Outcome.DUPLICATE
    # The first attempt of all but the very first one meets an order that has refunds already.
    assert table.writes == 1 + 2 * 99 + 100
    assert table.items[ORDER_ID]["version"] == {"N": "101"}

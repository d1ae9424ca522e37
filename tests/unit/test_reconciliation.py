"""What a run repairs from Stripe's objects."""

from collections.abc import Callable

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.reconciliation import Report
from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.environment import Clock
from tests.support.reconciling import COMPLETE, DAY, DISPUTES, EXPIRED, REFUNDS, Runs, runs_of
from tests.support.stack import OTHER_STACK
from tests.support.stripe_objects import (
    CREATED_AT,
    NOW,
    SESSION_ID,
    dispute,
    expanded,
    fact,
    payment_intent,
    payment_metadata,
    refund,
    session,
    session_in,
    session_metadata,
)

type Stored = Callable[[], Json | None]

AGE = NOW - CREATED_AT
PAID = session_in(OrderStatus.PAID, payment_intent=payment_intent())


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders, credentials, clock)


def item_of(stored: Stored) -> Json:
    item = stored()
    assert item is not None
    return item


@pytest.mark.parametrize(
    ("known", "now"),
    [
        (OrderStatus.OPEN, OrderStatus.PAID),
        (OrderStatus.OPEN, OrderStatus.EXPIRED),
        (OrderStatus.OPEN, OrderStatus.PROCESSING),
        (OrderStatus.OPEN, OrderStatus.FAILED),
        (OrderStatus.PROCESSING, OrderStatus.PAID),
        (OrderStatus.PROCESSING, OrderStatus.FAILED),
    ],
)
@pytest.mark.parametrize("age", [600, 3 * DAY])
def test_a_missed_session_event_is_repaired(
    runs: Runs, stored: Stored, known: OrderStatus, now: OrderStatus, age: int
) -> None:
    runs.orders.record(fact(known, created_at=NOW - age))
    failed = now is OrderStatus.FAILED
    intent = payment_intent("requires_payment_method" if failed else "processing", declined=failed)
    runs.stripe.sessions[SESSION_ID] = session_in(now, payment_intent=intent, created=NOW - age)
    pending = now is OrderStatus.PROCESSING
    report = runs.run()
    assert (report.checked, report.repaired, report.failed, report.finished) == (1, 1, 0, True)
    assert report.oldest_pending_age == (age if pending else 0)
    item = item_of(stored)
    assert (item["status"], item["change"]["source"]) == (now, "reconcile")
    assert runs.run().repaired == 0


def test_an_open_order_costs_no_call_of_its_own(runs: Runs, stored: Stored) -> None:
    runs.orders.record(fact(OrderStatus.OPEN))
    runs.stripe.sessions[SESSION_ID] = session()
    before = stored()
    assert runs.calls(runs.run) == [COMPLETE, DISPUTES, REFUNDS, EXPIRED]
    assert stored() == before


def test_without_pending_orders_nothing_expired_is_listed(runs: Runs) -> None:
    for number, status in enumerate((OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.EXPIRED)):
        runs.add(number, status, status)
    assert EXPIRED not in runs.calls(runs.run)


@pytest.mark.parametrize(("minimum_age", "repaired"), [(0, 1), (600, 1), (601, 0)])
def test_young_orders_are_left_to_their_webhooks(
    runs: Runs, minimum_age: int, repaired: int
) -> None:
    assert AGE == 600
    runs.orders.record(fact(OrderStatus.OPEN))
    runs.stripe.sessions[SESSION_ID] = PAID
    report = runs.run(minimum_age_seconds=minimum_age)
    assert report.repaired == repaired
    assert report.oldest_pending_age == (0 if repaired else AGE)


@pytest.mark.parametrize("seconds_ahead", [0, 2])
def test_by_hand_an_order_made_just_now_is_found(runs: Runs, seconds_ahead: int) -> None:
    runs.add(1, now=OrderStatus.PAID, created=NOW + seconds_ahead)
    assert runs.run().repaired == 1


def test_the_order_that_recorded_the_session_decides(runs: Runs) -> None:
    """Its metadata was edited."""
    runs.add(1, now=OrderStatus.PAID)
    runs.stripe.sessions["cs_1"]["metadata"] = {"order_id": "SO-10023"}
    assert runs.run().repaired == 1
    assert runs.status(1) == OrderStatus.PAID


def test_sessions_of_others_cost_nothing(runs: Runs) -> None:
    foreign = session_metadata(checkout_stack=OTHER_STACK)
    for number in range(5):
        runs.add(number, None, OrderStatus.PAID)
        runs.stripe.sessions[f"cs_{number}"]["metadata"] = foreign if number % 2 else {}
    assert runs.run() == Report()
    assert set(runs.stripe.names) == {COMPLETE, REFUNDS, DISPUTES}


def test_a_paid_order_that_the_table_lacks_is_created(runs: Runs) -> None:
    runs.add(1, None, OrderStatus.PAID)
    assert runs.run() == Report(checked=1, repaired=1, without_webhook=1)
    assert runs.status(1) == OrderStatus.PAID


def test_a_late_completed_session_is_recorded(runs: Runs, orders: OrdersTable) -> None:
    runs.run()
    runs.clock.now = NOW + DAY
    runs.add(1, None, OrderStatus.PAID, created=NOW - 600)
    assert runs.run().repaired == 1


def test_known_orders_are_not_written_in_each_run(runs: Runs, calls: AwsCalls) -> None:
    runs.add(1, OrderStatus.PAID, OrderStatus.PAID, created=NOW - 3 * 3600)
    writes = []
    for _ in range(3):
        before = calls.count("UpdateItem")
        runs.run()
        writes.append(calls.count("UpdateItem") - before)
        runs.clock.now += 900
    assert writes == [1, 0, 0]


@pytest.mark.parametrize(
    ("status", "amount_refunded"), [("succeeded", 700), ("pending", 700), ("failed", 0)]
)
def test_a_missed_refund_is_repaired(
    runs: Runs, stored: Stored, status: str, amount_refunded: int
) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.refunds = [expanded(refund(status=status))]
    assert runs.run() == Report(checked=1, repaired=1)
    assert item_of(stored)["amount_refunded"] == amount_refunded
    assert runs.run() == Report(checked=1)


@pytest.mark.parametrize("days", [0, 119, 200, 700])
def test_a_dispute_that_was_decided_late_is_repaired(runs: Runs, stored: Stored, days: int) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    begun = NOW - days * DAY
    runs.stripe.disputes = [expanded(dispute(created=begun, status="under_review"))]
    runs.run()
    runs.stripe.disputes = [expanded(dispute(created=begun, status="lost"))]
    runs.clock.now += DAY
    assert runs.run().repaired == 1
    assert item_of(stored)["dispute_status"] == "lost"


def test_refunds_of_one_payment_are_one_write(runs: Runs, stored: Stored) -> None:
    runs.stripe.page = 100
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.refunds = [expanded(refund(f"re_{n}", amount=1)) for n in range(40)]
    assert runs.run() == Report(checked=40, repaired=1)
    assert item_of(stored)["version"] == 2


def test_an_order_is_repaired_whole_in_one_run(runs: Runs, stored: Stored) -> None:
    runs.orders.record(fact(OrderStatus.OPEN))
    runs.stripe.sessions[SESSION_ID] = PAID
    runs.stripe.refunds = [expanded(refund())]
    report = runs.run()
    assert (report.checked, report.repaired) == (2, 1), "orders are counted, not objects"
    item = item_of(stored)
    assert (item["status"], item["amount_refunded"]) == ("paid", 700)


def test_an_order_that_was_lost_whole_is_created_for_its_refund(runs: Runs, stored: Stored) -> None:
    runs.stripe.sessions[SESSION_ID] = PAID | {"created": NOW - 60 * DAY}
    runs.stripe.refunds = [expanded(refund())]
    assert runs.run() == Report(checked=1, repaired=1)
    item = item_of(stored)
    assert (item["status"], item["amount_refunded"]) == ("paid", 700)


@pytest.mark.parametrize(
    "foreign",
    [
        refund(payment_intent=None),
        expanded(refund(), metadata={}),
        expanded(refund(), metadata=payment_metadata(checkout_stack=OTHER_STACK)),
        expanded(refund(), livemode=True),
    ],
)
def test_refunds_and_disputes_of_others_are_left_alone(
    runs: Runs, stored: Stored, foreign: Json
) -> None:
    runs.stripe.refunds = [foreign]
    runs.stripe.disputes = [dispute() | {"payment_intent": foreign["payment_intent"]}]
    assert runs.run() == Report(checked=2)
    assert stored() is None


def test_stripe_is_asked_once_whose_an_unmarked_payment_is(runs: Runs) -> None:
    runs.stripe.refunds = [expanded(refund(created=NOW - 60), metadata={})]
    assert runs.calls(runs.run).count("by payment") == 1
    runs.clock.now += 2 * DAY
    assert runs.calls(runs.run).count("by payment") == 0
    assert runs.asked(REFUNDS)[-1]["created[gte]"] < str(NOW - 60)


def test_a_refund_whose_mark_was_removed_is_repaired(runs: Runs, stored: Stored) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.run()
    runs.stripe.refunds = [expanded(refund(created=NOW - 60 * DAY), metadata={})]
    runs.clock.now += 2 * DAY
    assert runs.run().repaired == 1
    assert item_of(stored)["amount_refunded"] == 700

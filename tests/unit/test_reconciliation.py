"""What a run learns from Stripe's objects, and what it costs."""

from collections.abc import Callable
from typing import Any

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable, StripeUnavailable
from checkout.reconciliation import (
    Report,
)
from tests.unit.aws_calls import AwsCalls, refuses
from tests.unit.conftest import Clock, Log
from tests.unit.reconciling import Runs, runs_of
from tests.unit.stack import OTHER_STACK
from tests.unit.stripe_objects import (
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

type Json = dict[str, Any]
type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID, payment_intent=payment_intent())
ALL_FOUND = Report(checked=0, mended=0, failed=0, finished=True)


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders, credentials, clock)


# What webhooks lost


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
def test_a_session_event_that_never_came_is_made_up_for(
    runs: Runs, stored: Stored, known: OrderStatus, now: OrderStatus
) -> None:
    runs.orders.record(fact(known))
    failed = now is OrderStatus.FAILED
    intent = payment_intent("requires_payment_method" if failed else "processing", declined=failed)
    runs.stripe.sessions[SESSION_ID] = session_in(now, payment_intent=intent)
    assert runs.run() == Report(checked=1, mended=1)
    item = stored()
    assert item is not None
    assert item["status"] == now
    assert item["change"]["source"] == "reconcile"
    settled = now is not OrderStatus.PROCESSING
    assert runs.run() == (Report() if settled else Report(checked=1))


@pytest.mark.parametrize("status", [OrderStatus.OPEN, OrderStatus.PROCESSING])
def test_an_order_that_is_right_is_left_as_it_is(
    runs: Runs, stored: Stored, status: OrderStatus
) -> None:
    runs.orders.record(fact(status))
    before = stored()
    intent = payment_intent("processing") if status is OrderStatus.PROCESSING else None
    state = {"status": "complete"} if intent else {}
    runs.stripe.sessions[SESSION_ID] = session(payment_intent=intent, **state)
    assert runs.run() == Report(checked=1)
    assert stored() == before


def test_orders_that_are_settled_cost_nothing(runs: Runs) -> None:
    for status in (OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.EXPIRED):
        runs.orders.record(fact(status, order_id=f"ord_{status}"))
    assert runs.run() == Report()
    assert runs.stripe.calls == [("get", "/v1/refunds"), ("get", "/v1/disputes")]


@pytest.mark.parametrize(("minimum_age", "checked"), [(0, 1), (600, 1), (601, 0)])
def test_young_orders_are_left_to_their_webhooks(
    runs: Runs, minimum_age: int, checked: int
) -> None:
    # Sleeping before each list moves the clock a little, but not by a second.
    assert NOW - CREATED_AT == 600
    runs.orders.record(fact(OrderStatus.OPEN))
    runs.stripe.sessions[SESSION_ID] = session()
    assert runs.run(minimum_age_seconds=minimum_age).checked == checked


@pytest.mark.parametrize(
    ("status", "amount_refunded"), [("succeeded", 700), ("pending", 700), ("failed", 0)]
)
def test_a_refund_whose_events_were_lost_is_made_up_for(
    runs: Runs, stored: Stored, status: str, amount_refunded: int
) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.refunds = [expanded(refund(status=status))]
    assert runs.run() == Report(checked=1, mended=1)
    item = stored()
    assert item is not None
    assert item["amount_refunded"] == amount_refunded
    assert runs.run() == Report(checked=1)


def test_a_dispute_whose_events_were_lost_is_made_up_for(runs: Runs, stored: Stored) -> None:
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.disputes = [expanded(dispute(status="lost"))]
    assert runs.run() == Report(checked=1, mended=1)
    item = stored()
    assert item is not None
    assert item["dispute_status"] == "lost"


def test_an_order_that_was_lost_whole_is_made_up_for_by_its_refund(
    runs: Runs, stored: Stored
) -> None:
    runs.stripe.sessions[SESSION_ID] = PAID
    runs.stripe.refunds = [expanded(refund())]
    assert runs.run() == Report(checked=1, mended=1)
    item = stored()
    assert item is not None
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
def test_refunds_and_disputes_of_others_are_passed_by(
    runs: Runs, stored: Stored, foreign: Json
) -> None:
    runs.stripe.sessions[SESSION_ID] = PAID
    runs.stripe.refunds = [foreign]
    runs.stripe.disputes = [dispute() | {"payment_intent": foreign["payment_intent"]}]
    assert runs.run() == Report(checked=2)
    assert stored() is None


# What is not as it should be


def test_a_session_that_stripe_does_not_have_stands_in_nobodys_way(runs: Runs, log: Log) -> None:
    runs.add_open_orders(3)
    del runs.stripe.sessions["cs_1"]
    runs.stripe.sessions["cs_2"] |= {"payment_status": "maybe", "status": "complete"}
    runs.stripe.sessions["cs_0"] |= {"payment_status": "paid", "status": "complete"}
    assert runs.run() == Report(checked=2, mended=1, failed=2)
    errors = [entry for entry in log.entries if entry["level"] == "ERROR"]
    assert {(entry["message"], entry.get("session_id")) for entry in errors} >= {
        ("no session", "cs_1")
    }
    assert any(entry.get("object_id") == "cs_2" for entry in errors)


def test_a_refund_that_is_not_understood_stands_in_nobodys_way(runs: Runs, stored: Stored) -> None:
    """One has a status that nobody knows, the payment of another no session, of a third another."""
    runs.orders.record(fact(OrderStatus.PAID))
    runs.stripe.sessions["cs_x"] = PAID | {
        "id": "cs_x",
        "payment_intent": payment_intent(id="pi_x"),
        "metadata": session_metadata(order_id="ord_x"),
    }
    lost = payment_metadata(order_id="ord_lost")
    runs.stripe.refunds = [
        expanded(refund("re_4", status="unheard_of")),
        expanded(refund("re_3"), id="pi_lost", metadata=lost),
        expanded(refund("re_2"), id="pi_x", metadata=lost),
        expanded(refund("re_1")),
    ]
    assert runs.run() == Report(checked=4, mended=1, failed=3)
    item = stored()
    assert item is not None
    assert item["refunds"].keys() == {"re_1"}


@pytest.mark.parametrize("part", ["refunds", "disputes", f"checkout/sessions/{SESSION_ID}"])
def test_a_stripe_that_does_not_answer_ends_the_run_and_the_next_goes_on(
    runs: Runs, stored: Stored, part: str
) -> None:
    runs.orders.record(fact(OrderStatus.OPEN))
    runs.stripe.sessions[SESSION_ID] = PAID
    runs.stripe.refunds = [expanded(refund())]
    runs.stripe.broken = {f"/v1/{part}"}
    with pytest.raises(StripeUnavailable):
        runs.run()
    runs.stripe.broken.clear()
    assert runs.run().finished
    item = stored()
    assert item is not None
    assert (item["status"], item["amount_refunded"]) == ("paid", 700)


def test_a_table_that_does_not_answer_ends_the_run(runs: Runs, calls: AwsCalls) -> None:
    runs.orders.record(fact(OrderStatus.OPEN))
    calls.failure = refuses("ThrottlingException")
    with pytest.raises(OrdersUnavailable):
        runs.run()

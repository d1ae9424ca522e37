"""Reconciliation by operators: single orders, and objects created in a period."""

from typing import Any, cast

import pytest

from checkout.aws.order_item import stored_from_item
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.domain.parts import Dispute, Refund
from checkout.errors import InvalidRequest
from checkout.reconciliation import Report, SelectedOrders, selection
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.environment import Clock, Log
from tests.support.reconciling import (
    DISPUTES,
    REFUNDS,
    Runs,
    errors,
    order_id_of,
    orders_in,
    runs_of,
)
from tests.support.stripe_objects import (
    CREATED_AT,
    NOW,
    expanded,
    payment_metadata,
    refund,
    session_metadata,
)

SESSION = "checkout/sessions/cs_{}"
# A list of sessions in any status.
SESSIONS = "second"


@pytest.fixture
def table() -> CloudTable:
    return CloudTable(SideEffects())


@pytest.fixture
def runs(table: CloudTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders_in(table), credentials, clock)


def reconcile(runs: Runs, seconds: float = 900, **event: object) -> Report:
    selected = selection(event)
    assert selected is not None
    deadline = runs.clock.now + seconds
    orders = SelectedOrders(
        runs.orders, runs.recorder, runs.recorder.stripe_api(), runs.clock, runs.slept.append
    )
    return orders.run(selected, seconds_left=lambda: deadline - runs.clock.now)


def test_a_selected_order_is_repaired_with_its_refunds_and_disputes(
    runs: Runs, table: CloudTable
) -> None:
    runs.add_parts(2)
    runs.add(1, known=None, now=OrderStatus.PAID)
    report = reconcile(runs, order_ids=[order_id_of(0)])
    assert report == Report(checked=3, repaired=1)
    order = runs.orders.find(order_id_of(0))
    assert (len(order.parts_of(Refund)), len(order.parts_of(Dispute))) == (1, 1)
    stored = stored_from_item(cast("Any", table.items[order_id_of(0)]))
    assert {entry.source for entry in stored.history[1:]} == {"operator"}
    other = runs.orders.find(order_id_of(1))
    assert not other.parts_of(Refund), "no other order is touched"


def test_an_order_as_stripe_has_it_stays_as_it_is(runs: Runs) -> None:
    order_id = runs.add(0, OrderStatus.PAID, OrderStatus.PAID)
    version = runs.orders.find(order_id).version
    assert reconcile(runs, order_ids=[order_id]) == Report(checked=1)
    assert runs.orders.find(order_id).version == version


def test_one_order_that_fails_stops_no_other(runs: Runs, log: Log) -> None:
    for number in range(3):
        runs.add(number, OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.break_call(SESSION.format(0))
    del runs.stripe.sessions["cs_1"]
    ids = [*(order_id_of(number) for number in range(3)), order_id_of(9)]
    report = reconcile(runs, order_ids=ids)
    assert report == Report(checked=1, repaired=1, failed=3)
    assert [runs.status(number) for number in range(3)] == ["open", "open", "paid"]
    assert [entry["order_id"] for entry in errors(log)] == [ids[0], ids[1], ids[3]]
    assert {entry["step"] for entry in errors(log)} == {"selected orders"}
    _, gone, unknown = errors(log)
    assert gone["reason"] == "Stripe has no such Checkout Session."
    assert unknown["message"] == "no such order"


def test_a_session_of_the_other_mode_is_a_failure(runs: Runs, log: Log) -> None:
    order_id = runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["livemode"] = True
    assert reconcile(runs, order_ids=[order_id]) == Report(failed=1)
    assert runs.status(0) == "open"
    (entry,) = errors(log)
    assert entry["reason"] == "The Checkout Session is of the other mode."


def test_a_missed_payment_is_repaired_with_its_refund(runs: Runs) -> None:
    """The order's session is known, so edited metadata does not matter."""
    order_id = runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["metadata"] = {}
    runs.stripe.refunds.append(expanded(refund("re_0"), id="pi_0", metadata={}))
    assert reconcile(runs, order_ids=[order_id]).repaired == 1
    order = runs.orders.find(order_id)
    assert (order.status, [*order.parts_of(Refund)]) == (OrderStatus.PAID, ["re_0"])


def test_a_refund_is_repaired_while_the_index_lags(runs: Runs, table: CloudTable) -> None:
    """The index does not have the payment yet, and the payment's own metadata was edited."""
    order_id = runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.refunds.append(expanded(refund("re_0"), id="pi_0", metadata={}))
    table.let_index_lag()
    assert reconcile(runs, order_ids=[order_id]) == Report(checked=2, repaired=1)
    assert [*runs.orders.find(order_id).parts_of(Refund)] == ["re_0"]


def test_refunds_that_fail_stop_no_dispute_of_an_order(runs: Runs, log: Log) -> None:
    runs.add_parts(1)
    runs.stripe.break_call(REFUNDS)
    report = reconcile(runs, order_ids=[order_id_of(0)])
    assert report == Report(checked=2, repaired=1, failed=1)
    (entry,) = errors(log)
    assert entry["payment_intent"] == "pi_0"


def test_a_period_repairs_what_stripe_created_in_it(runs: Runs, log: Log) -> None:
    runs.add_parts(2)
    unheard = [runs.add(number, OrderStatus.OPEN, OrderStatus.PAID) for number in (4, 5)]
    unknown = runs.add(6, None, OrderStatus.PAID)
    before = runs.add(7, OrderStatus.OPEN, OrderStatus.PAID, created=CREATED_AT - 60)
    report = reconcile(runs, since=CREATED_AT)
    assert report == Report(checked=9, repaired=5)
    assert {runs.orders.find(one).status for one in (*unheard, unknown)} == {OrderStatus.PAID}
    assert runs.orders.find(before).status is OrderStatus.OPEN
    repaired = [entry.get("order_id") for entry in log.entries if entry["message"] == "repaired"]
    assert sorted(filter(None, repaired)) == [*unheard, unknown]
    last = log.entries[-1]
    assert (last["message"], last["repaired"]) == ("reconciled by an operator", 5)
    assert reconcile(runs, since=CREATED_AT).repaired == 0


def test_a_period_ends_at_until(runs: Runs) -> None:
    runs.add(0, OrderStatus.OPEN, OrderStatus.PAID, created=CREATED_AT + 60)
    assert reconcile(runs, since=CREATED_AT, until=CREATED_AT + 59).checked == 0
    assert reconcile(runs, since=CREATED_AT, until=CREATED_AT + 60).repaired == 1


def test_sessions_of_others_are_left_alone(runs: Runs) -> None:
    runs.add(0, None, OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["metadata"] = session_metadata(checkout_stack="another")
    assert reconcile(runs, since=CREATED_AT) == Report()
    assert runs.status(0) is None


def test_a_period_finds_the_order_of_an_unmarked_refund(runs: Runs) -> None:
    """The session is older than the period, and the payment's metadata was edited."""
    order_id = runs.add(0, None, OrderStatus.PAID, created=CREATED_AT - 60)
    runs.stripe.refunds.append(expanded(refund("re_0"), id="pi_0", metadata={}))
    reconcile(runs, since=CREATED_AT)
    assert [*runs.orders.find(order_id).parts_of(Refund)] == ["re_0"]
    assert len(runs.slept) == len(runs.stripe.names), "each call waits its turn"


def test_refunds_of_one_payment_in_a_period_are_one_write(runs: Runs) -> None:
    runs.stripe.page = 100
    order_id = runs.add(0, OrderStatus.PAID, OrderStatus.PAID)
    version = runs.orders.find(order_id).version
    intent = {"id": "pi_0", "metadata": payment_metadata(order_id=order_id)}
    runs.stripe.refunds += [expanded(refund(f"re_{n}", amount=1), **intent) for n in range(40)]
    reconcile(runs, since=CREATED_AT)
    order = runs.orders.find(order_id)
    assert (order.amount_refunded, order.version) == (40, version + 1)


def test_a_malformed_session_of_a_period_stops_no_other(runs: Runs, log: Log) -> None:
    for number in range(2):
        runs.add(number, OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["currency"] = None
    assert reconcile(runs, since=CREATED_AT) == Report(checked=1, repaired=1, failed=1)
    (entry,) = errors(log)
    assert entry["session_id"] == "cs_0"


def test_a_list_that_fails_stops_no_other(runs: Runs, log: Log) -> None:
    runs.add_parts(1)
    runs.stripe.break_call(REFUNDS)
    report = reconcile(runs, since=CREATED_AT)
    assert (report.failed, report.repaired) == (1, 1), "the dispute is recorded"
    for name in (SESSIONS, DISPUTES):
        runs.stripe.break_call(name)
    reconcile(runs, since=CREATED_AT)
    steps = [entry["step"] for entry in errors(log)]
    assert steps == ["refunds", "sessions", "refunds", "disputes"]


def test_it_ends_in_time(runs: Runs) -> None:
    runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    report = reconcile(runs, seconds=20, order_ids=[order_id_of(0)])
    assert report == Report(finished=False)
    assert runs.stripe.names == []


def test_a_refused_key_ends_it(runs: Runs) -> None:
    runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    runs.stripe.break_call(SESSION.format(0), status=401)
    report = reconcile(runs, order_ids=[order_id_of(9), order_id_of(0), order_id_of(0)])
    assert report == Report(failed=2, finished=False)


@pytest.mark.parametrize(
    "event",
    [
        {"order_ids": []},
        {"order_ids": ["ord_1"]},
        {"order_ids": [order_id_of(0)] * 101},
        {"order_ids": order_id_of(0)},
        {"order_ids": [order_id_of(0)], "since": 0},
        {"order_ids": [order_id_of(0)], "minimum_age_seconds": 0},
        {"since": "2026-01-01T00:00:00Z"},
        {"since": -1},
        {"until": NOW},
        {"since": 0, "until": True},
    ],
)
def test_a_malformed_selection_is_a_clear_error(event: dict[str, object]) -> None:
    with pytest.raises(
        InvalidRequest, match=r"^(order_ids(\.0)?|since|until|minimum_age_seconds): "
    ):
        selection(event)


@pytest.mark.parametrize("event", [{}, {"minimum_age_seconds": 0}])
def test_other_inputs_select_nothing(event: dict[str, object]) -> None:
    assert selection(event) is None


def test_disputes_and_refunds_are_listed_in_pages(runs: Runs) -> None:
    runs.add_parts(3)
    assert reconcile(runs, since=CREATED_AT).repaired == 3
    assert (runs.stripe.names.count(REFUNDS), runs.stripe.names.count(DISPUTES)) == (2, 2)

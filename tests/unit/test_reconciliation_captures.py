"""Reconciliation of payments that are captured by hand, and that wait for it for days."""

import pytest

from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.reconciliation import SelectedOrders
from checkout.reconciliation.selected import Named, Period
from ops.orders.comparison import compared
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.capturing import AUTHORIZED, CANCELED, PAID, complete
from tests.support.environment import Clock
from tests.support.reconciling import (
    COMPLETE,
    DAY,
    DISPUTES,
    REFUNDS,
    Runs,
    order_id_of,
    orders_in,
    runs_of,
    session_id_of,
)
from tests.support.stripe_objects import CREATED_AT, NOW, fact, session_metadata

RESERVED = (AUTHORIZED, 0)
ENDS = [(PAID, 4200), (PAID, 700), (CANCELED, 0)]


@pytest.fixture
def table() -> CloudTable:
    return CloudTable(SideEffects())


@pytest.fixture
def runs(table: CloudTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders_in(table), credentials, clock)


def add(
    runs: Runs, known: OrderStatus, truth: tuple[OrderStatus, int], age: int = 0, number: int = 0
) -> None:
    """Let the table have an order in one status, and Stripe its session in another.

    `truth` is that status with the amount that was captured.
    """
    now, received = truth
    created = CREATED_AT - age
    order_id, session_id, intent_id = order_id_of(number), session_id_of(number), f"pi_{number}"
    recorded = intent_id if known is not OrderStatus.OPEN else None
    runs.orders.record(
        fact(
            known,
            order_id=order_id,
            session_id=session_id,
            created_at=created,
            payment_intent=recorded,
        )
    )
    session = complete(now, received) | {
        "id": session_id,
        "created": created,
        "metadata": session_metadata(order_id=order_id),
    }
    session["payment_intent"] |= {"id": intent_id}
    runs.stripe.sessions[session_id] = session


def state(runs: Runs, number: int = 0) -> tuple[OrderStatus, int]:
    order = runs.orders.find(order_id_of(number))
    return order.status, order.amount_captured


@pytest.mark.parametrize("known", [OrderStatus.OPEN, OrderStatus.PROCESSING])
def test_an_authorization_that_was_missed_is_repaired(runs: Runs, known: OrderStatus) -> None:
    add(runs, known, RESERVED)
    assert runs.calls(runs.run) == [COMPLETE, DISPUTES, REFUNDS]
    assert state(runs) == (AUTHORIZED, 0)


@pytest.mark.parametrize("age", [0, 5 * DAY])
@pytest.mark.parametrize("truth", ENDS)
def test_the_end_of_an_authorization_is_repaired(
    runs: Runs, truth: tuple[OrderStatus, int], age: int
) -> None:
    add(runs, AUTHORIZED, truth, age)
    report = runs.run()
    assert (report.checked, report.repaired, report.failed) == (1, 1, 0)
    assert state(runs) == truth
    assert runs.run().checked == 0


def test_an_authorized_order_is_checked_again_and_stays(runs: Runs) -> None:
    add(runs, AUTHORIZED, RESERVED, 3 * DAY)
    old = f"checkout/sessions/{session_id_of(0)}"
    assert runs.calls(runs.run) == [COMPLETE, DISPUTES, REFUNDS, old]
    assert runs.run().repaired == 0
    assert state(runs) == (AUTHORIZED, 0)


def test_what_waits_for_a_capture_has_an_age_of_its_own(runs: Runs) -> None:
    """Whether the run finds it so or made it so, and not once it is captured."""
    add(runs, AUTHORIZED, RESERVED, 3 * DAY)
    add(runs, OrderStatus.OPEN, RESERVED, 60, number=1)
    add(runs, AUTHORIZED, (PAID, 700), 4 * DAY, number=2)
    runs.add(3, OrderStatus.PROCESSING, OrderStatus.PROCESSING, created=CREATED_AT - 30)
    report = runs.run()
    assert report.oldest_authorized_age == NOW - CREATED_AT + 3 * DAY
    assert report.oldest_pending_age == NOW - CREATED_AT + 30


@pytest.mark.parametrize(
    "selected",
    [Named(order_ids=[order_id_of(0)]), Period(since=CREATED_AT - 1)],
    ids=["named", "period"],
)
@pytest.mark.parametrize("truth", [*ENDS, RESERVED])
def test_an_operator_reconciles_a_capture(
    runs: Runs, selected: Named | Period, truth: tuple[OrderStatus, int]
) -> None:
    add(runs, OrderStatus.PROCESSING, truth)
    api = runs.recorder.stripe_api()
    orders = SelectedOrders(runs.orders, runs.recorder, api, runs.clock, lambda _: None)
    assert orders.run(selected, seconds_left=lambda: 900.0).repaired == 1
    assert state(runs) == truth


def test_a_capture_that_was_missed_differs(runs: Runs) -> None:
    add(runs, AUTHORIZED, (PAID, 700))
    order = runs.orders.find(order_id_of(0))
    comparison = compared(order, runs.recorder.stripe_api(), runs.recorder.readers)
    fields = {one.field: (one.ours, one.stripe) for one in comparison.differences}
    assert fields["status"] == ("authorized", "paid")
    assert fields["amount_captured"] == (0, 700)
    assert comparison.repairs == ("order.paid",)

"""What a run says of webhooks: whether an event of Stripe's recorded any of the new payments."""

from typing import TYPE_CHECKING

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from tests.support.environment import Clock
from tests.support.reconciling import COMPLETE, DAY, EXPIRED, Runs, order_id_of, runs_of
from tests.support.stripe_objects import NOW, fact

if TYPE_CHECKING:
    from tests.support.documents import Json

QUARTER = 15 * 60
SCHEDULED = {"minimum_age_seconds": QUARTER}


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    """Runs after a first one: the next one has what is new since."""
    made = runs_of(orders, credentials, clock, page=100)
    made.run(**SCHEDULED)
    made.clock.now += QUARTER
    return made


def pay(
    runs: Runs, number: int, source: str | None, status: OrderStatus = OrderStatus.PAID
) -> None:
    """Make an order that completes at Stripe, and that `source` records, if anything does."""
    created = int(runs.clock.now) - QUARTER
    runs.add(number, None, status, created=created)
    made: Json = {
        "order_id": order_id_of(number),
        "session_id": f"cs_{number}",
        "created_at": created,
    }
    for known, by in ((OrderStatus.OPEN, "create"), (status, source)):
        if by is not None:
            paid: Json = {"payment_intent": f"pi_{number}"} if known is status else {}
            origin = Origin(occurred_at=NOW, source=by)
            runs.orders.record(fact(known, origin=origin, **made, **paid))


def missing(runs: Runs) -> int:
    return runs.run(**SCHEDULED).without_webhook


def test_a_quiet_night_misses_no_webhook(runs: Runs) -> None:
    assert missing(runs) == 0


def test_abandoned_checkouts_miss_no_webhook(runs: Runs) -> None:
    created = int(runs.clock.now) - QUARTER
    for number in range(3):
        runs.add(number, OrderStatus.OPEN, OrderStatus.OPEN, created=created)
    assert missing(runs) == 0


@pytest.mark.parametrize("source", [None, "confirm"])
def test_payments_that_no_event_recorded_are_counted(runs: Runs, source: str | None) -> None:
    """The customers' own confirm must not hide that the endpoint is gone."""
    for number in range(3):
        pay(runs, number, source)
    assert missing(runs) == 3


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.PROCESSING])
@pytest.mark.parametrize("others", [None, "confirm"])
def test_one_recorded_webhook_means_they_arrive(
    runs: Runs, others: str | None, status: OrderStatus
) -> None:
    for number in range(3):
        pay(runs, number, others)
    pay(runs, 3, "evt_1", status)
    assert missing(runs) == 0


def test_an_order_that_was_lost_whole_is_counted(runs: Runs) -> None:
    runs.add(1, None, OrderStatus.PAID, created=int(runs.clock.now) - QUARTER)
    assert missing(runs) == 1


def test_an_event_that_repeats_a_confirm_is_not_seen(runs: Runs) -> None:
    """It is not written. Stripe waits for it before the customer gets back, so it comes first."""
    pay(runs, 1, "confirm")
    repeated = Origin(occurred_at=NOW, source="evt_1")
    paid: Json = {"session_id": "cs_1", "payment_intent": "pi_1"}
    runs.orders.record(fact(OrderStatus.PAID, order_id=order_id_of(1), origin=repeated, **paid))
    assert missing(runs) == 1


def test_a_payment_is_counted_in_one_run(runs: Runs) -> None:
    pay(runs, 1, "confirm")
    assert missing(runs) == 1
    runs.clock.now += QUARTER
    assert missing(runs) == 0


def test_an_earlier_webhook_hides_no_lost_endpoint(runs: Runs) -> None:
    pay(runs, 1, "evt_1")
    assert missing(runs) == 0
    runs.clock.now += QUARTER
    pay(runs, 2, "confirm")
    assert missing(runs) == 1


def test_what_ends_without_a_payment_is_not_counted(runs: Runs) -> None:
    """Strangers can abandon any number of checkouts, and these end a day later."""
    runs.add(1, now=OrderStatus.EXPIRED, created=int(runs.clock.now) - DAY)
    report = runs.run(**SCHEDULED)
    assert (report.repaired, report.without_webhook) == (1, 0)


def test_payments_of_others_are_not_counted(runs: Runs) -> None:
    runs.add(1, None, OrderStatus.PAID, created=int(runs.clock.now) - QUARTER)
    runs.stripe.sessions["cs_1"]["metadata"] = {}
    assert missing(runs) == 0


def test_it_costs_no_call(runs: Runs) -> None:
    pay(runs, 1, "confirm")
    calls = runs.calls(lambda: runs.run(**SCHEDULED))
    assert (calls.count(COMPLETE), EXPIRED in calls) == (1, False)

"""An order compared with Stripe: what differs, and what reconciling it would record."""

import pytest

from checkout.credentials import CredentialsReader
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from ops.errors import OpsError
from ops.orders.comparison import Comparison, Difference, compared
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.environment import Clock
from tests.support.reconciling import DISPUTES, REFUNDS, Runs, order_id_of, orders_in, runs_of
from tests.support.stripe_objects import expanded, line_item, refund

ORDER_ID = order_id_of(0)
ORIGIN = Origin(occurred_at=1, source="evt_1")


@pytest.fixture
def table() -> CloudTable:
    return CloudTable(SideEffects())


@pytest.fixture
def runs(table: CloudTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders_in(table), credentials, clock)


def compare(runs: Runs) -> Comparison:
    order = runs.orders.find(ORDER_ID)
    return compared(order, runs.recorder.stripe_api(), runs.recorder.readers)


def change(table: CloudTable, **attributes: object) -> None:
    """Change what is stored, as nothing of ours does."""
    table.items[ORDER_ID] = {**table.items[ORDER_ID], **attributes}  # type: ignore[dict-item]


def test_an_order_as_stripe_has_it_is_the_same(runs: Runs) -> None:
    runs.add(0, OrderStatus.PAID, OrderStatus.PAID)
    assert compare(runs) == Comparison((), ())
    assert compare(runs).is_same


def test_a_missed_payment_shows_what_would_be_recorded(runs: Runs, table: CloudTable) -> None:
    runs.add_parts(1)
    table.items.clear()
    runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    comparison = compare(runs)
    fields = {one.field: (one.ours, one.stripe) for one in comparison.differences}
    assert fields["status"] == ("open", "paid")
    assert fields["payment_intent"] == (None, "pi_0")
    assert fields["refunds.re_0"][0] is None
    assert comparison.repairs == ("order.paid", "order.refunded", "order.dispute_opened")


def test_a_refund_that_failed_since_differs_by_its_status(runs: Runs) -> None:
    runs.add_parts(1)
    one = runs.stripe.refunds[0]
    readers, recorder = runs.recorder.readers, runs.recorder
    recorder.record(readers.refunds([one], ORIGIN))
    recorder.record(readers.disputes(runs.stripe.disputes, ORIGIN))
    assert compare(runs).is_same
    one["status"] = "failed"
    assert compare(runs) == Comparison(
        (Difference("refunds.re_0.status", "succeeded", "failed"),), ("order.refund_failed",)
    )


def test_what_no_fact_changes_differs_all_the_same(runs: Runs, table: CloudTable) -> None:
    runs.add(0, OrderStatus.PAID, OrderStatus.PAID)
    change(table, amount_total={"N": "1"})
    total = line_item()["amount_total"]
    assert compare(runs) == Comparison((Difference("amount_total", 1, total),), ())
    assert not compare(runs).is_same


def test_a_part_that_stripe_does_not_have_differs(runs: Runs) -> None:
    runs.add_parts(1)
    runs.stripe.disputes.clear()
    fact = runs.recorder.readers.refunds(runs.stripe.refunds, ORIGIN)
    runs.recorder.record(fact)
    runs.stripe.refunds[:] = [expanded(refund("re_9"), id="pi_other")]
    [difference] = compare(runs).differences
    assert (difference.field, difference.stripe) == ("refunds.re_0", None)
    assert (difference.ours["amount"], difference.ours["status"]) == (700, "succeeded")


def test_every_part_that_differs_is_named(runs: Runs) -> None:
    runs.add_parts(1)
    runs.stripe.disputes.clear()
    [one] = runs.stripe.refunds
    runs.stripe.refunds.append(one | {"id": "re_1"})
    runs.recorder.record(runs.recorder.readers.refunds(runs.stripe.refunds, ORIGIN))
    runs.stripe.refunds[:] = [one | {"id": "re_1", "status": "failed"}, one | {"id": "re_2"}]
    differences = {each.field: each for each in compare(runs).differences}
    assert differences.keys() == {"refunds.re_0", "refunds.re_1.status", "refunds.re_2"}
    missed = differences["refunds.re_2"]
    assert (missed.ours, missed.stripe["amount"]) == (None, 700)


def test_an_order_whose_sessions_metadata_was_edited_is_compared(runs: Runs) -> None:
    runs.add(0, OrderStatus.PAID, OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["metadata"] = {}
    assert compare(runs).is_same


def test_an_order_without_a_payment_costs_no_call_for_refunds(runs: Runs) -> None:
    runs.add(0, OrderStatus.OPEN, OrderStatus.OPEN)
    assert compare(runs).is_same
    assert not {REFUNDS, DISPUTES} & {*runs.stripe.names}


def test_what_an_older_version_did_not_store_is_no_difference(
    runs: Runs, table: CloudTable
) -> None:
    runs.add(0, OrderStatus.PAID, OrderStatus.PAID)
    for name in ("items", "amount_tax", "amount_subtotal"):
        del table.items[ORDER_ID][name]
    assert compare(runs).is_same


def test_a_session_that_stripe_does_not_have_is_a_clear_error(runs: Runs) -> None:
    runs.add(0, OrderStatus.OPEN, OrderStatus.OPEN)
    del runs.stripe.sessions["cs_0"]
    with pytest.raises(OpsError, match="Stripe has no Checkout Session cs_0"):
        compare(runs)


def test_nothing_is_written(runs: Runs, table: CloudTable) -> None:
    runs.add(0, OrderStatus.OPEN, OrderStatus.PAID)
    before = dict(table.items[ORDER_ID])
    compare(runs)
    assert table.items[ORDER_ID] == before

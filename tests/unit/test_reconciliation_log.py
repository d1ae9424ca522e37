"""What a run of the reconciliation logs: each line has the ids of its own object."""

from dataclasses import asdict

import pytest

from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.environment import Clock, Log
from tests.support.reconciling import DAY, Runs, errors, order_id_of, orders_in, runs_of
from tests.support.stripe_objects import NOW, expanded, refund

OLD = NOW - 3 * DAY


@pytest.fixture
def runs(credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders_in(CloudTable(SideEffects())), credentials, clock)


def test_each_line_has_the_ids_of_its_own_object(runs: Runs, log: Log) -> None:
    for number in range(4):
        runs.add(number, now=OrderStatus.PAID, created=OLD)
    del runs.stripe.sessions["cs_1"]
    runs.stripe.refunds = [expanded(refund(status=None))]
    runs.run()
    for entry in log.entries:
        if "session_id" in entry and "order_id" in entry:
            assert entry["order_id"].lstrip("ord_0") == entry["session_id"].lstrip("cs_0")
        if entry.get("object_id"):
            assert not entry.keys() & {"order_id", "session_id"}
    assert not log.entries[-1].keys() & {"order_id", "session_id", "object_id", "step"}


def test_each_repair_is_logged_with_its_ids(runs: Runs, log: Log) -> None:
    runs.add_parts(1)
    runs.stripe.disputes.clear()
    runs.add(1, OrderStatus.OPEN, OrderStatus.PAID)
    runs.add(2, None, OrderStatus.PAID)
    report = runs.run()
    assert report.repaired == 3
    assert {"message": "reconciled", **asdict(report)}.items() <= log.entries[-1].items()
    repaired = [entry for entry in log.entries if entry["message"] == "repaired"]
    assert {entry.get("order_id") for entry in repaired} == {None, order_id_of(1), order_id_of(2)}
    (refunded,) = (entry for entry in repaired if "order_id" not in entry)
    assert (refunded["payment_intent"], refunded["object_ids"]) == ("pi_0", ["re_0"])


@pytest.mark.parametrize("known", [OrderStatus.OPEN, None])
def test_a_malformed_session_is_logged_with_its_id(
    runs: Runs, log: Log, known: OrderStatus | None
) -> None:
    runs.add(0, known, OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["currency"] = None
    assert runs.run().failed == 1
    (entry,) = errors(log)
    assert entry["session_id"] == "cs_0"

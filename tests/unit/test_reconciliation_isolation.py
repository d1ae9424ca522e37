"""One bad object or saved cursor stops nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from checkout.aws.cursor import NAME
from checkout.aws.orders_table import Key, OrdersTable, PendingOrder, Recorded
from checkout.credentials import CredentialsReader
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable, OrderUnwritable
from checkout.reconciliation import Report
from checkout.reconciliation.attempts import FAILURES_IN_A_ROW
from checkout.stripe.api import StripeApi
from tests.properties.cloud import CloudTable, SideEffects
from tests.support.documents import Json
from tests.support.environment import Clock, Log, client_under_test
from tests.support.memory_table import Value
from tests.support.reconciling import (
    DAY,
    ListingStripe,
    Runs,
    errors,
    order_id_of,
    orders_in,
    runs_of,
    session_id_of,
)
from tests.support.stack import PROGRESS_TABLE
from tests.support.stripe_objects import (
    NOW,
)

type Page = tuple[list[PendingOrder], Key | None]

OLD = NOW - 3 * DAY


@pytest.fixture
def table() -> CloudTable:
    return CloudTable(SideEffects())


@pytest.fixture
def orders(table: CloudTable) -> OrdersTable:
    return orders_in(table)


@pytest.fixture
def runs(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    return runs_of(orders, credentials, clock)


def break_order(table: CloudTable, number: int, **attributes: Value) -> None:
    table.items[order_id_of(number)] |= attributes


@pytest.mark.parametrize("created", [NOW - 600, OLD])
def test_an_order_of_an_unknown_status_stops_no_other(
    runs: Runs, table: CloudTable, log: Log, created: int
) -> None:
    for number in range(8):
        runs.add(number, now=OrderStatus.PAID, created=created)
    for number in range(6):
        break_order(table, number, status={"S": "of a later version"})
    for _ in range(2):
        report = runs.run()
        assert (report.failed, report.finished) == (6, True)
    assert [runs.status(number) for number in (6, 7)] == ["paid", "paid"]
    logged = {(entry.get("order_id"), entry.get("session_id")) for entry in errors(log)}
    assert logged == {(order_id_of(number), session_id_of(number)) for number in range(6)}
    assert {entry["error"] for entry in errors(log)} == {"OrderUnreadable"}


@pytest.mark.parametrize("status", [500, 400, 404])
@pytest.mark.parametrize("broken", [1, FAILURES_IN_A_ROW + 2])
def test_a_session_that_cannot_be_retrieved_stops_no_other(
    runs: Runs, log: Log, status: int, broken: int
) -> None:
    for number in range(broken + 2):
        runs.add(number, now=OrderStatus.PAID, created=OLD + number)
    for number in range(broken):
        runs.stripe.break_call(f"checkout/sessions/cs_{number}", status)
    report = runs.run()
    # Lists show the broken ones.
    assert report == Report(checked=broken + 2, repaired=broken + 2)
    assert errors(log) == []
    warned = [entry for entry in log.entries if entry["message"] == "retrieved from a list"]
    assert [entry["session_id"] for entry in warned] == [f"cs_{n}" for n in range(broken)]
    assert all(entry["level"] == "WARNING" and entry["reason"] for entry in warned)


def test_a_session_in_no_list_keeps_stripes_reason(runs: Runs, log: Log) -> None:
    runs.add(0, now=OrderStatus.PAID, created=OLD)
    runs.stripe.break_call("checkout/sessions/cs_0", 400, message="No.")
    del runs.stripe.sessions["cs_0"]
    assert runs.run().failed == 1
    (entry,) = errors(log)
    assert entry["error"] == "RequestRefused"


@pytest.mark.parametrize("broken", [1, FAILURES_IN_A_ROW + 2])
def test_an_unreadable_session_stops_no_other(runs: Runs, log: Log, broken: int) -> None:
    for number in range(broken + 2):
        runs.add(number, now=OrderStatus.PAID, created=OLD + number)
    for number in range(broken):
        runs.stripe.break_call(f"checkout/sessions/cs_{number}")
    runs.stripe.break_call("second")
    reports = [runs.run() for _ in range(2)]
    assert [runs.status(number) for number in range(broken, broken + 2)] == ["paid", "paid"]
    assert sum(report.failed for report in reports) >= 2 * min(broken, FAILURES_IN_A_ROW)
    assert all(entry["session_id"] for entry in errors(log) if entry["message"] != "gave up")


def test_a_session_that_stripe_does_not_have_is_counted(runs: Runs, log: Log) -> None:
    for number in range(3):
        runs.add(number, now=OrderStatus.PAID, created=OLD)
    del runs.stripe.sessions["cs_1"]
    report = runs.run()
    assert report == Report(checked=2, repaired=2, failed=1, oldest_pending_age=3 * DAY)
    (entry,) = errors(log)
    assert (entry["error"], entry["session_id"]) == ("SessionNotFound", "cs_1")
    assert entry["reason"] == "Stripe has no such Checkout Session."


@pytest.mark.parametrize("created", [NOW - 600, OLD])
@pytest.mark.parametrize(
    "changes",
    [{"payment_status": "maybe"}, {"amount_total": None}, {"currency": 7}, {"total_details": "?"}],
)
def test_a_malformed_session_stops_no_other(
    runs: Runs, log: Log, created: int, changes: dict[str, object]
) -> None:
    for number in range(3):
        runs.add(number, now=OrderStatus.PAID, created=created)
    runs.stripe.sessions["cs_1"] |= changes
    report = runs.run()
    assert (report.repaired, report.failed, report.finished) == (2, 1, True)
    (entry,) = errors(log)
    assert (entry["error"], entry["session_id"]) == ("UnexpectedStripeObject", "cs_1")


@pytest.mark.parametrize("changes", [{"status": None}, {"amount": "7"}, {"id": None}])
def test_a_malformed_refund_or_dispute_stops_no_other(
    runs: Runs, log: Log, changes: dict[str, object]
) -> None:
    runs.stripe.page = 100
    runs.add_parts()
    # One more of the same payment.
    runs.stripe.refunds.append(runs.stripe.refunds[1] | {"id": "re_more"} | changes)
    runs.stripe.disputes[1] |= changes
    report = runs.run()
    assert (report.repaired, report.failed, report.finished) == (3, 2, True)
    malformed = [runs.stripe.disputes[1]["id"], runs.stripe.refunds[-1]["id"]]
    assert [entry.get("object_id") for entry in errors(log)] == malformed


@pytest.mark.parametrize("created", [NOW - 600.5, "yesterday", None])
def test_an_object_without_a_time_stops_no_other(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, created: object
) -> None:
    """Lists are read by their times."""
    runs.add(0, None, OrderStatus.PAID)
    runs.add_parts(2)
    found = ListingStripe._listed  # noqa: SLF001

    def without(self: ListingStripe, objects: list[Json], params: Mapping[str, str]) -> Json:
        page = found(self, objects, params)
        data = [one | {"created": created} for one in page["data"][:1]] + page["data"][1:]
        return page | {"data": data}

    monkeypatch.setattr(ListingStripe, "_listed", without)
    assert runs.run().finished
    order = runs.orders.find(order_id_of(0))
    assert (order.amount_refunded, bool(order.dispute)) == (700, True)


@pytest.mark.parametrize("junk", [None, "cs_1", 7])
def test_what_is_no_object_stops_no_other(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, junk: object
) -> None:
    runs.add(0, None, OrderStatus.PAID)
    runs.add_parts(2)
    pages = StripeApi._pages  # noqa: SLF001

    def with_junk(self: StripeApi, path: str, wanted: Json) -> Iterator[list[Any]]:
        yield [junk]
        yield from pages(self, path, wanted)

    monkeypatch.setattr(StripeApi, "_pages", with_junk)
    report = runs.run()
    assert (report.repaired, report.finished) == (2, True)


def test_a_payment_that_cannot_be_written_counts_its_objects(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    runs.add_parts(1)
    runs.stripe.sessions.clear()
    runs.stripe.disputes.clear()
    runs.stripe.refunds.append(runs.stripe.refunds[0] | {"id": "re_more"})

    def refusing(*_: object, **__: object) -> None:
        raise OrderUnwritable("No.")

    monkeypatch.setattr(OrdersTable, "record", refusing)
    assert runs.run().failed == 2
    (entry,) = errors(log)
    assert (entry["payment_intent"], entry["object_ids"]) == ("pi_0", ["re_0", "re_more"])


@pytest.mark.parametrize("error", [OrderUnwritable("refusing"), KeyError("jane@example.com")])
def test_an_order_that_cannot_be_written_stops_no_other(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, log: Log, error: Exception
) -> None:
    for number in range(8):
        runs.add(number, now=OrderStatus.PAID)
    record = OrdersTable.record

    def refusing(self: OrdersTable, fact: Fact, *, read_back: bool = False) -> Recorded:
        if fact.order_id not in {order_id_of(3), order_id_of(5)}:
            raise error
        return record(self, fact, read_back=read_back)

    monkeypatch.setattr(OrdersTable, "record", refusing)
    report = runs.run()
    assert (report.repaired, report.failed, report.finished) == (2, 6, True)
    logged = {(entry["message"], entry["error"]) for entry in errors(log)}
    assert logged == {("not reconciled", type(error).__name__)}
    assert all("refusing" in str(entry.get("stack", entry.get("reason"))) for entry in errors(log))
    assert "jane" not in log.text


def test_a_session_of_the_other_mode_is_a_failure(runs: Runs, log: Log) -> None:
    runs.add(0, now=OrderStatus.PAID)
    runs.stripe.sessions["cs_0"]["livemode"] = True
    assert runs.run().failed == 1
    assert runs.status(0) == "open"
    (entry,) = errors(log)
    assert entry["reason"] == "The Checkout Session is of the other mode."


def test_a_shard_that_cannot_be_read_stops_no_other(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    for number in range(20):
        runs.add(number, now=OrderStatus.PAID)
    pending = OrdersTable.pending

    def failing(self: OrdersTable, shard: int, *, created_until: int, after: Key | None) -> Page:
        if shard == 3:
            raise OrdersUnavailable("No.")
        return pending(self, shard, created_until=created_until, after=after)

    monkeypatch.setattr(OrdersTable, "pending", failing)
    report = runs.run()
    # The marks of the sessions tell whose they are.
    assert (report.repaired, report.failed, report.finished) == (20, 1, True)
    (entry,) = errors(log)
    assert (entry["step"], entry["shard"]) == ("pending", 3)


def test_an_order_without_a_session_stops_no_other(runs: Runs, table: CloudTable, log: Log) -> None:
    for number in range(3):
        runs.add(number, now=OrderStatus.PAID)
    break_order(table, 1, session_id={"NULL": True})
    report = runs.run()
    assert report.repaired == 2
    assert report.failed >= 1
    entry = next(entry for entry in errors(log) if entry.get("order_id") == order_id_of(1))
    assert entry["message"] == "order without a session"


@pytest.mark.parametrize("cursor", ["{", '{"shard": 3, "after": {"order_id": {"S": "x"}}}'])
def test_no_saved_cursor_stops_a_run(runs: Runs, log: Log, cursor: str) -> None:
    client = client_under_test("dynamodb")
    client.put_item(TableName=PROGRESS_TABLE, Item=NAME | {"cursor": {"S": cursor}})
    runs.add(1, now=OrderStatus.PAID)
    report = runs.run()
    assert (report.repaired, report.failed, report.finished) == (1, 0, True)
    assert "cursor not usable" in log.text
    assert runs.store.read(NOW).refunds.listed_until == NOW


@pytest.mark.parametrize("operations", [["read"], ["save"], ["read", "save"]])
def test_a_cursor_that_cannot_be_read_or_saved_stops_no_run(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, operations: list[str]
) -> None:
    runs.add(1, now=OrderStatus.PAID)

    def refusing(*_: object) -> None:
        raise OrdersUnavailable("No.")

    for operation in operations:
        monkeypatch.setattr(type(runs.store), operation, refusing)
    report = runs.run()
    assert (report.repaired, report.failed, report.finished) == (1, len(operations), True)

"""The example in examples/fulfilment/: what is paid for is shipped, once, and nothing else is."""

import io
import logging
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from checkout.domain.facts import Fact
from fulfilment import app
from fulfilment.shipments import BeingShipped
from fulfilment.shipping import logger, ship
from tests.support.documents import Json
from tests.support.environment import Log, client_of_all_tests, session_of_all_tests
from tests.support.fulfilling import (
    SHIPMENTS,
    SHIPPED,
    Warehouse,
    batch,
    captured,
    disputed,
    failed,
    published,
    refund_failed,
    refunded,
    shipments_table,
    sqs_record,
)
from tests.support.invocations import Context
from tests.support.stripe_objects import ORDER_ID

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

NOTHING_FAILED = failed({})

type Handle = Callable[[Json], Json]


@pytest.fixture
def shipping_log() -> Iterator[Log]:
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield Log(stream)
    handler.setStream(before)


@pytest.fixture
def warehouse(aws: None, shipping_log: Log) -> Warehouse:
    client_of_all_tests("dynamodb").create_table(**shipments_table())
    table = session_of_all_tests().resource("dynamodb").Table(SHIPMENTS)
    return Warehouse(table, shipping_log)


@pytest.fixture
def handle(warehouse: Warehouse, environment: pytest.MonkeyPatch) -> Iterator[Handle]:
    environment.setenv("SHIPMENTS_TABLE", SHIPMENTS)
    app.shipments.cache_clear()
    yield invoked
    app.shipments.cache_clear()


def context(milliseconds_left: int = 30_000) -> "LambdaContext":
    return cast("LambdaContext", Context(milliseconds_left=milliseconds_left))


def invoked(event: Json, milliseconds_left: int = 30_000) -> Json:
    return cast("Json", app.lambda_handler(event, context(milliseconds_left)))


def invoked_beside(message: Json) -> None:
    """Handle a message as another container does, which has a batch of its own."""
    app.record_handler(SQSRecord(sqs_record(message)), context())


def test_ships_the_items_of_a_paid_order(handle: Handle, warehouse: Warehouse) -> None:
    (paid,) = published()
    assert handle(batch(paid)) == NOTHING_FAILED
    assert warehouse.shipped == [SHIPPED]
    assert warehouse.row["shipped_at"] > 0
    assert warehouse.row.keys() == {"order_id", "version", "to_ship", "shipped_at"}


def test_a_repeated_message_ships_nothing(handle: Handle, warehouse: Warehouse) -> None:
    (paid,) = published()
    for _ in range(2):
        assert handle(batch(paid, paid)) == NOTHING_FAILED
    assert warehouse.shipped == [SHIPPED]


def test_a_copy_waits_while_the_order_is_shipped(
    handle: Handle, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paid,) = published()

    def ship_meanwhile(*order: Any) -> None:  # noqa: ANN401
        with pytest.raises(BeingShipped):
            invoked_beside(paid)
        ship(*order)

    monkeypatch.setattr(app, "ship", ship_meanwhile)
    assert handle(batch(paid, paid)) == NOTHING_FAILED
    assert warehouse.shipped == [SHIPPED]


@pytest.mark.parametrize("milliseconds_left", [-1, 30_000])
def test_a_failed_shipment_is_retried_after_its_claim(
    handle: Handle,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    milliseconds_left: int,
) -> None:
    (paid,) = published()
    event = batch(paid)
    with monkeypatch.context() as patch:
        patch.setattr(app, "ship", lambda *_: 1 / 0)
        assert invoked(event, milliseconds_left) == failed(event, 0)
    assert "shipped_at" not in warehouse.row
    ended = milliseconds_left < 0
    assert handle(event) == (NOTHING_FAILED if ended else failed(event, 0))
    assert warehouse.shipped == ([SHIPPED] if ended else [])


# In any order of the messages


@pytest.mark.parametrize(
    "facts",
    [
        (refunded(), refund_failed()),
        (disputed("needs_response"), disputed("won")),
        (disputed("warning_needs_response"), disputed("warning_closed")),
        (refunded(4199),),
    ],
)
def test_an_order_that_stays_paid_is_shipped_once(
    handle: Handle, warehouse: Warehouse, facts: tuple[Fact, ...]
) -> None:
    messages = published(*facts)
    for arrival in permutations(messages):
        warehouse.table.delete_item(Key={"order_id": ORDER_ID})
        before = len(warehouse.shipped)
        for message in arrival:
            assert handle(batch(message)) == NOTHING_FAILED
        assert len(warehouse.shipped) == before + 1, [one["type"] for one in arrival]
        assert "held_for" not in warehouse.row
        assert warehouse.row["version"] == len(messages)


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (refunded(), "refunded"),
        (disputed("warning_needs_response"), "disputed"),
        (disputed("needs_response"), "disputed"),
        (disputed("lost"), "disputed"),
        (disputed("a_status_to_come"), "disputed"),
    ],
)
def test_an_order_whose_money_is_taken_back_is_not_shipped(
    handle: Handle,
    warehouse: Warehouse,
    fact: Fact,
    reason: str,
) -> None:
    paid, taken_back = published(fact)
    for message in (taken_back, paid, taken_back, paid):
        assert handle(batch(message)) == NOTHING_FAILED
    assert warehouse.shipped == []
    assert warehouse.recalled == []
    assert warehouse.row["held_for"] == reason


def test_a_shipped_order_whose_money_is_taken_back_is_recalled(
    handle: Handle, warehouse: Warehouse
) -> None:
    paid, taken_back = published(refunded())
    assert handle(batch(paid, taken_back)) == NOTHING_FAILED
    assert (warehouse.shipped, warehouse.recalled) == ([SHIPPED], ["refunded"])


def test_a_recall_that_failed_is_tried_again(
    handle: Handle, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid, taken_back = published(refunded())
    handle(batch(paid))
    event = batch(taken_back)
    with monkeypatch.context() as patch:
        patch.setattr(app, "recall", lambda *_: 1 / 0)
        assert handle(event) == failed(event, 0)
    assert handle(event) == NOTHING_FAILED
    assert warehouse.recalled == ["refunded"]


def test_a_refund_of_all_that_was_captured_stops_the_shipment(
    handle: Handle, warehouse: Warehouse
) -> None:
    """Only `order.captured` says that the payment was captured in part."""
    messages = published(refunded(700), captured(700))
    assert messages[-1]["type"] == "order.captured"
    for arrival in permutations(messages):
        warehouse.table.delete_item(Key={"order_id": ORDER_ID})
        shipped, recalled = len(warehouse.shipped), len(warehouse.recalled)
        for message in arrival:
            assert handle(batch(message)) == NOTHING_FAILED
        assert warehouse.row["held_for"] == "refunded"
        assert len(warehouse.shipped) - shipped == len(warehouse.recalled) - recalled


def test_a_capture_alone_ships_nothing(handle: Handle, warehouse: Warehouse) -> None:
    """A payment may be captured in several parts: the order is paid after the last."""
    (paid,) = published()
    part = paid | {"type": "order.captured", "amount_captured": 700}
    assert handle(batch(part)) == NOTHING_FAILED
    assert warehouse.shipped == []
    assert handle(batch(paid | {"version": paid["version"] + 1})) == NOTHING_FAILED
    assert warehouse.shipped == [SHIPPED]


def test_an_order_is_recalled_while_it_is_shipped(
    handle: Handle, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid, taken_back = published(refunded())
    monkeypatch.setattr(app, "ship", lambda *_: invoked_beside(taken_back))
    assert handle(batch(paid)) == NOTHING_FAILED
    assert warehouse.recalled == ["refunded"]


def test_a_free_order_is_shipped(handle: Handle, warehouse: Warehouse) -> None:
    (paid,) = published()
    assert handle(batch(paid | {"amount_total": 0, "amount_captured": 0})) == NOTHING_FAILED
    assert warehouse.shipped == [SHIPPED]


# What is no message


def test_a_malformed_message_fails_alone_and_unread(handle: Handle, warehouse: Warehouse) -> None:
    (paid,) = published()
    secret = "a customer's own text"
    malformed = [
        secret,
        paid | {"version": secret},
        paid | {"version": "2"},
        {name: value for name, value in paid.items() if name != "amount_refunded"},
        paid | {"items": None},
        paid | {"items": []},
        paid | {"items": [paid["items"][0] | {"quantity": 0}]},
        [],
    ]
    event = batch(*malformed, paid | {"client_reference_id": secret})
    assert handle(event) == failed(event, *range(len(malformed)))
    assert warehouse.shipped == [SHIPPED]
    logged = [one for one in warehouse.log.entries if one["message"] == "not processed"]
    identifiers = [record["messageId"] for record in event["Records"][:-1]]
    assert [one["sqs_message_id"] for one in logged] == identifiers
    assert "amount_refunded" in logged[3]["exception"]
    assert secret not in warehouse.log.text


def test_a_type_that_fulfilment_does_not_handle_is_ignored(
    handle: Handle, warehouse: Warehouse
) -> None:
    (paid,) = published()
    other = [paid | {"type": "order.expired"}, {"type": "order.of_a_later_version"}]
    assert handle(batch(*other)) == NOTHING_FAILED
    assert warehouse.shipped == []
    assert warehouse.table.scan()["Items"] == []


def test_a_table_that_refuses_leaves_the_messages_in_the_queue(
    handle: Handle, warehouse: Warehouse
) -> None:
    event = batch(*published(refunded()))
    warehouse.table.delete()
    assert handle(event) == failed(event, 0, 1)
    assert (warehouse.shipped, warehouse.recalled) == ([], [])

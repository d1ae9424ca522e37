import json
from collections.abc import Callable
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from checkout.GONE_events import SESSION_EVENTS

from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable
from checkout.log import logger
from tests.unit.aws_calls import AwsCalls, breaks, refuses
from tests.unit.conftest import Log, Receiver
from tests.unit.stack import OTHER_STACK
from tests.unit.stripe_objects import (
    NOW,
    ORDER_ID,
    SESSION_ID,
    STATES,
    delivery,
    event,
    event_of,
    fact,
    session,
    session_in,
    session_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Json = dict[str, Any]
type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)


@pytest.fixture(autouse=True)
def warm(credentials: CredentialsReader) -> None:
    credentials.read()


def completed(stripe_object: object, **changes: object) -> Json:
    return event("checkout.session.completed", stripe_object, **changes)


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


@pytest.mark.parametrize("status", STATES)
def test_each_event_brings_its_order_to_what_it_says(
    receiver: Receiver, orders: OrdersTable, stored: Stored, status: OrderStatus
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    created = NOW - 60
    outcome = receiver.receive(*delivery(event_of(status) | {"created": created}))
    item = stored()
    assert outcome is Outcome.APPLIED
    assert item is not None
    assert item["status"] == status
    assert item["change"] == {
        "type": f"order.{status}",
        "source": "evt_1abc",
        "occurred_at": created,
    }


@pytest.mark.parametrize("status", STATES)
def test_an_event_may_come_before_the_order_is_known(
    receiver: Receiver, stored: Stored, status: OrderStatus
) -> None:
    assert receiver.receive(*delivery(event_of(status))) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert (item["status"], item["session_id"]) == (status, SESSION_ID)


def test_a_late_payment_is_announced_by_an_event_of_its_own(
    receiver: Receiver, stored: Stored
) -> None:
    receiver.receive(*delivery(event_of(OrderStatus.PROCESSING)))
    succeeded = event("checkout.session.async_payment_succeeded", PAID, id="evt_2")
    assert receiver.receive(*delivery(succeeded)) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


@pytest.mark.parametrize("status", STATES)
def test_an_event_costs_one_write(receiver: Receiver, calls: AwsCalls, status: OrderStatus) -> None:
    for _ in range(2):
        calls.made.clear()
        receiver.receive(*delivery(event_of(status)))
        assert calls.made == ["UpdateItem"]


def test_a_copy_of_an_event_is_a_duplicate(receiver: Receiver, stored: Stored) -> None:
    paid = delivery(event_of(OrderStatus.PAID))
    receiver.receive(*paid)
    before = stored()
    assert receiver.receive(*paid) is Outcome.DUPLICATE
    assert stored() == before


def test_another_event_about_the_same_change_is_a_duplicate(
    receiver: Receiver, stored: Stored
) -> None:
    receiver.receive(*delivery(event_of(OrderStatus.PAID)))
    before = stored()
    assert receiver.receive(*delivery(completed(PAID, id="evt_2"))) is Outcome.DUPLICATE
    assert stored() == before


@pytest.mark.parametrize("late", [OrderStatus.EXPIRED, OrderStatus.PROCESSING, OrderStatus.FAILED])
def test_an_event_that_is_too_late_is_stale(
    receiver: Receiver, stored: Stored, late: OrderStatus
) -> None:
    receiver.receive(*delivery(event_of(OrderStatus.PAID)))
    before = stored()
    assert receiver.receive(*delivery(event_of(late))) is Outcome.STALE
    assert stored() == before


@pytest.mark.no_cover
def test_any_order_of_events_ends_paid_and_enters_it_once(
    receiver: Receiver, dynamodb: "DynamoDBClient", stored: Stored
) -> None:
    for statuses in permutations(STATES):
        outcomes = [receiver.receive(*delivery(event_of(status))) for status in statuses]
        item = stored()
        assert item is not None
        assert item["status"] == "paid"
        entered = [entry["type"] for entry in item["history"]]
        assert entered.count("order.paid") == 1
        assert outcomes.count(Outcome.APPLIED) == len(entered) == item["version"]
        dynamodb.delete_item(TableName="orders", Key={"order_id": {"S": ORDER_ID}})


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": session_metadata(checkout_stack=OTHER_STACK)},
        {"metadata": without(session_metadata(), "checkout_stack")},
        {"metadata": without(session_metadata(), "order_id")},
        {"metadata": {}},
        {"metadata": None},
        {"livemode": True},
        {"metadata": {}, "mode": "setup", "amount_total": None, "currency": None},
    ],
)
@pytest.mark.parametrize("event_type", sorted(SESSION_EVENTS))
def test_a_session_that_is_not_ours_is_left_alone(
    receiver: Receiver, calls: AwsCalls, event_type: str, change: Json
) -> None:
    calls.made.clear()
    foreign = event(event_type, session(**PAID | change))
    assert receiver.receive(*delivery(foreign)) is Outcome.IGNORED
    assert calls.made == []


def test_a_session_without_metadata_at_all_is_left_alone(
    receiver: Receiver, calls: AwsCalls
) -> None:
    foreign = completed(without(PAID, "metadata"))
    assert receiver.receive(*delivery(foreign)) is Outcome.IGNORED
    assert calls.count("UpdateItem") == 0


def test_another_session_of_a_known_order_is_ignored(
    receiver: Receiver, orders: OrdersTable, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    before = stored()
    second = event_of(OrderStatus.EXPIRED, id="cs_test_second")
    assert receiver.receive(*delivery(second)) is Outcome.IGNORED
    assert stored() == before


@pytest.mark.parametrize(
    "other",
    [
        event("payment_intent.succeeded", PAID),
        event("checkout.session.created", PAID),
        event("checkout.session.completed.v2", PAID),
        event("CHECKOUT.SESSION.COMPLETED", PAID),
        event("", PAID),
        {"id": "evt_2", "object": "v2.core.event", "type": "v1.account.updated"},
        {"id": "evt_2", "object": "event", "type": "account.updated"},
    ],
)
def test_an_event_of_another_type_is_ignored(
    receiver: Receiver, calls: AwsCalls, other: Json
) -> None:
    calls.made.clear()
    assert receiver.receive(*delivery(other)) is Outcome.IGNORED
    assert calls.made == []


@pytest.mark.parametrize(
    "failure",
    [
        refuses("InternalServerError", status=500),
        refuses("ThrottlingException"),
        refuses("AccessDeniedException"),
        breaks(EndpointConnectionError(endpoint_url="https://dynamodb")),
    ],
)
def test_what_was_not_saved_is_not_acknowledged(
    receiver: Receiver,
    calls: AwsCalls,
    failure: Any,  # noqa: ANN401
) -> None:
    calls.failure = failure
    with pytest.raises(OrdersUnavailable):
        receiver.receive(*delivery(event_of(OrderStatus.PAID)))


def test_stripes_next_try_saves_what_could_not_be_saved(
    receiver: Receiver, calls: AwsCalls
) -> None:
    calls.failure = breaks(EndpointConnectionError(endpoint_url="https://dynamodb"))
    with pytest.raises(OrdersUnavailable):
        receiver.receive(*delivery(event_of(OrderStatus.PAID)))
    calls.failure = None
    assert receiver.receive(*delivery(event_of(OrderStatus.PAID))) is Outcome.APPLIED


def test_the_log_names_the_event_and_its_order_and_nobody(
    receiver: Receiver, dynamodb: "DynamoDBClient", log: Log
) -> None:
    details = {"email": "ada@example.com", "name": "Ada L."}
    receiver.receive(*delivery(event_of(OrderStatus.PAID, customer_details=details)))
    logger.info("handled")
    [entry] = log.entries
    assert entry["event_id"] == "evt_1abc"
    assert entry["event_type"] == "checkout.session.completed"
    assert (entry["order_id"], entry["session_id"]) == (ORDER_ID, SESSION_ID)
    saved = json.dumps(dynamodb.scan(TableName="orders")["Items"])
    for personal in details.values():
        assert personal not in log.text
        assert personal not in saved

import json
from collections.abc import Callable
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable, OrderUnwritable
from checkout.log import logger
from checkout.stripe.events import HANDLED_EVENTS
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.open_order import put_open_order
from tests.support.queues import Queue
from tests.support.stack import OTHER_STACK
from tests.support.stripe_objects import (
    NOW,
    ORDER_ID,
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

type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)
SESSION_EVENTS = [one for one in HANDLED_EVENTS if one.startswith("checkout.session.")]


@pytest.fixture(autouse=True)
def warm(credentials: CredentialsReader, dynamodb: "DynamoDBClient", calls: AwsCalls) -> None:
    """Let the secret be read, and the order be open with its items."""
    credentials.read()
    put_open_order(dynamodb)
    calls.made.clear()


def completed(stripe_object: object, **changes: object) -> Json:
    return event("checkout.session.completed", stripe_object, **changes)


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


@pytest.mark.parametrize("status", STATES)
def test_each_event_updates_its_order(
    deliveries: Deliveries, stored: Stored, status: OrderStatus
) -> None:
    created = NOW - 60
    outcome = deliveries.receive(*delivery(event_of(status) | {"created": created}))
    item = stored()
    assert outcome is Outcome.APPLIED
    assert item is not None
    assert item["status"] == status
    assert item["change"] == {
        "type": f"order.{status}",
        "source": "evt_1abc",
        "occurred_at": created,
    }


def test_a_late_payment_is_announced_by_an_event_of_its_own(
    deliveries: Deliveries, stored: Stored
) -> None:
    deliveries.receive(*delivery(event_of(OrderStatus.PROCESSING)))
    succeeded = event("checkout.session.async_payment_succeeded", PAID, id="evt_2")
    assert deliveries.receive(*delivery(succeeded)) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


@pytest.mark.parametrize("status", STATES)
def test_an_event_costs_one_write(
    deliveries: Deliveries, calls: AwsCalls, status: OrderStatus
) -> None:
    for _ in range(2):
        calls.made.clear()
        deliveries.receive(*delivery(event_of(status)))
        assert calls.made == ["UpdateItem"]


def test_a_copy_of_an_event_is_a_duplicate(deliveries: Deliveries, stored: Stored) -> None:
    paid = delivery(event_of(OrderStatus.PAID))
    deliveries.receive(*paid)
    before = stored()
    assert deliveries.receive(*paid) is Outcome.DUPLICATE
    assert stored() == before


def test_another_event_about_the_same_change_is_a_duplicate(
    deliveries: Deliveries, stored: Stored
) -> None:
    deliveries.receive(*delivery(event_of(OrderStatus.PAID)))
    before = stored()
    assert deliveries.receive(*delivery(completed(PAID, id="evt_2"))) is Outcome.DUPLICATE
    assert stored() == before


@pytest.mark.parametrize("late", [OrderStatus.EXPIRED, OrderStatus.PROCESSING, OrderStatus.FAILED])
def test_an_event_that_is_too_late_is_stale(
    deliveries: Deliveries, stored: Stored, late: OrderStatus
) -> None:
    deliveries.receive(*delivery(event_of(OrderStatus.PAID)))
    before = stored()
    assert deliveries.receive(*delivery(event_of(late))) is Outcome.STALE
    assert stored() == before


@pytest.mark.full  # as any order of facts does: test_convergence.py
@pytest.mark.no_cover
def test_any_order_of_events_ends_paid_and_enters_it_once(
    deliveries: Deliveries, orders: OrdersTable, dynamodb: "DynamoDBClient", stored: Stored
) -> None:
    for statuses in permutations(STATES):
        outcomes = [deliveries.receive(*delivery(event_of(status))) for status in statuses]
        item = stored()
        assert item is not None
        assert item["status"] == "paid"
        entered = [entry["type"] for entry in item["history"]]
        assert entered.count("order.paid") == 1
        assert outcomes.count(Outcome.APPLIED) + 1 == len(entered) == item["version"]
        dynamodb.delete_item(TableName="orders", Key={"order_id": {"S": ORDER_ID}})
        orders.record(fact(OrderStatus.OPEN))


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
@pytest.mark.parametrize("event_type", SESSION_EVENTS)
def test_a_session_that_is_not_ours_is_left_alone(
    deliveries: Deliveries, calls: AwsCalls, event_type: str, change: Json
) -> None:
    calls.made.clear()
    foreign = event(event_type, session(**PAID | change))
    assert deliveries.receive(*delivery(foreign)) is Outcome.IGNORED
    assert calls.made == []


def test_a_session_without_metadata_at_all_is_left_alone(
    deliveries: Deliveries, calls: AwsCalls
) -> None:
    foreign = completed(without(PAID, "metadata"))
    assert deliveries.receive(*delivery(foreign)) is Outcome.IGNORED
    assert calls.count("UpdateItem") == 0


def test_another_session_of_a_known_order_is_ignored(
    deliveries: Deliveries, stored: Stored
) -> None:
    before = stored()
    second = event_of(OrderStatus.EXPIRED, id="cs_test_second")
    assert deliveries.receive(*delivery(second)) is Outcome.IGNORED
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
    deliveries: Deliveries, calls: AwsCalls, other: Json
) -> None:
    calls.made.clear()
    assert deliveries.receive(*delivery(other)) is Outcome.IGNORED
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
    deliveries: Deliveries,
    calls: AwsCalls,
    queue: Queue,
    failure: Any,  # noqa: ANN401
) -> None:
    calls.failure = failure
    with pytest.raises(OrdersUnavailable):
        deliveries.receive(*delivery(event_of(OrderStatus.PAID)))
    assert queue.receive() == []


def test_a_write_that_no_retry_helps_is_dead_lettered_once(
    deliveries: Deliveries, calls: AwsCalls, queue: Queue
) -> None:
    calls.failure = refuses("ValidationException")
    for _ in range(3):
        with pytest.raises(OrderUnwritable):
            deliveries.receive(*delivery(event_of(OrderStatus.PAID)))
    (sent,) = queue.receive()
    assert sent["requestPayload"] == {"detail": event_of(OrderStatus.PAID)}
    assert sent["responsePayload"]["errorType"] == "OrderUnwritable"


def test_stripes_next_try_saves_what_could_not_be_saved(
    deliveries: Deliveries, calls: AwsCalls
) -> None:
    calls.failure = breaks(EndpointConnectionError(endpoint_url="https://dynamodb"))
    with pytest.raises(OrdersUnavailable):
        deliveries.receive(*delivery(event_of(OrderStatus.PAID)))
    calls.failure = None
    assert deliveries.receive(*delivery(event_of(OrderStatus.PAID))) is Outcome.APPLIED


def test_the_log_names_the_event_and_its_order_and_nobody(
    deliveries: Deliveries, dynamodb: "DynamoDBClient", log: Log
) -> None:
    details = {"email": "ada@example.com", "name": "Ada L."}
    deliveries.receive(*delivery(event_of(OrderStatus.PAID, customer_details=details)))
    logger.info("handled")
    recorded, *later = log.entries
    assert (recorded["message"], recorded["order_id"]) == ("recorded", ORDER_ID)
    for entry in (recorded, *later):
        assert entry["event_id"] == "evt_1abc"
        assert entry["event_type"] == "checkout.session.completed"
    saved = json.dumps(dynamodb.scan(TableName="orders")["Items"])
    for personal in details.values():
        assert personal not in log.text
        assert personal not in saved

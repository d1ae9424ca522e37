"""Payments that are not ours, and sessions whose order the table lacks or holds without items."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from checkout.errors import OrderUnreadable, StripeRefused, UnexpectedStripeObject
from checkout.recorder import Recorder
from checkout.stripe.readers import Readers
from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.queues import Queue
from tests.support.stack import OTHER_STACK, TABLE
from tests.support.stripe_objects import (
    ITEM,
    NOW,
    ORDER_ID,
    SESSION_ID,
    STATES,
    delivery,
    dispute,
    event,
    event_fact,
    event_of,
    expanded,
    fact,
    line_item,
    listed,
    payment_metadata,
    refund,
    session_in,
    session_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], Json | None]

COMPLETE = session_in(OrderStatus.PAID, line_items=listed(line_item()))
LINE_ITEMS_CALL = ("get", f"/v1/checkout/sessions/{SESSION_ID}/line_items")
REFUNDED = event("refund.created", refund())
DISPUTED = event("charge.dispute.created", dispute())
ANOTHER_PAYMENT = r"^The order has another payment than its Checkout Session\.$"


def of_table(calls: AwsCalls) -> list[str]:
    return [made for made in calls.made if made != "GetSecretValue"]


# Payments of others


MARKS: list[Json] = [{}, payment_metadata(checkout_stack=OTHER_STACK), payment_metadata()]


@pytest.mark.parametrize("metadata", MARKS, ids=str)
@pytest.mark.parametrize(
    "session",
    [
        None,
        COMPLETE | {"metadata": {}},
        COMPLETE | {"metadata": session_metadata(checkout_stack=OTHER_STACK)},
    ],
    ids=["no session", "of another system", "of another stack"],
)
def test_a_foreign_payment_costs_one_call_and_is_ignored(
    deliveries: Deliveries,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    metadata: Json,
    session: Json | None,
) -> None:
    for document in (REFUNDED, DISPUTED):
        fake_stripe.respond(expanded(document["data"]["object"], metadata=metadata))
        fake_stripe.respond(listed(session) if session else listed())
        assert deliveries.process(document) is Outcome.IGNORED
    assert len(fake_stripe.calls) == 4
    writes = 2 if metadata == payment_metadata() else 0
    assert (calls.count("Query"), calls.count("UpdateItem")) == (2, writes)


def test_a_payment_that_stripe_does_not_have_any_more_is_ignored(
    deliveries: Deliveries, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(expanded(refund(), metadata={}))
    fake_stripe.respond_with_error(
        404, code="resource_missing", param="payment_intent", message="No."
    )
    assert deliveries.process(REFUNDED) is Outcome.IGNORED
    fake_stripe.respond(expanded(refund(), metadata={}))
    fake_stripe.respond_with_error(400, param="expand", message="This property cannot be expanded.")
    with pytest.raises(StripeRefused):
        deliveries.process(REFUNDED)


def test_a_session_that_names_another_order_is_no_way_to_it(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    queue: Queue,
    dynamodb: "DynamoDBClient",
) -> None:
    """The order has another session: an error for ops, since money moved that nobody recorded."""
    other = fact(OrderStatus.PAID, session_id="cs_test_other", payment_intent="pi_other")
    orders.record(other)
    before = dynamodb.scan(TableName=TABLE)["Items"]
    fake_stripe.respond(expanded(refund()))
    fake_stripe.respond(listed(COMPLETE))
    with pytest.raises(UnexpectedStripeObject, match=ANOTHER_PAYMENT):
        deliveries.receive(*delivery(REFUNDED))
    assert dynamodb.scan(TableName=TABLE)["Items"] == before
    (sent,) = queue.receive()
    assert sent["requestPayload"] == {"detail": REFUNDED}


# Sessions


@pytest.mark.parametrize("status", STATES)
def test_a_session_event_without_its_order_fetches_the_items(
    deliveries: Deliveries,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    stored: Stored,
    status: OrderStatus,
) -> None:
    fake_stripe.respond(listed(line_item()))
    assert deliveries.process(event_of(status)) is Outcome.APPLIED
    assert fake_stripe.calls == [LINE_ITEMS_CALL]
    assert fake_stripe.requests[0].params == {"limit": "100", "expand[0]": "data.price.product"}
    assert of_table(calls) == ["UpdateItem", "UpdateItem"]
    item = stored()
    assert item is not None
    assert (item["status"], item["version"]) == (status, 1)
    assert [one["price"] for one in item["items"]] == [ITEM.price]


def test_an_order_without_items_gets_them_before_it_is_paid(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    dynamodb: "DynamoDBClient",
    stored: Stored,
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    dynamodb.update_item(
        TableName=TABLE,
        Key={"order_id": {"S": ORDER_ID}},
        UpdateExpression="REMOVE #items",
        ExpressionAttributeNames={"#items": "items"},
    )
    fake_stripe.respond(listed(line_item()))
    assert deliveries.process(event_of(OrderStatus.PAID)) is Outcome.APPLIED
    assert deliveries.process(event_of(OrderStatus.PAID)) is Outcome.DUPLICATE
    assert fake_stripe.calls == [LINE_ITEMS_CALL]
    item = stored()
    assert item is not None
    assert (item["status"], len(item["items"])) == ("paid", 1)


def test_no_line_items_no_order(
    deliveries: Deliveries, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.respond_with_error(
        404, code="resource_missing", param="session", message="No such."
    )
    with pytest.raises(StripeRefused):
        deliveries.process(event_of(OrderStatus.PAID))
    assert stored() is None


@pytest.mark.parametrize("known", [None, OrderStatus.OPEN])
def test_an_applied_fact_is_read_back_on_request(
    recorder: Recorder, fake_stripe: FakeStripe, known: OrderStatus | None
) -> None:
    if known:
        recorder.record(fact(known))
    fake_stripe.respond(listed(line_item()))
    recorded = recorder.record(event_fact(OrderStatus.PAID), read_back=True)
    assert recorded.outcome is Outcome.APPLIED
    assert recorded.order is not None
    assert recorded.order.checkout == fact(OrderStatus.PAID).checkout


def test_by_default_nothing_is_read_back(
    recorder: Recorder, readers: Readers, fake_stripe: FakeStripe
) -> None:
    """A delivery's response needs no order."""
    fake_stripe.respond(listed(line_item()))
    refunded = readers.refunds([expanded(refund())], Origin(occurred_at=NOW, source="evt_2"))
    for news in (event_fact(OrderStatus.PAID), refunded):
        recorded = recorder.record(news)
        assert (recorded.outcome, recorded.order) == (Outcome.APPLIED, None)


def test_each_outcome_is_logged_with_its_order(recorder: Recorder, log: Log) -> None:
    for outcome in ("applied", "duplicate"):
        recorder.record(fact(OrderStatus.PAID))
        entry = log.entries[-1]
        assert (entry["level"], entry["message"]) == ("INFO", "recorded")
        assert (entry["order_id"], entry["outcome"]) == (ORDER_ID, outcome)


def test_no_fact_changes_nothing(recorder: Recorder, calls: AwsCalls) -> None:
    assert recorder.record(None).outcome is Outcome.IGNORED
    assert calls.made == []


# Orders that this version cannot read


def spoil(dynamodb: "DynamoDBClient", name: str, value: Json) -> None:
    dynamodb.update_item(
        TableName=TABLE,
        Key={"order_id": {"S": ORDER_ID}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


UNREADABLE: list[tuple[str, Any]] = [
    ("status", {"S": "shipped"}),
    ("status", {"N": "7"}),
    ("amount_total", {"S": "much"}),
    ("version", {"S": "2"}),
    ("items", {"L": [{"M": {"price": {"S": "price_1"}}}]}),
    ("items", {"S": "a mug"}),
    ("refunds", {"M": {"re_0": {"M": {"status": {"S": "succeeded"}, "amount": {"S": "7"}}}}}),
    ("refunds", {"M": {"re_0": {"S": "succeeded"}}}),
    ("refunds", {"L": []}),
]


@pytest.mark.parametrize("spoilt", UNREADABLE, ids=str)
def test_an_order_that_cannot_be_read_is_dead_lettered(
    deliveries: Deliveries,
    orders: OrdersTable,
    dynamodb: "DynamoDBClient",
    queue: Queue,
    spoilt: tuple[str, Json],
) -> None:
    orders.record(fact(OrderStatus.PAID))
    spoil(dynamodb, *spoilt)
    with pytest.raises(OrderUnreadable):
        deliveries.receive(*delivery(event_of(OrderStatus.EXPIRED)))
    (sent,) = queue.receive()
    assert sent["responsePayload"]["errorType"] == "OrderUnreadable"

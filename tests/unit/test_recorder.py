"""Whose payment a refund or a dispute is about, and what the recorder fetches for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from checkout.aws.orders_table import OrdersTable
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import StripeUnavailable
from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import OTHER_STACK, TABLE
from tests.support.stripe_objects import (
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    dispute,
    event,
    expanded,
    fact,
    line_item,
    listed,
    payment_intent,
    payment_metadata,
    refund,
    session,
    session_in,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], Json | None]

OTHER_ORDER = "ord_ffffffffffffffffffffffffffffffff"
COMPLETE = session_in(OrderStatus.PAID, line_items=listed(line_item()))
DECLINED = payment_intent("requires_payment_method", declined=True)
SESSIONS_CALL = ("get", "/v1/checkout/sessions")
REFUNDED = event("refund.created", refund())
DISPUTED = event("charge.dispute.created", dispute())
PAYMENT_FAILED = event("payment_intent.payment_failed", DECLINED)
CHANGE_TYPES = {
    "refund.created": "order.refunded",
    "charge.dispute.created": "order.dispute_opened",
}
PARTS = [REFUNDED, DISPUTED]


def fetched(document: Json, **metadata: object) -> Json:
    """Return the event's object as the API does, with its PaymentIntent."""
    return expanded(document["data"]["object"], **metadata)


def name(case: tuple[Json, object]) -> str:
    return f"{case[0]['type']} {case[1]}"


def of_table(calls: AwsCalls) -> list[str]:
    return [made for made in calls.made if made != "GetSecretValue"]


def other_order(status: OrderStatus, orders: OrdersTable) -> None:
    payment = "pi_other" if status is OrderStatus.PAID else None
    orders.record(
        fact(status, order_id=OTHER_ORDER, session_id="cs_test_other", payment_intent=payment)
    )


def items(dynamodb: "DynamoDBClient") -> dict[str, Json]:
    return {one["order_id"]["S"]: one for one in dynamodb.scan(TableName=TABLE)["Items"]}


# Metadata that somebody edited


EDITED: list[object] = [
    {},
    None,
    "",
    payment_metadata(order_id="SO-10023"),
    payment_metadata(order_id=""),
    payment_metadata(checkout_stack=OTHER_STACK),
    payment_metadata(order_id=OTHER_ORDER),
    payment_metadata(order_id=OTHER_ORDER, checkout_stack=OTHER_STACK),
]


@pytest.mark.parametrize("case", [*product(PARTS, EDITED)], ids=name)
def test_the_order_of_the_payment_decides_whatever_the_mark(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    dynamodb: "DynamoDBClient",
    case: tuple[Json, Any],
) -> None:
    document, metadata = case
    orders.record(fact(OrderStatus.PAID))
    fake_stripe.respond(fetched(document, metadata=metadata))
    assert deliveries.process(document) is Outcome.APPLIED
    assert len(fake_stripe.calls) == 1
    found = items(dynamodb)
    assert found.keys() == {ORDER_ID}
    assert found[ORDER_ID]["change"]["M"]["type"] == {"S": CHANGE_TYPES[document["type"]]}


@pytest.mark.parametrize(
    "case", [*product(PARTS, [OrderStatus.OPEN, OrderStatus.EXPIRED, OrderStatus.PAID])], ids=name
)
def test_a_mark_of_another_order_does_not_touch_that_order(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    dynamodb: "DynamoDBClient",
    case: tuple[Json, Any],
) -> None:
    document, status = case
    orders.record(fact(OrderStatus.PAID))
    other_order(status, orders)
    before = items(dynamodb)
    marked = payment_metadata(order_id=OTHER_ORDER)
    fake_stripe.respond(fetched(document, metadata=marked))
    assert deliveries.process(document) is Outcome.APPLIED
    after = items(dynamodb)
    assert after[OTHER_ORDER] == before[OTHER_ORDER]
    assert after[ORDER_ID]["change"]["M"]["type"] == {"S": CHANGE_TYPES[document["type"]]}
    assert len(fake_stripe.calls) == 1


def test_an_edited_mark_costs_one_query(
    deliveries: Deliveries, orders: OrdersTable, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    orders.record(fact(OrderStatus.PAID))
    for metadata, made in (
        (payment_metadata(), ["UpdateItem"]),
        ({}, ["Query", "UpdateItem", "UpdateItem"]),
        (payment_metadata(order_id=OTHER_ORDER), ["UpdateItem", "Query", "UpdateItem"]),
    ):
        calls.made.clear()
        number = len(fake_stripe.calls)
        fake_stripe.respond(expanded(refund(f"re_{number}"), metadata=metadata))
        deliveries.process(REFUNDED)
        # With refunds in the order, the first write is refused and the second knows them.
        assert of_table(calls)[: len(made)] == made
        assert len(fake_stripe.calls) == number + 1


# The index lags behind the table


def empty_page(**_: object) -> tuple[object, Json]:
    return AWSResponse("", 200, HTTPHeaders(), None), {"Items": [], "Count": 0}


@contextmanager
def lagging_indexes(client: "DynamoDBClient") -> Iterator[None]:
    """Let each Query find nothing."""
    response = cast("Callable[..., None]", empty_page)
    client.meta.events.register("before-call.dynamodb.Query", response)
    try:
        yield
    finally:
        client.meta.events.unregister("before-call.dynamodb.Query", response)


@pytest.mark.parametrize("case", [*product(PARTS, EDITED)], ids=name)
def test_while_the_index_lags_stripes_session_decides(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    dynamodb: "DynamoDBClient",
    case: tuple[Json, Any],
) -> None:
    document, metadata = case
    orders.record(fact(OrderStatus.PAID))
    fake_stripe.respond(fetched(document, metadata=metadata))
    fake_stripe.respond(listed(COMPLETE))
    with lagging_indexes(dynamodb):
        assert deliveries.process(document) is Outcome.APPLIED
    assert fake_stripe.calls[1:] == [SESSIONS_CALL]
    found = items(dynamodb)
    assert found.keys() == {ORDER_ID}
    assert found[ORDER_ID]["change"]["M"]["type"] == {"S": CHANGE_TYPES[document["type"]]}


# The payment is not recorded yet


@pytest.mark.parametrize(
    "case", [*product(PARTS, [None, OrderStatus.OPEN, OrderStatus.EXPIRED])], ids=name
)
def test_a_part_before_its_payment_records_the_payment_first(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    stored: Stored,
    case: tuple[Json, Any],
) -> None:
    document, known = case
    if known:
        orders.record(fact(known))
    fake_stripe.respond(fetched(document))
    fake_stripe.respond(listed(COMPLETE))
    assert deliveries.process(document) is Outcome.APPLIED
    assert fake_stripe.calls[1:] == [SESSIONS_CALL]
    assert fake_stripe.requests[1].params == {
        "payment_intent": PAYMENT_INTENT,
        "limit": "1",
        "expand[0]": "data.payment_intent",
        "expand[1]": "data.line_items",
    }
    item = stored()
    assert item is not None
    assert (item["status"], item["session_id"], len(item["items"])) == ("paid", SESSION_ID, 1)
    changes = [entry["type"] for entry in item["history"]]
    assert changes[-2:] == ["order.paid", CHANGE_TYPES[document["type"]]]
    completed = event("checkout.session.completed", session_in(OrderStatus.PAID), id="evt_2")
    assert deliveries.process(completed) is Outcome.DUPLICATE


def test_a_large_cart_needs_its_line_items_too(
    deliveries: Deliveries, fake_stripe: FakeStripe, stored: Stored
) -> None:
    some = listed(*[line_item()] * 10, has_more=True)
    fake_stripe.respond(fetched(REFUNDED))
    fake_stripe.respond(listed(session_in(OrderStatus.PAID, line_items=some)))
    fake_stripe.respond(listed(*[line_item()] * 11))
    assert deliveries.process(REFUNDED) is Outcome.APPLIED
    assert len(fake_stripe.calls) == 3
    item = stored()
    assert item is not None
    assert len(item["items"]) == 11


def test_a_decline_before_its_order_makes_the_open_order(
    deliveries: Deliveries, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.respond(listed(session(payment_intent=DECLINED, line_items=listed(line_item()))))
    assert deliveries.process(PAYMENT_FAILED) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert (item["status"], list(item["declines"])) == ("open", ["ch_3abc"])


@pytest.mark.parametrize("responses", [0, 1])
def test_what_stripe_does_not_respond_to_is_left_to_a_retry(
    deliveries: Deliveries, fake_stripe: FakeStripe, stored: Stored, responses: int
) -> None:
    for _ in range(responses):
        fake_stripe.respond(fetched(REFUNDED))
    fake_stripe.break_connection()
    with pytest.raises(StripeUnavailable):
        deliveries.process(REFUNDED)
    assert stored() is None
    fake_stripe.respond(fetched(REFUNDED))
    fake_stripe.respond(listed(COMPLETE))
    assert deliveries.process(REFUNDED) is Outcome.APPLIED

"""Orders as an operator reads them."""

import dataclasses
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from checkout.aws.order_lookup import OrderLookup
from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from ops.errors import OpsError, UsageError
from ops.orders.reading import order_document, order_id, payment_page, stored_order
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.deployed_stack import stack_of
from tests.support.purchases import decline, dispute, refund
from tests.support.stack import TABLE
from tests.support.stripe_objects import CREATED_AT, NOW, ORDER_ID, PAYMENT_INTENT, fact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OTHERS = [f"ord_{number:032x}" for number in range(3)]


@pytest.fixture
def lookup(dynamodb: "DynamoDBClient") -> OrderLookup:
    return OrderLookup(dynamodb, TABLE)


def record_whole_order(orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.PAID))
    orders.record(refund("re_1", "succeeded", 700, "evt_refund"))
    orders.record(dispute("dp_1", "needs_response", "evt_dispute"))
    orders.record(decline("ch_1", "evt_decline"))


def test_an_order_is_read_with_its_history(orders: OrdersTable, lookup: OrderLookup) -> None:
    record_whole_order(orders)
    stored = lookup.find(ORDER_ID)
    assert stored is not None
    assert stored.order == orders.find(ORDER_ID)
    assert len(stored.history) == 3
    assert lookup.find(OTHERS[0]) is None


def test_orders_of_a_reference_come_newest_first(orders: OrdersTable, lookup: OrderLookup) -> None:
    for number, one in enumerate(OTHERS):
        orders.record(fact(OrderStatus.OPEN, order_id=one, created_at=CREATED_AT + number))
    orders.record(fact(OrderStatus.OPEN, client_reference_id="cart-78"))
    assert list(lookup.of_client_reference("cart-77")) == OTHERS[::-1]
    assert list(lookup.of_client_reference("cart-79")) == []


def test_the_order_of_a_payment_is_found(orders: OrdersTable, lookup: OrderLookup) -> None:
    orders.record(fact(OrderStatus.PAID))
    assert list(lookup.of_payment(PAYMENT_INTENT)) == [ORDER_ID]
    assert list(lookup.of_payment("pi_other")) == []


@pytest.mark.parametrize(("since", "changed"), [(NOW, [ORDER_ID]), (NOW + 1, [])])
def test_orders_that_changed_since_a_time_are_read(
    orders: OrdersTable, lookup: OrderLookup, since: int, changed: list[str]
) -> None:
    orders.record(fact(OrderStatus.PAID))
    [(read, items)] = lookup.changed_since(since)
    assert read == 1
    assert [item["order_id"]["S"] for item in items] == changed


def test_what_aws_refuses_reaches_the_operator(
    dynamodb: "DynamoDBClient", lookup: OrderLookup, calls: AwsCalls
) -> None:
    calls.watch(dynamodb)
    calls.failure = refuses("AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        list(lookup.of_client_reference("cart-77"))


def test_a_document_has_the_whole_order_with_readable_times(
    orders: OrdersTable, lookup: OrderLookup
) -> None:
    record_whole_order(orders)
    stored = lookup.find(ORDER_ID)
    assert stored is not None
    document = order_document(stack_of(), stored)
    assert document["created_at"] == "2026-11-18T10:56:40Z"
    assert document["declines"][0]["attempted_at"].endswith("Z")
    assert document["amount_refunded"] == 700
    assert document["dispute_status"] == "needs_response"
    assert [one["id"] for one in document["disputes"]] == ["dp_1"]
    known = {field.name for field in dataclasses.fields(stored.order.checkout)}
    assert known - document.keys() == {"request_fingerprint"}


@pytest.mark.parametrize(
    ("livemode", "page"),
    [
        (False, "https://dashboard.stripe.com/test/payments/pi_1"),
        (True, "https://dashboard.stripe.com/payments/pi_1"),
    ],
)
def test_a_payments_page_is_that_of_the_stacks_mode(livemode: bool, page: str) -> None:  # noqa: FBT001
    stack = stack_of(livemode=livemode)
    assert payment_page(stack, "pi_1") == page
    assert payment_page(stack, None) is None


def test_an_order_that_is_not_there_or_unreadable_is_a_clear_error(
    orders: OrdersTable, dynamodb: "DynamoDBClient"
) -> None:
    with pytest.raises(OpsError, match=f"The stack checkout-test has no order {ORDER_ID}"):
        stored_order(stack_of(), ORDER_ID)
    dynamodb.put_item(TableName=TABLE, Item={"order_id": {"S": ORDER_ID}})
    with pytest.raises(OpsError, match=f"^{ORDER_ID}: The stored order can't be read"):
        stored_order(stack_of(), ORDER_ID)


@pytest.mark.parametrize("text", ["", "ord_1", f"{ORDER_ID}0", ORDER_ID.upper(), "ord_\x1b[2J"])
def test_a_malformed_order_id_is_refused_before_any_call(text: str) -> None:
    with pytest.raises(UsageError, match="is not an order id") as refused:
        order_id(text)
    assert "\x1b" not in str(refused.value)

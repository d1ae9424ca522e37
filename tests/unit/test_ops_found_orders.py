"""Orders found by the ids of customers and of Stripe's Dashboard."""

from typing import TYPE_CHECKING

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from ops.errors import UsageError
from ops.orders.finding import found_orders, query
from tests.support.environment import Secret, client_of_all_tests
from tests.support.fake_stripe import FakeStripe
from tests.support.operating import in_aws, stack_of
from tests.support.reconciling import MISSING, order_id_of
from tests.support.stack import OTHER_STACK, SECRET_NAME, TABLE
from tests.support.stripe_objects import (
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    fact,
    listed,
    payment_intent,
    session,
    session_in,
    session_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ops.stack import Stack


@pytest.fixture
def stack(
    dynamodb: "DynamoDBClient", orders: OrdersTable, secret: Secret, fake_stripe: FakeStripe
) -> "Stack":
    secrets = client_of_all_tests("secretsmanager")
    outputs = {"OrdersTableName": TABLE, "StripeSecretArn": SECRET_NAME}
    return stack_of(in_aws(dynamodb=dynamodb, secrets=secrets), outputs=outputs)


def found(stack: "Stack", text: str) -> list[str]:
    return list(found_orders(stack, query(text)))


def test_an_order_id_is_the_order(stack: "Stack", fake_stripe: FakeStripe) -> None:
    assert found(stack, ORDER_ID) == [ORDER_ID]
    assert fake_stripe.calls == []


def test_a_session_names_its_order(stack: "Stack", fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(session())
    assert found(stack, SESSION_ID) == [ORDER_ID]
    assert fake_stripe.calls == [("get", f"/v1/checkout/sessions/{SESSION_ID}")]


def test_a_session_with_edited_metadata_is_found_by_its_payment(
    stack: "Stack", orders: OrdersTable, fake_stripe: FakeStripe
) -> None:
    orders.record(fact(OrderStatus.PAID))
    paid = session_in(OrderStatus.PAID, payment_intent=payment_intent(), metadata={})
    fake_stripe.respond(paid)
    assert found(stack, SESSION_ID) == [ORDER_ID]


def test_a_session_that_nobody_paid_and_is_not_ours_is_no_order(
    stack: "Stack", fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(session(metadata=session_metadata(checkout_stack=OTHER_STACK)))
    assert found(stack, SESSION_ID) == []
    fake_stripe.respond(MISSING, 404)
    assert found(stack, SESSION_ID) == []


def test_a_session_of_the_other_mode_is_refused(stack: "Stack", fake_stripe: FakeStripe) -> None:
    with pytest.raises(UsageError, match=r"^cs_live_1 is not of test mode, which the stack check"):
        found(stack, "cs_live_1")
    assert fake_stripe.calls == []
    live = stack_of(stack.environment, parameters={"StripeMode": "live"})
    with pytest.raises(UsageError, match=r"^cs_test_1 is not of live mode"):
        found(live, "cs_test_1")


def test_a_recorded_payment_costs_no_call(
    stack: "Stack", orders: OrdersTable, fake_stripe: FakeStripe
) -> None:
    orders.record(fact(OrderStatus.PAID))
    assert found(stack, PAYMENT_INTENT) == [ORDER_ID]
    assert fake_stripe.calls == []


def test_a_payment_that_no_order_recorded_is_found_by_its_session(
    stack: "Stack", fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(listed(session_in(OrderStatus.PAID, payment_intent=payment_intent())))
    assert found(stack, PAYMENT_INTENT) == [ORDER_ID]
    assert fake_stripe.requests[0].params["payment_intent"] == PAYMENT_INTENT
    fake_stripe.respond(listed())
    assert found(stack, PAYMENT_INTENT) == []


def test_orders_of_a_client_reference_come_newest_first(
    stack: "Stack", orders: OrdersTable
) -> None:
    for number in range(3):
        reference = "cart-78" if number == 1 else "cart-77"
        orders.record(
            fact(
                OrderStatus.OPEN,
                order_id=order_id_of(number),
                created_at=1_700_000_000 + number,
                client_reference_id=reference,
            )
        )
    assert found(stack, "cart-77") == [order_id_of(2), order_id_of(0)]


def test_orders_of_a_customer_are_found_each_once(stack: "Stack", fake_stripe: FakeStripe) -> None:
    foreign = session(metadata=session_metadata(checkout_stack=OTHER_STACK))
    other = session(id="cs_test_2", metadata=session_metadata(order_id=order_id_of(2)))
    fake_stripe.respond(listed(session(), foreign, other, session()))
    assert found(stack, "ada@example.com") == [ORDER_ID, order_id_of(2)]
    params = fake_stripe.requests[0].params
    assert params["customer_details[email]"] == "ada@example.com"

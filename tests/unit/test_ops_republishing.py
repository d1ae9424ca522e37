"""Messages that an operator publishes again."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from ops.errors import OpsError
from ops.orders.reading import stored_order
from ops.orders.republishing import (
    BATCH_BYTES,
    Republished,
    republish_order,
    republish_since,
)
from tests.support.aws_calls import AwsCalls
from tests.support.deployed_stack import RunningFunctions, stack_of
from tests.support.environment import client_of_all_tests
from tests.support.purchases import refund
from tests.support.queues import Subscriber
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, ORDER_ID, fact

if TYPE_CHECKING:
    from ops.stack import Stack

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LAMBDA_PAYLOAD_BYTES = 6 * 1024 * 1024
IDS = [f"ord_{number:032x}" for number in range(12)]


class _Refused:
    content = b"<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>"

    def stream(self) -> list[bytes]:
        return [self.content]


@pytest.fixture
def functions(
    load_function: Callable[[str], ModuleType], subscriber: Subscriber, watched: AwsCalls
) -> RunningFunctions:
    return RunningFunctions(load_function("publish_changes").lambda_handler)


@pytest.fixture
def deployed(functions: RunningFunctions, orders: OrdersTable) -> "Stack":
    return stack_of(functions=functions)


def refuse_for_good(calls: AwsCalls, order_id: str) -> None:
    """Let SNS refuse the message of one order."""

    def refusing(request: AWSPreparedRequest) -> AWSResponse | None:
        if order_id not in str(request.body):
            return None
        return AWSResponse(request.url, 400, HTTPHeaders(), _Refused())

    calls.failure = refusing  # type: ignore[assignment]


def test_the_latest_change_is_published_with_its_id(
    deployed: "Stack", orders: OrdersTable, subscriber: Subscriber
) -> None:
    orders.record(fact(OrderStatus.PAID))
    orders.record(refund("re_1", "succeeded", 700, "evt_refund"))
    assert republish_order(deployed, stored_order(deployed, ORDER_ID)) == f"{ORDER_ID}:2"
    [message] = subscriber.messages()
    assert (message["id"], message["type"]) == (f"{ORDER_ID}:2", "order.refunded")
    assert message["amount_refunded"] == 700


def test_a_change_that_is_not_published_is_named(deployed: "Stack", orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.OPEN))
    with pytest.raises(OpsError, match=f"latest change of {ORDER_ID}, order.created, is not pub"):
        republish_order(deployed, stored_order(deployed, ORDER_ID))


def test_a_message_that_sns_refuses_is_a_clear_error(
    deployed: "Stack", orders: OrdersTable, calls: AwsCalls
) -> None:
    """It is not dead-lettered: its place would be none of the stream's."""
    orders.record(fact(OrderStatus.PAID))
    refuse_for_good(calls, ORDER_ID)
    with pytest.raises(OpsError, match=f"{ORDER_ID}: not published, see the log of Publish"):
        republish_order(deployed, stored_order(deployed, ORDER_ID))
    assert calls.count("SendMessage") == 0


def test_one_bad_order_stops_no_republishing(
    deployed: "Stack", orders: OrdersTable, subscriber: Subscriber, calls: AwsCalls
) -> None:
    for number, order_id in enumerate(IDS):
        ids: Any = {"session_id": f"cs_{number}", "payment_intent": f"pi_{number}"}
        orders.record(fact(OrderStatus.PAID, order_id=order_id, **ids))
    orders.record(fact(OrderStatus.OPEN))
    for order_id, missing in ((IDS[3], "currency"), (IDS[4], "version")):
        client_of_all_tests("dynamodb").update_item(
            TableName=TABLE,
            Key={"order_id": {"S": order_id}},
            UpdateExpression=f"REMOVE {missing}",
        )
    refuse_for_good(calls, IDS[5])
    done = {one.order_id: one for one in republish_since(deployed, NOW)}
    assert done.keys() == {*IDS, ORDER_ID}
    assert done[ORDER_ID] == Republished(ORDER_ID)
    assert "currency" in str(done[IDS[3]].problem)
    assert "version" in str(done[IDS[4]].problem)
    assert "not published" in str(done[IDS[5]].problem)
    published = {one.order_id for one in done.values() if one.message_id}
    assert published == {*IDS} - {IDS[3], IDS[4], IDS[5]}
    # moto delivers what the test then refuses.
    received = {message["order_id"] for message in subscriber.messages()}
    assert received - {IDS[5]} == published
    functions: Any = deployed.environment.aws.invocations
    assert max(len(one["Records"]) for one in functions.invoked) == 10


def test_large_orders_fit_into_lambdas_payload(
    deployed: "Stack", orders: OrdersTable, subscriber: Subscriber
) -> None:
    """A control character has one byte in the table, and six in the JSON of an invocation."""
    for number, order_id in enumerate(IDS[:3]):
        ids: Any = {"session_id": f"cs_{number}", "payment_intent": f"pi_{number}"}
        orders.record(fact(OrderStatus.PAID, order_id=order_id, **ids))
        client_of_all_tests("dynamodb").update_item(
            TableName=TABLE,
            Key={"order_id": {"S": order_id}},
            UpdateExpression="SET of_a_later_version = :text",
            ExpressionAttributeValues={":text": {"S": "\x01" * 325_000}},
        )
    assert {one.message_id for one in republish_since(deployed, NOW)} == {
        f"{order_id}:1" for order_id in IDS[:3]
    }
    assert len(subscriber.messages()) == 3
    functions: Any = deployed.environment.aws.invocations
    payloads = [len(json.dumps(event)) for event in functions.invoked]
    assert len(payloads) > 1
    assert max(payloads) <= BATCH_BYTES < LAMBDA_PAYLOAD_BYTES


def test_an_older_change_is_not_published_again(deployed: "Stack", orders: OrdersTable) -> None:
    orders.record(fact(OrderStatus.PAID))
    assert list(republish_since(deployed, NOW + 1)) == []

"""A table that does not respond, and one that refuses a request for good."""

from collections.abc import Callable

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from checkout.aws.orders_table import OrdersTable, Recorded
from checkout.domain.order import OrderStatus
from checkout.errors import OrdersUnavailable, OrderUnwritable
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.environment import client_under_test
from tests.support.stack import TABLE
from tests.support.stripe_objects import ORDER_ID, fact

ENDPOINT = "https://dynamodb.us-east-1.amazonaws.com"
FAILURES = {
    "throttled": refuses("ThrottlingException"),
    "throughput": refuses("ProvisionedThroughputExceededException"),
    "broken": refuses("InternalServerError", status=500),
    "denied": refuses("AccessDeniedException"),
    "no table": refuses("ResourceNotFoundException"),
    "no route": breaks(EndpointConnectionError(endpoint_url=ENDPOINT)),
    "connect timeout": breaks(ConnectTimeoutError(endpoint_url=ENDPOINT)),
    "read timeout": breaks(ReadTimeoutError(endpoint_url=ENDPOINT)),
    "no credentials": breaks(NoCredentialsError()),
}


def record(orders: OrdersTable) -> Recorded:
    return orders.record(fact(OrderStatus.PAID))


def find(orders: OrdersTable) -> object:
    return orders.find(ORDER_ID)


def open_connection(orders: OrdersTable) -> None:
    orders.open_connection()


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("operation", [record, find, open_connection])
def test_a_table_that_does_not_respond_is_unavailable(
    environment: pytest.MonkeyPatch,
    boto3_session: None,
    calls: AwsCalls,
    operation: Callable[[OrdersTable], object],
    failure: str,
) -> None:
    client = client_under_test("dynamodb")
    calls.watch(client)
    calls.failure = FAILURES[failure]
    with pytest.raises(OrdersUnavailable) as raised:
        operation(OrdersTable(client, TABLE))
    assert len(calls.made) == 1
    assert raised.value.__cause__ is not None
    assert raised.value.detail in {
        "Orders can't be reached. Please try again.",
        "The orders table does not respond.",
    }


@pytest.mark.parametrize("operation", [record, find])
def test_an_invalid_request_is_not_worth_a_retry(
    orders: OrdersTable, calls: AwsCalls, operation: Callable[[OrdersTable], object]
) -> None:
    """An item over 400 KB, for one: DynamoDB refuses the same write every time."""
    calls.failure = refuses("ValidationException")
    with pytest.raises(OrderUnwritable, match=r"^DynamoDB refuses the request as invalid\.$"):
        operation(orders)
    assert len(calls.made) == 1

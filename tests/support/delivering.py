"""The handler of stripe_webhook, and what a delivery to it has done."""

from typing import TYPE_CHECKING

import pytest

from tests.support.documents import Json
from tests.support.handlers import handler_of
from tests.support.invocations import assert_response
from tests.support.open_order import put_open_order
from tests.support.stack import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COMPLETED = "checkout_session_completed"


handler = handler_of("stripe_webhook")


@pytest.fixture
def open_order(dynamodb: "DynamoDBClient") -> None:
    """Let the order be known with its items, as after a create."""
    put_open_order(dynamodb)


def outcome(response: Json) -> str:
    document = assert_response(response, 200)
    assert document.keys() == {"received", "outcome"}
    assert document["received"] is True
    said: str = document["outcome"]
    return said


def statuses(dynamodb: "DynamoDBClient") -> dict[str, str]:
    items = dynamodb.scan(TableName=TABLE)["Items"]
    return {item["order_id"]["S"]: item["status"]["S"] for item in items}

"""The handler of stripe_webhook, and what a delivery to it has done."""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.unit.aws_calls import AwsCalls
from tests.unit.conftest import Secret
from tests.unit.fake_stripe import FakeStripe
from tests.unit.invocations import Handler, Json, assert_answer
from tests.unit.stack import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COMPLETED = "checkout_session_completed"


@pytest.fixture
def handler(
    load_function: Callable[[str], ModuleType],
    dynamodb: "DynamoDBClient",
    secret: Secret,
    fake_stripe: FakeStripe,
    watched: AwsCalls,
) -> Handler:
    lambda_handler: Handler = load_function("stripe_webhook").lambda_handler
    return lambda_handler


def outcome(answer: Json) -> str:
    document = assert_answer(answer, 200)
    assert document.keys() == {"received", "outcome"}
    assert document["received"] is True
    said: str = document["outcome"]
    return said


def statuses(dynamodb: "DynamoDBClient") -> dict[str, str]:
    items = dynamodb.scan(TableName=TABLE)["Items"]
    return {item["order_id"]["S"]: item["status"]["S"] for item in items}

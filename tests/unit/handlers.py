"""The handlers that speak HTTP, with all that they call behind them."""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.aws_calls import AwsCalls
from tests.unit.environment import Secret
from tests.unit.fake_stripe import FakeStripe
from tests.unit.invocations import Handler

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def handler_of(function: str) -> Any:  # noqa: ANN401  (pytest's own type for a fixture is private)
    """Give the fixture of a function's handler."""

    @pytest.fixture
    def handler(
        load_function: Callable[[str], ModuleType],
        dynamodb: "DynamoDBClient",
        secret: Secret,
        fake_stripe: FakeStripe,
        watched: AwsCalls,
    ) -> Handler:
        lambda_handler: Handler = load_function(function).lambda_handler
        return lambda_handler

    return handler

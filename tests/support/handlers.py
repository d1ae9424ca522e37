"""The handlers that speak HTTP, with all that they call behind them."""

import functools
import json
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import contract
from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.environment import Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.invocations import Context, Handler

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def as_documented(function: str, handler: Handler) -> Handler:
    """Check each response to a request over HTTP against openapi.yaml."""

    @functools.wraps(handler)
    def checked(event: Json, context: Context) -> Json:
        response = handler(event, context)
        if "requestContext" in event:
            contract.assert_as_documented(
                contract.operation_of(function, event["routeKey"]),
                response["statusCode"],
                response["headers"],
                json.loads(response["body"]),
            )
        return response

    return checked


def handler_of(function: str) -> Any:  # noqa: ANN401  (pytest's own type for a fixture is private)
    """Return the fixture of a function's handler."""

    @pytest.fixture
    def handler(
        load_function: Callable[[str], ModuleType],
        dynamodb: "DynamoDBClient",
        secret: Secret,
        fake_stripe: FakeStripe,
        watched: AwsCalls,
    ) -> Handler:
        lambda_handler: Handler = load_function(function).lambda_handler
        return as_documented(function, lambda_handler)

    return handler

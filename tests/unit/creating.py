"""The handler of create_session, with a Stripe behind it that makes what it is asked for."""

import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.unit.aws_calls import AwsCalls
from tests.unit.conftest import Secret
from tests.unit.fake_stripe import FakeStripe
from tests.unit.invocations import Handler, Json, sample
from tests.unit.stack import TABLE
from tests.unit.stripe_objects import session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class CreatingStripe(FakeStripe):
    """Without a canned answer it makes the session that was asked for."""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        **more: object,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            return super().request(method, url, headers, post_data, **more)
        except IndexError:
            metadata = metadata_of(self.requests[-1].params)
            return json.dumps(session(metadata=metadata)), 200, {}


def metadata_of(params: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in params.items()
        if name.startswith("metadata[")
    }


@pytest.fixture
def fake_stripe(monkeypatch: pytest.MonkeyPatch) -> FakeStripe:
    fake = CreatingStripe()
    monkeypatch.setattr(stripe, "RequestsClient", lambda **_: fake)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    return fake


@pytest.fixture
def handler(
    load_function: Callable[[str], ModuleType],
    dynamodb: "DynamoDBClient",
    secret: Secret,
    fake_stripe: FakeStripe,
    watched: AwsCalls,
) -> Handler:
    lambda_handler: Handler = load_function("create_session").lambda_handler
    return lambda_handler


@pytest.fixture
def card_checkout() -> Json:
    return sample("create_session", "card_checkout")


def items(dynamodb: "DynamoDBClient") -> list[dict[str, Any]]:
    return dynamodb.scan(TableName=TABLE)["Items"]

"""The handler of create_session, with a Stripe behind it that makes what it is asked for."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.unit.fake_stripe import FakeStripe
from tests.unit.handlers import handler_of
from tests.unit.invocations import Json, sample
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


handler = handler_of("create_session")


@pytest.fixture
def card_checkout() -> Json:
    return sample("create_session", "card_checkout")


def items(dynamodb: "DynamoDBClient") -> list[dict[str, Any]]:
    return dynamodb.scan(TableName=TABLE)["Items"]

"""The reconciliation cursor."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from checkout.aws.cursor import NAME, Cursor, CursorStore, ListCursor
from checkout.errors import OrdersUnavailable
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.documents import Json
from tests.support.environment import Log, client_under_test
from tests.support.stack import PROGRESS_TABLE, progress_table
from tests.support.stripe_objects import NOW

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from mypy_boto3_dynamodb import DynamoDBClient

type Failure = Callable[[AWSPreparedRequest], AWSResponse]

CUT_OFF = Cursor(
    complete=ListCursor(listed_until=NOW - 900, resume_at=NOW - 1000),
    refunds=ListCursor(listed_until=NOW - 900, swept_at=NOW - 5000),
    retrieved=(NOW - 3600, "ord_1"),
)
# What an earlier version saved.
OLDER = {
    "progress": {
        "S": json.dumps(
            {
                "shard": 3,
                "after": {
                    "order_id": {"S": "ord_1"},
                    "unsettled_shard": {"S": "3"},  # codespell:ignore
                },
                "listed_until": 1,
                "swept_at": 1,
                "listing": {"started": 1, "since": 1, "sweep": True, "after": "re_gone"},
            }
        )
    }
}
SAVED = json.loads(CUT_OFF.model_dump_json())


@pytest.fixture
def client(aws: None, calls: AwsCalls) -> "DynamoDBClient":
    client: DynamoDBClient = client_under_test("dynamodb")
    client.create_table(**progress_table())
    calls.watch(client)
    return client


@pytest.fixture
def store(client: "DynamoDBClient") -> CursorStore:
    return CursorStore(client, PROGRESS_TABLE)


def test_it_begins_where_nothing_was_listed(store: CursorStore, log: Log) -> None:
    assert store.read(NOW) == Cursor()
    assert log.text == ""


@pytest.mark.parametrize("cursor", [Cursor(), CUT_OFF])
def test_it_gives_back_what_was_saved(store: CursorStore, cursor: Cursor) -> None:
    store.save(cursor)
    assert store.read(NOW) == cursor


def test_it_keeps_the_last_one_only(store: CursorStore, client: "DynamoDBClient") -> None:
    store.save(CUT_OFF)
    store.save(Cursor())
    assert store.read(NOW) == Cursor()
    assert len(client.scan(TableName=PROGRESS_TABLE)["Items"]) == 1


@pytest.mark.parametrize(
    "attributes",
    [
        OLDER,
        {},
        {"cursor": {"N": "7"}},
        {"cursor": {"M": {}}},
        *(
            {"cursor": {"S": text}}
            for text in (
                "",
                "{",
                "null",
                "[]",
                json.dumps(SAVED | {"later": 1}),
                json.dumps(SAVED | {"refunds": {"listed_until": 1, "after": "re_gone"}}),
                json.dumps(SAVED | {"refunds": {"listed_until": "yesterday"}}),
                json.dumps(SAVED | {"refunds": {"listed_until": -1}}),
                json.dumps(SAVED | {"refunds": {"listed_until": NOW + 1}}),
                json.dumps(SAVED | {"disputes": {"swept_at": NOW + 1}}),
                json.dumps(SAVED | {"expired": {"pass_until": NOW + 1}}),
                json.dumps(SAVED | {"complete": {"listed_until": 10**30}}),
                json.dumps(SAVED | {"retrieved": [1]}),
                json.dumps(SAVED | {"retrieved": "ord_1"}),
            )
        ),
    ],
)
def test_one_that_makes_no_sense_starts_over(
    store: CursorStore, client: "DynamoDBClient", log: Log, attributes: Json
) -> None:
    client.put_item(TableName=PROGRESS_TABLE, Item=NAME | attributes)
    assert store.read(NOW) == Cursor()
    assert [entry["message"] for entry in log.entries] == ["cursor not usable"]
    store.save(CUT_OFF)
    assert store.read(NOW) == CUT_OFF


@pytest.mark.parametrize(
    "failure",
    [
        refuses("ThrottlingException"),
        refuses("InternalServerError", status=500),
        breaks(EndpointConnectionError(endpoint_url="https://dynamodb")),
    ],
)
def test_a_table_that_does_not_respond_is_unavailable(
    store: CursorStore, calls: AwsCalls, failure: Failure
) -> None:
    calls.failure = failure
    with pytest.raises(OrdersUnavailable):
        store.read(NOW)
    with pytest.raises(OrdersUnavailable):
        store.save(Cursor())

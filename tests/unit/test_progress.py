"""What a run of the reconciliation leaves for the next one."""

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from checkout.aws.cursor import Listing, Progress, ProgressStore
from checkout.errors import OrdersUnavailable
from tests.unit.aws_calls import AwsCalls, breaks, refuses
from tests.unit.conftest import ONE_TRY
from tests.unit.stack import PROGRESS_TABLE, progress_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CUT_OFF = Progress(
    shard=3,
    after={"order_id": {"S": "ord_1"}, "created_at": {"N": "1795000000"}},
    listed_until=1_795_000_000,
    swept_at=1_794_000_000,
    listing=Listing(started=1_795_000_900, since=1, sweep=True, kind="disputes", after="dp_1"),
)


@pytest.fixture
def client(aws: None, calls: AwsCalls) -> "DynamoDBClient":
    client = boto3.client("dynamodb", config=ONE_TRY)
    client.create_table(**progress_table())
    calls.watch(client)
    return client


@pytest.fixture
def store(client: "DynamoDBClient") -> ProgressStore:
    return ProgressStore(client, PROGRESS_TABLE)


def test_begins_where_nothing_was_looked_at(store: ProgressStore) -> None:
    assert store.read() == Progress()


@pytest.mark.parametrize("progress", [Progress(), Progress(shard=15), CUT_OFF])
def test_gives_back_what_was_saved(store: ProgressStore, progress: Progress) -> None:
    store.save(progress)
    assert store.read() == progress


def test_keeps_the_last_one_only(store: ProgressStore, client: "DynamoDBClient") -> None:
    store.save(CUT_OFF)
    store.save(Progress(shard=4))
    assert store.read() == Progress(shard=4)
    assert len(client.scan(TableName=PROGRESS_TABLE)["Items"]) == 1


@pytest.mark.parametrize(
    "failure",
    [
        refuses("ThrottlingException"),
        refuses("InternalServerError", status=500),
        breaks(EndpointConnectionError(endpoint_url="https://dynamodb")),
    ],
)
def test_a_table_that_does_not_answer_is_unavailable(
    store: ProgressStore,
    calls: AwsCalls,
    failure: object,
) -> None:
    calls.failure = failure  # type: ignore[assignment]
    with pytest.raises(OrdersUnavailable):
        store.read()
    with pytest.raises(OrdersUnavailable):
        store.save(Progress())

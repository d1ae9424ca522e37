"""`make replay` of changes: their records are read again from the table's stream."""

import json

import pytest
from botocore.exceptions import ClientError

from ops.dead_letters import NotReplayed, NotUnderstood
from tests.support.documents import Json
from tests.support.replaying import STREAM_ARN, Functions, Stream, batch, changes, gone


def test_changes_are_read_again_from_the_stream() -> None:
    functions = Functions({"batchItemFailures": []})
    printed = changes(functions, Stream(range(20))).replay(batch(3, 5, 3))
    assert printed == "shard 3 to 5: 3 published"
    [(name, sent)] = functions.invoked
    assert name == "publish:live"
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["3", "4", "5"]
    assert sent["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] == 1_767_225_600


def test_changes_that_the_filter_holds_back_are_not_published() -> None:
    functions = Functions({"batchItemFailures": []})
    stream = Stream(range(20), types=("order.paid", "order.created"))
    assert changes(functions, stream).replay(batch(3, 6, 2)) == "shard 3 to 6: 2 published"
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["4", "6"]


@pytest.mark.parametrize(
    "changed",
    [
        {"streamArn": STREAM_ARN.replace("orders", "another")},
        {"streamArn": ""},
        {"shardId": 7},
        {"shardId": "shard\n"},
        {"startSequenceNumber": 3},
        {"startSequenceNumber": "-3"},
        {"endSequenceNumber": "9" * 5_000},
        {"batchSize": "3"},
        {"batchSize": 0},
        {"batchSize": True},
    ],
)
def test_a_batch_of_another_stream_or_shape_is_not_read(changed: Json) -> None:
    functions = Functions({"batchItemFailures": []})
    with pytest.raises(NotUnderstood):
        changes(functions, object()).replay(batch(3, 5, 3, **changed))
    assert functions.invoked == []


def test_a_single_record_that_the_function_dead_lettered_is_found() -> None:
    functions = Functions({"batchItemFailures": []})
    place = json.loads(batch(4, 4, 1))["DDBStreamBatchInfo"]
    del place["shardId"]
    body = json.dumps({"DDBStreamBatchInfo": place, "orderId": "ord_1"})
    assert changes(functions, Stream(range(20))).replay(body) == "record 4 to 4: 1 published"
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["4"]
    assert sent["Records"][0]["eventSourceARN"] == STREAM_ARN


def test_changes_that_still_fail_are_left() -> None:
    functions = Functions({"batchItemFailures": [{"itemIdentifier": "4"}]})
    with pytest.raises(NotReplayed, match="not published from 4 on"):
        changes(functions, Stream(range(20))).replay(batch(3, 5, 3))


def test_trimmed_changes_are_reported() -> None:
    functions = Functions({"batchItemFailures": []})
    with pytest.raises(NotReplayed, match="has 2 of 3 no more; the others are published"):
        changes(functions, Stream(range(20), trimmed_before=5)).replay(batch(3, 5, 3))
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == ["5"]


@pytest.mark.parametrize("numbers", [range(20), range(9)])
def test_changes_that_are_all_trimmed_are_reported(numbers: range) -> None:
    functions = Functions({"batchItemFailures": []})
    with pytest.raises(NotReplayed, match="has 3 of 3 no more"):
        changes(functions, Stream(numbers, trimmed_before=9)).replay(batch(3, 5, 3))
    assert functions.invoked == []


def test_a_stream_that_is_gone_has_none_of_them() -> None:
    class NoStream:
        def get_shard_iterator(self, **_: str) -> Json:
            raise gone("ResourceNotFoundException")

    with pytest.raises(NotReplayed, match="has 3 of 3 no more"):
        changes(Functions({}), NoStream()).replay(batch(3, 5, 3))


def test_a_stream_that_can_not_be_read_is_not_taken_for_trimmed() -> None:
    class NotAllowed:
        def get_shard_iterator(self, **_: str) -> Json:
            raise gone("AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDenied"):
        changes(Functions({}), NotAllowed()).replay(batch(3, 5, 3))

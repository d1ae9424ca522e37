"""`make replay` of changes: their records are read again from the table's stream."""

import json

import pytest
from botocore.exceptions import ClientError

from ops.dead_letters import NotReplayed, NotUnderstood
from ops.replay import is_published
from tests.support.documents import Json
from tests.support.replaying import STREAM_ARN, Functions, Stream, batch, changes, gone


def test_changes_are_read_again_from_the_stream() -> None:
    functions = Functions({"batchItemFailures": []})
    stream = Stream(range(20))
    printed = changes(functions, stream).replay(batch(3, 5, 3))
    assert printed == "shard 3 to 5: 3 published"
    assert stream.read == ["shard"] * 3, "it reads no further"
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


def test_a_refused_batch_is_explained() -> None:
    one = changes(Functions({}), object())
    with pytest.raises(NotUnderstood, match=r"^it names a stream that is not of"):
        one.replay(batch(3, 5, 3, streamArn=""))
    with pytest.raises(NotUnderstood, match=r"^DDBStreamBatchInfo\.batchSize: Input should be"):
        one.replay(batch(3, 5, 3, batchSize=0))


@pytest.mark.parametrize(
    "image",
    [{}, {"NewImage": {}}, {"NewImage": {"change": {}}}, {"NewImage": {"change": {"M": {}}}}],
)
def test_a_record_without_a_change_is_not_published(image: Json) -> None:
    """A deleted order, or one that something else wrote."""
    assert not is_published({"dynamodb": image})


def test_an_error_of_the_function_names_the_batch() -> None:
    functions = Functions({"errorType": "OrdersUnavailable", "errorMessage": "No."}, error=True)
    with pytest.raises(NotReplayed, match=r"^shard 3 to 5: OrdersUnavailable: No"):
        changes(functions, Stream(range(20))).replay(batch(3, 5, 3))


def test_a_single_trimmed_change_is_reported() -> None:
    with pytest.raises(NotReplayed, match="has 1 of 1 no more"):
        changes(Functions({}), Stream(range(20), trimmed_before=9)).replay(batch(4, 4, 1))


@pytest.mark.parametrize(
    ("number", "shard"), [(0, "shard-0"), (2, "shard-0"), (3, "shard-1"), (4, "shard-1")]
)
def test_a_single_record_that_the_function_dead_lettered_is_found(number: int, shard: str) -> None:
    functions = Functions({"batchItemFailures": []})
    place = json.loads(batch(number, number, 1))["DDBStreamBatchInfo"]
    del place["shardId"]
    body = json.dumps({"DDBStreamBatchInfo": place, "orderId": "ord_1"})
    stream = Stream(range(20))
    published = changes(functions, stream).replay(body)
    assert published == f"record {number} to {number}: 1 published"
    assert set(stream.read) == {shard}, "no other shard is read"
    [(_, sent)] = functions.invoked
    assert [one["dynamodb"]["SequenceNumber"] for one in sent["Records"]] == [str(number)]
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

"""Reads the records of a batch again from the orders table's stream."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.dead_letters import Batch, Json

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_dynamodbstreams.literals import ShardIteratorTypeType

# The stream may return empty pages before the records.
EMPTY_PAGES = 20
GONE = ("TrimmedDataAccessException", "ResourceNotFoundException")


def stream_arns(streams: "DynamoDBStreamsClient", table: str) -> frozenset[str]:
    """Return the table's stream, and for 24 hours a replaced one."""
    listed = streams.list_streams(TableName=table)["Streams"]
    return frozenset(stream["StreamArn"] for stream in listed)


@dataclass(frozen=True)
class StreamReader:
    """Reads the streams of one table, `arns`; a batch's own must be one of them."""

    client: "DynamoDBStreamsClient"
    arns: Collection[str]

    def records(self, batch: Batch) -> Iterator[Json]:
        """Yield the batch's records that the stream still has, in the format that Lambda gets."""
        shards = [batch.shard] if batch.shard else self._shards_around(batch)
        for shard in shards:
            for record in self._records(batch, shard):
                yield {**record, "eventSourceARN": batch.stream}

    def _shards_around(self, batch: Batch) -> Iterator[str]:
        """Yield the shards that may contain a batch that was dead-lettered without a shard id."""
        more: Any = {}
        while True:
            page = self.client.describe_stream(StreamArn=batch.stream, **more)
            for shard in page["StreamDescription"].get("Shards", []):
                numbers = shard.get("SequenceNumberRange", {})
                first = int(numbers.get("StartingSequenceNumber", 0))
                last = int(numbers.get("EndingSequenceNumber", batch.last))
                if first <= int(batch.last) and int(batch.first) <= last:
                    yield shard["ShardId"]
            next_shard = page["StreamDescription"].get("LastEvaluatedShardId")
            if not next_shard:
                return
            more = {"ExclusiveStartShardId": next_shard}

    def _records(self, batch: Batch, shard: str) -> Iterator[Json]:
        try:
            yield from self._from("AT_SEQUENCE_NUMBER", batch, shard)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            yield from self._left_of(batch, shard)

    def _left_of(self, batch: Batch, shard: str) -> Iterator[Json]:
        try:
            yield from self._from("TRIM_HORIZON", batch, shard)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise

    def _from(self, kind: "ShardIteratorTypeType", batch: Batch, shard: str) -> Iterator[Json]:
        start: Any = {"SequenceNumber": batch.first} if kind == "AT_SEQUENCE_NUMBER" else {}
        iterator: str | None = self.client.get_shard_iterator(
            StreamArn=batch.stream, ShardId=shard, ShardIteratorType=kind, **start
        )["ShardIterator"]
        first, last, empty_pages = int(batch.first), int(batch.last), 0
        while iterator and empty_pages < EMPTY_PAGES:
            page = self.client.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                number = int(record["dynamodb"]["SequenceNumber"])
                if first <= number <= last:
                    yield dict(record)
                if number >= last:
                    return
            empty_pages += not page["Records"]
            iterator = page.get("NextShardIterator")

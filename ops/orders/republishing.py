"""Publishes messages again, through PublishChangesFunction, from the current orders.

A message has the order after its latest change. It keeps its id, so that consumers can deduplicate
it. Earlier messages of an order can't be recreated.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from checkout.aws.attributes import Attributes
from checkout.aws.order_item import StoredOrder, stored_from_item
from checkout.errors import OrderUnreadable
from ops.dead_letters import Json
from ops.errors import OpsError
from ops.functions import PUBLISH_CHANGES
from ops.invocation import call_function
from ops.orders.reading import lookup
from ops.replay import is_published
from ops.stack import Stack

BATCH = 10
# An invocation accepts 6 MB. An order has at most 400 KB in the table, but may be several times
# larger as JSON: a control character takes six bytes, a boolean in a list 16 instead of two.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
BATCH_BYTES = 4_000_000


@dataclass(frozen=True)
class Republished:
    """The result for one order: `message_id` was published, or `problem` is why it was not.

    If both are None, its latest change is of a type that is not published.
    """

    order_id: str
    message_id: str | None = None
    problem: str | None = None


def republish_order(stack: Stack, stored: StoredOrder) -> str:
    """Publish the message of an order's latest change; return its id, or raise OpsError."""
    record = _record(stored.image)
    order = stored.order
    if not is_published(record):
        raise OpsError(
            f"The latest change of {order.order_id}, {stored.change.type}, is not published."
        )
    (done,) = _published(stack, [record])
    if done.message_id is None:
        raise OpsError(f"{order.order_id}: {done.problem}.")
    return done.message_id


def republish_since(stack: Stack, since: int) -> Iterator[Republished]:
    """Publish the latest change of each order changed since a time; yield each result."""
    for _, items in lookup(stack).changed_since(since):
        records = []
        for item in items:
            record = _record(item)
            problem = _problem(item)
            if problem or not is_published(record):
                yield Republished(_order_id(item), problem=problem)
            else:
                records.append(record)
        for batch in _batches(records):
            yield from _published(stack, batch)


def _batches(records: list[Json]) -> Iterator[list[Json]]:
    """Split records into batches below Lambda's payload limit; a single record always fits."""
    batch: list[Json] = []
    filled = 0
    for record in records:
        size = len(json.dumps(record))
        if batch and (len(batch) == BATCH or filled + size > BATCH_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(record)
        filled += size
    if batch:
        yield batch


def _published(stack: Stack, records: list[Json]) -> Iterator[Republished]:
    """Publish records; one that SNS refuses does not stop the others."""
    while records:
        response = call_function(stack, PUBLISH_CHANGES, {"Records": records})
        failures = response["batchItemFailures"]
        failed = failures[0]["itemIdentifier"] if failures else None
        ids = [record["dynamodb"]["SequenceNumber"] for record in records]
        done = ids.index(failed) if failed else len(ids)
        for message_id in ids[:done]:
            yield Republished(message_id.partition(":")[0], message_id)
        if failed:
            problem = f"not published, see the log of {PUBLISH_CHANGES}"
            yield Republished(failed.partition(":")[0], problem=problem)
        records = records[done + 1 :]


def _record(item: Attributes) -> Json:
    """Return the stream record of a change.

    It has no position in the stream, so the function can't dead-letter it and returns it as failed.
    Its sequence number is the message's id.
    """
    number = f"{_order_id(item)}:{item.get('version', {}).get('N')}"
    return {"dynamodb": {"SequenceNumber": number, "NewImage": item}}


def _problem(item: Attributes) -> str | None:
    try:
        stored_from_item(item)
    except OrderUnreadable as error:
        return error.detail
    return None


def _order_id(item: Attributes) -> str:
    return item["order_id"]["S"]

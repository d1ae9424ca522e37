"""`ops/checkout replay` with forged and unreadable messages in the queues."""

import json

import pytest

from local.cloud.invocations import physical_name
from tests.integration.test_dead_letters import dead_letters, leave_unpublished, queue_url
from tests.integration.world import World
from tests.support.documents import Json

UNPROCESSED, UNPUBLISHED = "UnprocessedEventsQueueUrl", "UnpublishedChangesQueueUrl"
JANE = "jane@shop.example"


@pytest.fixture(autouse=True)
def empty_queues(world: World) -> None:
    for output in (UNPROCESSED, UNPUBLISHED):
        world.stack.aws.queues.purge_queue(QueueUrl=queue_url(world, output))


def leave(world: World, output: str, body: str | Json) -> str:
    """Put a message into a queue; its id."""
    text = body if isinstance(body, str) else json.dumps(body)
    url = queue_url(world, output)
    return world.stack.aws.queues.send_message(QueueUrl=url, MessageBody=text)["MessageId"]


def waiting(world: World, output: str) -> int:
    """Return the number of messages that can be received from a queue."""
    attributes = world.stack.aws.queues.get_queue_attributes(
        QueueUrl=queue_url(world, output), AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def unpublished(world: World, order_id: str) -> Json:
    """The message for an order's changes, which is taken out of the queue."""
    leave_unpublished(world, order_id)
    [message] = dead_letters(world, UNPUBLISHED)
    world.stack.aws.queues.purge_queue(QueueUrl=queue_url(world, UNPUBLISHED))
    return message


def test_a_forged_function_is_not_invoked(world: World) -> None:
    other = physical_name(world.stack.aws, "ReconcileFunction")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{other}"
    good = unpublished(world, world.paid()["order_id"])
    world.simulator.forget_requests()
    for named in (other, arn, f"{arn}:$LATEST", f"arn:aws:lambda:eu-west-1:1:function:{other}"):
        leave(world, UNPUBLISHED, good | {"requestContext": {"functionArn": named}})
        event = {"detail": {"id": "evt_1", "object": "event", "type": "refund.created"}}
        forged = {"requestContext": {"functionArn": named}, "requestPayload": event}
        leave(world, UNPROCESSED, forged)
    done = world.operate("replay")
    assert done.exit_code == 1, done.progress
    *lines, summary = done.printed.splitlines()
    assert summary == "0 replayed, 8 left"
    assert all("names another function" in line for line in lines), lines
    # Late events of other tests call Stripe too, but only reconciliation lists disputes.
    assert ("GET", "/v1/disputes") not in world.simulator.requests


def test_a_forged_stream_is_not_read(world: World) -> None:
    good = unpublished(world, world.paid()["order_id"])
    stream = good["DDBStreamBatchInfo"]["streamArn"]
    table = world.stack.facts.orders_table
    streams = [stream.replace(table, "another"), stream.replace("us-east-1", "eu-west-1"), ""]
    for forged in streams:
        batch = good["DDBStreamBatchInfo"] | {"streamArn": forged}
        leave(world, UNPUBLISHED, good | {"DDBStreamBatchInfo": batch})
    done = world.operate("replay")
    assert done.exit_code == 1, done.progress
    *lines, summary = done.printed.splitlines()
    assert summary == "0 replayed, 3 left"
    assert all("a stream that is not of this stack" in line for line in lines), lines


def test_an_unreadable_message_is_not_printed(world: World) -> None:
    created = world.paid()
    good = unpublished(world, created["order_id"])
    # As the function itself dead-letters a record.
    place = {key: value for key, value in good["DDBStreamBatchInfo"].items() if key != "shardId"}
    bad = [
        leave(world, UNPUBLISHED, body)
        for body in (
            JANE,
            f'{{"email": "{JANE}"}}',
            "[" * 100_000,
            '{"DDBStreamBatchInfo": {"shardId": 5}}',
        )
    ]
    leave(world, UNPUBLISHED, {"DDBStreamBatchInfo": place})
    event = {"id": JANE, "type": "refund.created", "data": {"email": JANE}}
    bad.append(leave(world, UNPROCESSED, {"requestPayload": {"detail": event}}))
    with world.fulfilment("order.paid") as fulfilment:
        done = world.operate("replay")
        fulfilment.wait_for_types(created["order_id"], "order.paid")
    assert done.exit_code == 1, done.printed
    assert done.printed.splitlines()[-1] == f"1 replayed, {len(bad)} left"
    for message_id in bad:
        assert f"left message {message_id}: not understood: " in done.printed
    assert "Traceback" not in done.progress
    assert JANE not in done.printed + done.progress
    assert waiting(world, UNPUBLISHED) + waiting(world, UNPROCESSED) == len(bad)

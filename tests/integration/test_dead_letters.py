"""Failed events and changes are dead-lettered, and sent again by `replay`."""

import json

import pytest

from local.cloud.deploy import stack_outputs
from local.cloud.invocations import physical_name
from tests.integration.world import World, changes
from tests.support.documents import Json

COMPLETED = "checkout.session.completed"
# Stripe refuses what we ask of it: as with any bug of ours, it does not help to send it again.
REFUSED = 400


def queue_url(world: World, output: str) -> str:
    return stack_outputs(world.stack.aws)[output]


def dead_letters(world: World, output: str = "UnprocessedEventsQueueUrl") -> list[Json]:
    """Return the messages in a queue without removing them."""
    received = world.stack.aws.queues.receive_message(
        QueueUrl=queue_url(world, output), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in received.get("Messages", [])]


@pytest.fixture(autouse=True)
def empty_queues(world: World) -> None:
    for output in ("UnprocessedEventsQueueUrl", "UnpublishedChangesQueueUrl"):
        world.stack.aws.queues.purge_queue(QueueUrl=queue_url(world, output))


def test_an_event_of_unknown_shape_is_dead_lettered(world: World) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    event["data"]["object"]["payment_status"] = "paid_in_shells"
    response = world.redeliver(event)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    [message] = dead_letters(world)
    assert message["requestPayload"] == {"detail": event}
    assert message["responsePayload"]["errorType"] == "UnexpectedStripeObject"
    assert "payment_status" in message["responsePayload"]["errorMessage"]
    assert world.redeliver(event).status_code == 500
    assert len(dead_letters(world)) == 1, "once, however often Stripe retries"
    assert world.order(created["order_id"])["status"] == "open"


def test_what_a_retry_will_repair_is_not_dead_lettered(world: World) -> None:
    created = world.paid_unheard()
    refund = world.merchant.refund(created["session_id"], 500)
    event = world.simulator.event_about(refund.id, "refund.created")
    world.simulator.behave(
        faults=[{"method": "GET", "path": "/v1/refunds/*", "status": 503, "times": 2}]
    )
    assert world.redeliver(event).status_code == 502
    assert dead_letters(world) == []
    assert world.redeliver(event).json()["outcome"] == "applied"


def test_dead_letters_are_replayed_once_they_can_be_processed(world: World) -> None:
    created = world.paid_unheard()
    refund = world.merchant.refund(created["session_id"], 500)
    event = world.simulator.event_about(refund.id, "refund.created")
    world.simulator.behave(faults=[{"method": "GET", "path": "/v1/refunds/*", "status": REFUSED}])
    assert world.redeliver(event).status_code == 500
    done = world.operate("replay")
    assert done.printed.splitlines() == [
        f"done {event['id']} refund.created: applied",
        "1 replayed, 0 left",
    ], done.progress
    assert done.exit_code == 0
    assert world.order(created["order_id"])["amount_refunded"] == 500
    assert dead_letters(world) == []


def test_what_still_fails_is_left_for_the_next_replay(world: World) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    del event["data"]["object"]["payment_status"]
    world.redeliver(event)
    done = world.operate("replay")
    line, summary = done.printed.splitlines()
    assert line.startswith(f"left {event['id']} {COMPLETED}: ")
    assert line.endswith("The Checkout Session has no payment_status.")
    assert summary == "0 replayed, 1 left"
    assert done.exit_code == 1
    assert [message["requestPayload"]["detail"] for message in dead_letters(world)] == [event]


def test_unpublished_changes_keep_their_id(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment:
        created = world.paid()
        [message] = fulfilment.wait_for_types(created["order_id"], "order.paid")
        leave_unpublished(world, created["order_id"])
        done = world.operate("replay")
        assert done.exit_code == 0, done.printed + done.progress
        assert done.printed.splitlines()[-1] == "1 replayed, 0 left"
        fulfilment.wait_for(
            lambda: fulfilment.deliveries.count(message) == 2, "the message comes again"
        )
    assert fulfilment.of(created["order_id"]) == [message]
    assert changes(world.order(created["order_id"])).count("order.paid") == 1


def leave_unpublished(world: World, order_id: str) -> None:
    """Leave what Lambda does in the queue when a batch's retries are used up, which the local AWS
    does not: here it is of an order's creation, which is not published, and its payment.
    """
    aws = world.stack.aws
    stream = aws.streams.list_streams(TableName=world.stack.facts.orders_table)["Streams"][0]
    shard = aws.streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"][
        "Shards"
    ][0]["ShardId"]
    iterator = aws.streams.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    numbers: list[str] = []
    while page := aws.streams.get_records(ShardIterator=iterator):
        numbers += [
            record["dynamodb"]["SequenceNumber"]
            for record in page["Records"]
            if record["dynamodb"]["Keys"]["order_id"] == {"S": order_id}
        ]
        if not page["Records"]:
            break
        iterator = page["NextShardIterator"]
    record = {
        "requestContext": {"functionArn": physical_name(aws, "PublishChangesFunction")},
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": 1,
            "streamArn": stream["StreamArn"],
        },
    }
    url = queue_url(world, "UnpublishedChangesQueueUrl")
    aws.queues.send_message(QueueUrl=url, MessageBody=json.dumps(record))

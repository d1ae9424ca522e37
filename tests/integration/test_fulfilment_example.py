"""The example in examples/fulfilment/, deployed beside the checkout stack."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from local.cloud.function_logs import entries
from local.cloud.stack import LocalStack
from local.commands.example import EXAMPLE_STACK_NAME, DeployedExample
from local.machine.waiting import wait_for
from local.paths import LAYER, ROOT
from local.shop.purchase_steps import plain_item
from tests.integration.world import WAIT_SECONDS, World
from tests.support.documents import Json

DISPUTING_CARD = "4000 0000 0000 0259"


@dataclass(frozen=True)
class Consumer:
    stack: LocalStack
    deployed: DeployedExample

    def row(self, order_id: str) -> Json:
        """Return the stored facts of an order; empty for an unknown order."""
        response = self.stack.aws.dynamodb.get_item(
            TableName=self.deployed.shipments_table,
            Key={"order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        return plain_item(response.get("Item", {}))

    def send(self, message: Json) -> None:
        """Publish a message to the topic, as the checkout stack does."""
        self.send_text(json.dumps(message), message["type"])

    def send_text(self, text: str, kind: str) -> None:
        self.stack.aws.topics.publish(
            TopicArn=self.stack.facts.topic_arn,
            Message=text,
            MessageAttributes={"type": {"DataType": "String", "StringValue": kind}},
        )

    def wait_until_handled(self, message: Json, times: int = 1) -> None:
        def handled() -> bool:
            return len(self.logged("handled", message_id=message["id"])) >= times

        wait_for(handled, f"{message['id']} is handled {times} times", seconds=WAIT_SECONDS)

    def logged(self, text: str, **fields: str) -> list[Json]:
        terms = " ".join(f'"{value}"' for value in (text, *fields.values()))
        wanted = {"message": text, "service": "fulfilment"} | fields
        found = entries(self.stack.aws, terms)
        return [one for one in found if wanted.items() <= one.items()]

    def shipped(self, order_id: str) -> list[list[Json]]:
        """Return the items of each time that an order was shipped."""
        return [one["items"] for one in self.logged("shipped", order_id=order_id)]

    def dead_letters(self) -> list[str]:
        received = self.stack.aws.queues.receive_message(
            QueueUrl=self.deployed.dead_letter_queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
        )
        return [one["Body"] for one in received.get("Messages", [])]


@pytest.fixture(scope="module")
def consumer(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consumer]:
    """Yield the example as `make example` deploys it."""
    stack_file = tmp_path_factory.mktemp("example") / "stack.json"
    stack_file.write_text(json.dumps(asdict(stack.facts)))
    done = make_example(stack_file)
    assert done.returncode == 0, done.stdout + done.stderr
    yield Consumer(stack, DeployedExample(**json.loads(done.stdout)))
    stack.aws.cloudformation.delete_stack(StackName=EXAMPLE_STACK_NAME)


def make_example(stack_file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.commands.example", "--stack-file", stack_file],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=False,
    )


def of_another_order(message: Json, order_id: str) -> Json:
    return message | {"order_id": order_id, "id": f"{order_id}:{message['version']}"}


def test_a_purchase_is_shipped_once(world: World, consumer: Consumer) -> None:
    with world.fulfilment("order.paid") as listener:
        created = world.paid()
        [paid] = listener.wait_for_types(created["order_id"], "order.paid")
    consumer.wait_until_handled(paid)
    consumer.send(paid)
    consumer.wait_until_handled(paid, times=2)
    mug = {"price": world.stack.price, "quantity": 1}
    assert consumer.shipped(created["order_id"]) == [[mug]]
    assert consumer.row(created["order_id"])["shipped_at"] > 0


def test_a_refund_of_a_shipped_order_recalls_it(world: World, consumer: Consumer) -> None:
    with world.fulfilment("order.paid", "order.refunded") as listener:
        created = world.paid()
        [paid] = listener.wait_for_types(created["order_id"], "order.paid")
        consumer.wait_until_handled(paid)
        world.merchant.refund(created["session_id"])
        _, refunded = listener.wait_for_types(created["order_id"], "order.paid", "order.refunded")
    consumer.wait_until_handled(refunded)
    order_id = created["order_id"]
    [recalled] = consumer.logged("to be recalled", order_id=order_id)
    assert recalled["reason"] == consumer.row(order_id)["held_for"] == "refunded"
    assert len(consumer.shipped(order_id)) == 1

    # The same messages about another order, which overtake each other.
    late = f"ord_{secrets.token_hex(16)}"
    for message in (refunded, paid):
        consumer.send(of_another_order(message, late))
        consumer.wait_until_handled(of_another_order(message, late))
    assert consumer.shipped(late) == []
    assert consumer.row(late)["held_for"] == "refunded"


@pytest.mark.full  # tests/unit/test_fulfilment.py
def test_a_dispute_is_noted(world: World, consumer: Consumer) -> None:
    with world.fulfilment("order.dispute_opened") as listener:
        created = world.paid(DISPUTING_CARD)
        [disputed] = listener.wait_for_types(created["order_id"], "order.dispute_opened")
    consumer.wait_until_handled(disputed)
    assert consumer.row(created["order_id"])["held_for"] == "disputed"


def test_what_is_not_paid_does_not_reach_it(world: World, consumer: Consumer) -> None:
    with world.fulfilment("order.expired", "order.paid") as listener:
        expired = world.checkout()
        world.merchant.expire(expired["session_id"])
        listener.wait_for_types(expired["order_id"], "order.expired")
        created = world.paid()
        [paid] = listener.wait_for_types(created["order_id"], "order.paid")
    consumer.wait_until_handled(paid)
    assert consumer.row(expired["order_id"]) == {}
    assert consumer.logged("ignored") == []


@pytest.fixture
def impatient(consumer: Consumer) -> Iterator[Consumer]:
    """Let a message that failed come again after a second, not after three minutes."""
    queues, url = consumer.stack.aws.queues, consumer.deployed.queue_url
    before = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    yield consumer
    queues.set_queue_attributes(QueueUrl=url, Attributes=before["Attributes"])


def test_a_malformed_message_is_dead_lettered(impatient: Consumer) -> None:
    impatient.send_text("no message", "order.paid")
    dead = wait_for(impatient.dead_letters, "it is dead-lettered", seconds=WAIT_SECONDS)
    assert dead == ["no message"]
    assert len(impatient.logged("not processed")) == 5


def test_without_a_running_stack_there_is_nothing_to_deploy_beside(tmp_path: Path) -> None:
    done = make_example(tmp_path / "stack.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No stack is running: `make dev` starts one.\n"

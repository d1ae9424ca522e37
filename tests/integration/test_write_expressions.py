"""The table in memory, which other tests write to, against a table of the local AWS."""

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.domain.facts import Fact
from local.cloud.stack import LocalStack
from tests.support.memory_table import MemoryTable
from tests.support.purchases import OPEN, PURCHASES
from tests.support.samples import sample
from tests.support.stripe_objects import NOW, fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ROUNDS = sample(some=2, all=12)
TABLE = "write-expressions"


@pytest.fixture(scope="module")
def table(stack: LocalStack) -> "Iterator[DynamoDBClient]":
    """A table of its own: the deployed one would publish what is written here."""
    client = stack.aws.dynamodb
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
    )
    yield client
    client.delete_table(TableName=TABLE)


def random_facts(chance: random.Random, order_id: str) -> list[Fact]:
    """Yield facts of a few purchases in random order, some of another session."""
    kinds = chance.sample(sorted(PURCHASES), 3)
    facts = [one for kind in kinds for one in PURCHASES[kind].facts]
    chance.shuffle(facts)
    ours: list[Fact] = [replace(one, order_id=order_id) for one in facts]
    return [*ours, fact(OPEN, order_id=order_id, session_id="cs_test_2")]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_both_tables_make_the_same_of_the_same_facts(table: "DynamoDBClient", seed: int) -> None:
    order_id = f"ord_{seed}"
    memory: Any = MemoryTable()
    real, remembered = (
        OrdersTable(table, TABLE, lambda: NOW),
        OrdersTable(memory, TABLE, lambda: NOW),
    )
    for heard in random_facts(random.Random(seed), order_id):  # noqa: S311  (no secret)
        assert real.record(heard) == remembered.record(heard), heard
        stored = table.get_item(TableName=TABLE, Key={"order_id": {"S": order_id}})
        assert stored.get("Item") == memory.items.get(order_id), heard

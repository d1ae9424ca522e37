"""Tasks of the runbook whose commands no other test types."""

from collections.abc import Iterator

import pytest

from local.cloud.deploy import STACK_NAME
from local.cloud.stack import LocalStack, local_stack
from local.machine.console import Console
from ops.functions import ALIAS
from tests.integration.operations.runbook import (
    aws_commands,
    commands,
    operate,
    physical_ids,
    run_on_aws,
)
from tests.integration.operations.shop_at_stripe import DRAIN, destinations, registered
from tests.integration.world import World

ORDER = "ord_0123456789abcdef0123456789abcdef"
ADDRESS = "customer@example.com"
TIME = "2026-01-31T09:00:00Z"


def test_an_alias_goes_back_to_the_version_before(world: World) -> None:
    aws, ids = world.stack.aws, physical_ids(world.stack.aws)
    name = ids["CreateSessionFunction"]
    now = aws.functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
    before = aws.functions.list_versions_by_function(FunctionName=name)["Versions"][1]["Version"]
    listing, versions, update = aws_commands("Roll back a deploy")[:3]
    functions = run_on_aws(aws, listing, ids)["StackResourceSummaries"]
    assert name in [one["PhysicalResourceId"] for one in functions]
    assert before in [one["Version"] for one in run_on_aws(aws, versions, ids)["Versions"]]
    assert update.endswith("--function-version 7")
    try:
        run_on_aws(aws, update, ids, **{"--function-version 7": f"--function-version {before}"})
        alias = aws.functions.get_alias(FunctionName=name, Name=ALIAS)
        assert alias["FunctionVersion"] == before
        world.checkout()
    finally:
        aws.functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=now)


def test_a_flood_gets_a_part_of_the_concurrency(world: World) -> None:
    aws, ids = world.stack.aws, physical_ids(world.stack.aws)
    name = ids["StripeWebhookFunction"]
    [line] = aws_commands("A flood at the webhook")
    try:
        run_on_aws(aws, line, ids)
        limit = aws.functions.get_function_concurrency(FunctionName=name)
        assert limit["ReservedConcurrentExecutions"] == 20
        world.paid()
    finally:
        aws.functions.delete_function_concurrency(FunctionName=name)


@pytest.mark.parametrize("title", ["Connect again", "Stripe is down", "Help a customer"])
def test_a_tasks_commands_work_one_after_the_other(world: World, title: str) -> None:
    created = world.checkout(customer_email=ADDRESS)
    for line in commands(title):
        operate(world, line, **{ORDER: created["order_id"], TIME: "1h", "--since 6h": "--since 1h"})


def test_the_setup_key_needs_no_more_than_the_docs_say(world: World) -> None:
    """docs/security.md: write access to event destinations and to webhook endpoints."""
    for one in registered(world):
        destinations(world).remove(one)
    # The simulator has one restricted key: it sets up here, and the merchant's serves.
    keys = {
        "STRIPE_API_KEY": world.stack.service_key,
        "STRIPE_SERVICE_API_KEY": world.stack.facts.stripe_api_key,
    }
    with world.simulator.granting("event_destination_write", "webhook_write"):
        called = world.operate("connect", *DRAIN, **keys)
        assert called.exit_code == 0, called.progress
        called = world.operate("doctor", STRIPE_API_KEY=world.stack.service_key)
        assert called.exit_code == 0, called.printed
    with world.simulator.granting("event_destination_read", "webhook_read"):
        called = world.operate("rotate", "webhook-secret", "--yes", *DRAIN, **keys)
        assert called.exit_code == 1


@pytest.fixture
def doomed() -> Iterator[LocalStack]:
    with local_stack(Console()) as one:
        yield one


@pytest.mark.full  # a stack of its own
def test_a_stack_and_its_data_are_deleted(doomed: LocalStack) -> None:
    world = World(doomed)
    world.paid()
    aws, ids = doomed.aws, physical_ids(doomed.aws)
    export, *lines = commands("Delete a stack and its data")
    operate(world, export)
    for line in lines[:2]:
        run_on_aws(aws, line, ids)
    stacks = aws.cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
    assert STACK_NAME not in [one["StackName"] for one in stacks["StackSummaries"]]
    # The rest is what docs/deploy.md says stays.
    assert aws.dynamodb.list_tables()["TableNames"] == [ids["OrdersTable"]]
    queues = {url.rpartition("/")[2] for url in aws.queues.list_queues()["QueueUrls"]}
    kept = ("UnprocessedEventsQueue", "UnpublishedChangesQueue")
    assert queues == {ids[name].rpartition("/")[2] for name in kept}
    assert world.number_of_orders() == 1
    for line in lines[2:]:
        run_on_aws(aws, line, ids)
    assert aws.dynamodb.list_tables()["TableNames"] == []
    assert aws.queues.list_queues().get("QueueUrls", []) == []

"""The runbook's way back from damaged orders: a restored table, and the stack pointed at it."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from local.cloud.deploy import API_ID_TAGS, sam_deploy, stack_outputs
from local.paths import ROOT
from tests.integration.operations.runbook import (
    aws_commands,
    commands,
    operate,
    physical_ids,
    run_on_aws,
)
from tests.integration.world import World, changes

SECTION = "Restore the orders table"
NEW_TABLE = "checkout-prod-orders-20260131"
TIME = "2026-01-31T09:00:00Z"


def deploy_with(world: World, folder: Path, **parameters: str) -> World:
    """Deploy with values in samconfig.toml, whose checksum is a part of the functions' code."""
    document = yaml.safe_load((world.stack.run / "template.yaml").read_text())
    for name, value in parameters.items():
        # Where the local SAM transform looks (local/cloud/deploy.py).
        document["Parameters"][name]["Default"] = value
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            code = shutil.copytree(resource["Properties"]["CodeUri"], folder / name)
            (code / "samconfig.cksum").write_text(repr(parameters))
            resource["Properties"]["CodeUri"] = str(code)
    copy = folder / "template.yaml"
    copy.write_text(yaml.safe_dump(document, sort_keys=False))
    overrides = "".join(f", '{name}=\"{value}\"'" for name, value in parameters.items())
    samconfig = (ROOT / "samconfig.toml").read_text()
    changed = samconfig.replace('["Environment=local"]', f'["Environment=local"{overrides}]')
    assert changed != samconfig
    (folder / "samconfig.toml").write_text(changed)
    sam_deploy(copy, folder / "samconfig.toml", world.stack.aws, lambda _: None, *API_ID_TAGS)
    table = stack_outputs(world.stack.aws)["OrdersTableName"]
    return World(replace(world.stack, facts=replace(world.stack.facts, orders_table=table)))


@contextmanager
def deployed_with(world: World, folder: Path, **parameters: str) -> Iterator[World]:
    for name in ("there", "back"):
        (folder / name).mkdir()
    try:
        yield deploy_with(world, folder / "there", **parameters)
    finally:
        # A value that is only left out stays as it was.
        deploy_with(world, folder / "back", **dict.fromkeys(parameters, ""))


def restored(world: World, now: str) -> dict[str, str]:
    """Restore as in the runbook; return the stack's parameters for it."""
    table = f"checkout-local-orders-{secrets.token_hex(4)}"
    aws, ids = world.stack.aws, physical_ids(world.stack.aws)
    lines = aws_commands(SECTION)
    printed = [run_on_aws(aws, line, ids, **{NEW_TABLE: table, TIME: now}) for line in lines]
    assert "--query Table.LatestStreamLabel" in lines[-1]
    return {
        "RestoredOrdersTable": table,
        "RestoredOrdersStreamLabel": printed[-1]["Table"]["LatestStreamLabel"],
    }


def test_the_restored_table_has_what_the_stacks_own_has(world: World) -> None:
    parameters = restored(world, datetime.now(UTC).isoformat())
    names = (world.stack.facts.orders_table, parameters["RestoredOrdersTable"])
    dynamodb = world.stack.aws.dynamodb
    own, new = (dynamodb.describe_table(TableName=name)["Table"] for name in names)
    assert new["StreamSpecification"] == own["StreamSpecification"]
    assert new["KeySchema"] == own["KeySchema"]
    indexes = [
        {one["IndexName"]: one["Projection"] for one in table["GlobalSecondaryIndexes"]}
        for table in (own, new)
    ]
    assert indexes[0] == indexes[1]
    assert new["DeletionProtectionEnabled"] is True
    backups = dynamodb.describe_continuous_backups(TableName=names[1])
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    tags = dynamodb.list_tags_of_resource(ResourceArn=new["TableArn"])["Tags"]
    assert {one["Key"] for one in tags} == {"environment", "stack"}


@pytest.mark.full  # two deploys; tests/unit/test_template_restored.py has the template's part
def test_the_stack_continues_with_the_restored_table(world: World, tmp_path: Path) -> None:
    before = world.paid()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parameters = restored(world, now)
    meanwhile = world.paid()
    with deployed_with(world, tmp_path, **parameters) as after:
        assert after.stack.facts.orders_table == parameters["RestoredOrdersTable"]
        assert after.order(before["order_id"]) == world.order(before["order_id"])
        with pytest.raises(AssertionError, match="there is no"):
            after.order(meanwhile["order_id"])
        with after.fulfilment("order.paid") as listener:
            reconcile_as_the_runbook_says(after, now)
            [again] = listener.wait_for_types(meanwhile["order_id"], "order.paid")
            created = after.paid()
            [message] = listener.wait_for_types(created["order_id"], "order.paid")
        assert changes(after.order(meanwhile["order_id"])) == ["order.paid"]
        # It was published as its second version before.
        assert again["id"] == f"{meanwhile['order_id']}:1"
        assert message["id"] == f"{created['order_id']}:2"
        with pytest.raises(AssertionError, match="there is no"):
            world.order(created["order_id"])
    assert stack_outputs(world.stack.aws)["OrdersTableName"] == world.stack.facts.orders_table
    world.paid()


def reconcile_as_the_runbook_says(world: World, since: str) -> None:
    lines = [line for line in commands(SECTION) if "reconcile" in line]
    assert len(lines) == len(["orders reconcile --since", "reconcile"])
    for line in lines:
        operate(world, line, **{TIME: since})

"""The commands of the runbook's sections, run against the local stack."""

import re
import shlex
from functools import cache
from typing import Any

import boto3

from local.cloud.aws import LocalAws
from local.cloud.deploy import STACK_NAME
from local.paths import ROOT
from tests.integration.world import World
from tests.support.aws_commands import BLOCK, parsed
from tests.support.documents import Json

TASKS = (ROOT / "docs" / "tasks.md").read_text()
# A physical name from CloudFormation, in the runbook's format.
PHYSICAL = re.compile(r"(?:https://sqs\S+/)?checkout-prod-(\w+)-1AB2CD3EF4GH")
ACCOUNT = ("eu-central-1:123456789012", "us-east-1:000000000000")


def commands(title: str) -> list[str]:
    """Return a section's commands, in their order."""
    pattern = rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, TASKS, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return [line for block in BLOCK.findall(found[1]) for line in block.splitlines()]


def aws_commands(title: str) -> list[str]:
    return [line for line in commands(title) if line.startswith("aws ")]


def physical_ids(aws: LocalAws) -> dict[str, str]:
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
    }


@cache
def session(aws: LocalAws) -> boto3.Session:
    """Return one session for all commands, because it has the models of AWS's services."""
    environment = aws.environment()
    return boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )


def run_on_aws(aws: LocalAws, line: str, ids: dict[str, str], **instead: str) -> Json:
    """Run a command of the AWS CLI; return its output.

    `ids` are the stack's physical ids, and `instead` has other strings to replace.
    """
    line = PHYSICAL.sub(lambda name: ids[name[1]], line)
    for documented, local in (ACCOUNT, *instead.items()):
        line = line.replace(documented, local)
    call = parsed(line.replace("--stack-name checkout-prod", f"--stack-name {STACK_NAME}"))
    client: Any = session(aws).client(call.service, endpoint_url=aws.endpoint_url)  # type: ignore[call-overload]
    return call.run(client)


def operate(world: World, line: str, **instead: str) -> None:
    """Run a command of `ops/checkout --env prod`, against the local stack."""
    for documented, local in instead.items():
        line = line.replace(documented, local)
    program, flag, environment, *arguments = shlex.split(line.partition(" > ")[0])
    assert (program, flag, environment) == ("ops/checkout", "--env", "prod")
    called = world.operate(*arguments, "--yes")
    assert called.exit_code == 0, called.progress

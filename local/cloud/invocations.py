"""Invokes the deployed functions as AWS services do, without HTTP."""

import json
from collections.abc import Mapping
from typing import Any

from local.cloud.aws import LocalAws
from local.cloud.deploy import STACK_NAME
from ops.functions import ALIAS, RECONCILE

type Json = dict[str, Any]


class FunctionFailed(Exception):
    """`response` has Lambda's `errorType` and `errorMessage`."""

    def __init__(self, name: str, response: Json) -> None:
        super().__init__(f"{name}: {response.get('errorType')}: {response.get('errorMessage')}")
        self.response = response


def invoke(aws: LocalAws, name: str, event: Mapping[str, Any]) -> Json:
    """Invoke a function by its logical id and return its response; raise FunctionFailed."""
    response = aws.functions.invoke(
        FunctionName=physical_name(aws, name),
        Qualifier=ALIAS,
        Payload=json.dumps(event).encode(),
    )
    document: Json = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise FunctionFailed(name, document)
    return document


def physical_name(aws: LocalAws, name: str) -> str:
    """Return a resource's physical name by its logical id."""
    return aws.cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=name)[
        "StackResourceDetail"
    ]["PhysicalResourceId"]


def reconcile(aws: LocalAws) -> Json:
    """Check all pending orders now; return the report: `checked`, `repaired`, `failed`."""
    return invoke(aws, RECONCILE, {"minimum_age_seconds": 0})

"""A stack as the operator's commands know it, over moto and functions that run here."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import boto3

from checkout.aws.attributes import Attributes
from ops.aws import Aws
from ops.environment import Environment
from ops.stack import Stack
from tests.support.documents import Json
from tests.support.environment import client_of_all_tests
from tests.support.invocations import Context
from tests.support.stack import TABLE

ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/checkout-test/1"


@dataclass
class RunningFunctions:
    """Lambda, with one function that runs its own handler here."""

    handler: Callable[[Json, Context], Json]
    invoked: list[Json] = field(default_factory=list)

    def invoke(self, *, Payload: bytes, **_: str) -> Json:  # noqa: N803
        event = json.loads(Payload)
        self.invoked.append(event)
        response = json.dumps(self.handler(event, Context())).encode()
        return {"Payload": io.BytesIO(response)}


def stack_of(*, functions: object = None, livemode: bool = False) -> Stack:
    """Return a stack whose table is moto's, and whose functions are these."""
    aws = Aws(boto3.Session())
    # Where a cached property keeps its value.
    vars(aws)["dynamodb"] = client_of_all_tests("dynamodb")
    vars(aws)["invocations"] = functions
    names = ("CreateSession", "StripeWebhook", "PublishChanges", "Reconcile")
    functions_ = {f"{name}Function": f"checkout-test-{name}" for name in names}
    groups = {f"{name}LogGroup": f"checkout-test-{name}-logs" for name in names}
    return Stack(
        environment=Environment("test", "checkout-test", aws),
        arn=ARN,
        status="UPDATE_COMPLETE",
        deployed_at=datetime(2026, 1, 1, tzinfo=UTC),
        parameters={"StripeMode": "live" if livemode else "test"},
        outputs={"OrdersTableName": TABLE},
        resources=functions_ | groups | {"HttpApiLogGroup": "checkout-test-api-logs"},
    )


def attributes(item: object) -> Attributes:
    """Return an item of the table in memory as boto3 types it."""
    return cast("Attributes", item)

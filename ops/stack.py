"""A deployed stack, read from CloudFormation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from checkout.aws.orders_table import OrdersTable
from checkout.stripe.readers import Readers
from ops.dead_letters import Function
from ops.environment import Environment
from ops.errors import OpsError
from ops.secret import SecretStore


@dataclass(frozen=True)
class Stack:
    """`parameters` and `outputs` by their names in the template, `resources` with physical ids."""

    environment: Environment
    arn: str
    status: str
    deployed_at: datetime
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    resources: Mapping[str, str]

    @classmethod
    def read(cls, environment: Environment) -> "Stack":
        """Read an environment's stack; raise OpsError if it does not exist."""
        cloudformation, name = environment.aws.cloudformation, environment.stack_name
        try:
            [described] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise OpsError(
                f"There is no stack {name} in {cloudformation.meta.region_name}: deploy it with "
                f"`make deploy ENV={environment.name}`, or choose its region with "
                "AWS_DEFAULT_REGION."
            ) from None
        parameters, outputs = described.get("Parameters", []), described.get("Outputs", [])
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        return cls(
            environment=environment,
            arn=described["StackId"],
            status=described["StackStatus"],
            deployed_at=described.get("LastUpdatedTime", described["CreationTime"]),
            parameters={one["ParameterKey"]: one["ParameterValue"] for one in parameters},
            outputs={one["OutputKey"]: one["OutputValue"] for one in outputs},
            resources={
                one["LogicalResourceId"]: one["PhysicalResourceId"]
                for page in pages
                for one in page["StackResourceSummaries"]
                if "PhysicalResourceId" in one
            },
        )

    @property
    def name(self) -> str:
        return self.environment.stack_name

    @property
    def webhook_url(self) -> str:
        """The URL that Stripe delivers to."""
        local = self.environment.local
        return local.webhook_url if local else self.output("WebhookUrl")

    @property
    def api_url(self) -> str:
        local = self.environment.local
        return local.api_url if local else self.output("ApiUrl")

    @property
    def livemode(self) -> bool:
        return self.parameter("StripeMode") == "live"

    @property
    def event_bus(self) -> str | None:
        """The event bus of the stack's events; None if they are delivered over HTTP."""
        return self.parameters.get("StripeEventBusName") or None

    @property
    def mark(self) -> str:
        """The mark in the stack's Checkout Sessions: CHECKOUT_STACK in template.yaml."""
        _, _, _, region, account, _ = self.arn.split(":", 5)
        return f"{account}/{region}/{self.name}"

    def parameter(self, name: str) -> str:
        return self._named("parameter", self.parameters, name)

    def output(self, name: str) -> str:
        return self._named("output", self.outputs, name)

    def resource(self, logical_id: str) -> str:
        """Return the physical id."""
        return self._named("resource", self.resources, logical_id)

    def _named(self, kind: str, found: Mapping[str, str], name: str) -> str:
        """Return a named value; raise OpsError if the deployed version lacks it."""
        if name not in found:
            raise OpsError(
                f"The stack {self.name} has no {kind} {name}: deploy this version of it with "
                f"`make deploy ENV={self.environment.name}`."
            )
        return found[name]

    def function(self, logical_id: str) -> Function:
        _, partition, _, region, account, _ = self.arn.split(":", 5)
        physical = self.resource(logical_id)
        arn = f"arn:{partition}:lambda:{region}:{account}:function:{physical}"
        return Function(physical, arn)

    def secret(self) -> SecretStore:
        return SecretStore(self.environment.aws.secrets, self.output("StripeSecretArn"))

    def orders(self) -> OrdersTable:
        return OrdersTable(self.environment.aws.dynamodb, self.output("OrdersTableName"))

    def readers(self) -> Readers:
        return Readers(self.mark, livemode=self.livemode)

"""Clients for the AWS account that a stack is in."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

# The longest time that a function may take, and no retry, which would run it a second time.
# Keep-alive, since gateways may drop a connection that is silent for minutes.
INVOCATION = Config(read_timeout=910, retries={"total_max_attempts": 1}, tcp_keepalive=True)


@dataclass(frozen=True)
class Aws:
    """`endpoint_url` is a local AWS's; None for AWS itself, or for AWS_ENDPOINT_URL."""

    session: boto3.Session
    endpoint_url: str | None = None

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        return self.session.client("cloudformation", endpoint_url=self.endpoint_url)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.session.client("dynamodb", endpoint_url=self.endpoint_url)

    @cached_property
    def functions(self) -> "LambdaClient":
        return self.session.client("lambda", endpoint_url=self.endpoint_url)

    @cached_property
    def identity(self) -> "STSClient":
        return self.session.client("sts", endpoint_url=self.endpoint_url)

    @cached_property
    def invocations(self) -> "LambdaClient":
        """A Lambda client for invocations: long timeout, no retry."""
        return self.session.client("lambda", endpoint_url=self.endpoint_url, config=INVOCATION)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        return self.session.client("logs", endpoint_url=self.endpoint_url)

    @cached_property
    def queues(self) -> "SQSClient":
        return self.session.client("sqs", endpoint_url=self.endpoint_url)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        return self.session.client("secretsmanager", endpoint_url=self.endpoint_url)

    @cached_property
    def streams(self) -> "DynamoDBStreamsClient":
        return self.session.client("dynamodbstreams", endpoint_url=self.endpoint_url)

    @cached_property
    def topics(self) -> "SNSClient":
        return self.session.client("sns", endpoint_url=self.endpoint_url)

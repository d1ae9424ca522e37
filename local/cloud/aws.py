"""Clients for the local AWS."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
# MiniStack's root credentials; with `AUTH=true` it refuses any others.
ACCESS_KEY = SECRET_KEY = "test"  # noqa: S105
# The longest time that a function may take, and no retry, which would run it a second time.
INVOCATION = Config(read_timeout=900, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class LocalAws:
    endpoint_url: str

    @cached_property
    def apigateway(self) -> "ApiGatewayV2Client":
        return self._session.client("apigatewayv2", endpoint_url=self.endpoint_url)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        return self._session.client("cloudformation", endpoint_url=self.endpoint_url)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self._session.client("dynamodb", endpoint_url=self.endpoint_url)

    @cached_property
    def functions(self) -> "LambdaClient":
        return self._session.client("lambda", endpoint_url=self.endpoint_url, config=INVOCATION)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        return self._session.client("logs", endpoint_url=self.endpoint_url)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        return self._session.client("secretsmanager", endpoint_url=self.endpoint_url)

    @cached_property
    def queues(self) -> "SQSClient":
        return self._session.client("sqs", endpoint_url=self.endpoint_url)

    @cached_property
    def streams(self) -> "DynamoDBStreamsClient":
        return self._session.client("dynamodbstreams", endpoint_url=self.endpoint_url)

    @cached_property
    def topics(self) -> "SNSClient":
        return self._session.client("sns", endpoint_url=self.endpoint_url)

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION
        )

    def environment(self) -> dict[str, str]:
        """Return our variables with the local AWS in place of the caller's profile, region and
        token.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return kept | {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

"""The clients of ops: at AWS, or at a local AWS alone."""

from typing import Any

import boto3
import pytest

from ops.aws import INVOCATION, Aws
from tests.support.stack import load_template

CLIENTS = {
    "cloudformation": "cloudformation",
    "dynamodb": "dynamodb",
    "functions": "lambda",
    "identity": "sts",
    "invocations": "lambda",
    "logs": "logs",
    "queues": "sqs",
    "secrets": "secretsmanager",
    "streams": "dynamodbstreams",
    "topics": "sns",
}


def every_client() -> list[str]:
    return [name for name in vars(Aws) if not name.startswith("_") and name != "endpoint_url"]


def test_every_client_is_tested_here() -> None:
    assert every_client() == list(CLIENTS)


@pytest.mark.parametrize(("name", "service"), CLIENTS.items())
def test_a_client_is_of_its_service_and_reaches_only_the_local_aws(
    boto3_session: None, name: str, service: str
) -> None:
    local = getattr(Aws(boto3.Session(), "http://127.0.0.1:4566"), name)
    assert local.meta.service_model.service_name == service
    assert local.meta.endpoint_url == "http://127.0.0.1:4566"


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_of_aws_is_at_aws_and_made_once(boto3_session: None, name: str) -> None:
    aws = Aws(boto3.Session())
    made = getattr(aws, name)
    assert made.meta.endpoint_url.endswith(".amazonaws.com")
    assert getattr(aws, name) is made


def test_a_function_is_called_once_and_waited_for() -> None:
    """A second call would run it twice."""
    config: Any = INVOCATION
    assert config.retries["total_max_attempts"] == 1
    resources = load_template()["Resources"].values()
    timeouts = [
        one["Properties"].get("Timeout", 0)
        for one in resources
        if one["Type"] == "AWS::Serverless::Function"
    ]
    assert max(timeouts) < config.read_timeout

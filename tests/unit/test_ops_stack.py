"""A deployed stack as ops read it from CloudFormation, and what it says where it can't be read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from ops import operation
from ops.environment import Environment
from ops.errors import OpsError
from ops.stack import Stack
from tests.support.operating import ARN, Called, call, in_aws, stack_of
from tests.support.stack import STACK, load_template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

NAME = "checkout-test"
DESCRIBED = {
    "StackName": NAME,
    "StackId": ARN,
    "StackStatus": "UPDATE_COMPLETE",
    "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    "LastUpdatedTime": datetime(2026, 2, 1, tzinfo=UTC),
    "Parameters": [{"ParameterKey": "StripeMode", "ParameterValue": "live"}],
    "Outputs": [{"OutputKey": "WebhookUrl", "OutputValue": "https://hook.example/"}],
}


@pytest.fixture
def cloudformation(boto3_session: None) -> "CloudFormationClient":
    return boto3.client("cloudformation")


@pytest.fixture
def aws(cloudformation: "CloudFormationClient") -> Iterator[Stubber]:
    with Stubber(cloudformation) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def dev(cloudformation: "CloudFormationClient", aws: Stubber) -> Environment:
    return in_aws(cloudformation=cloudformation)


def describe(aws: Stubber, *pages: list[str], **changes: object) -> None:
    stack: dict[str, Any] = {"Stacks": [DESCRIBED | changes]}
    aws.add_response("describe_stacks", stack, {"StackName": NAME})
    token: dict[str, str] = {}
    for number, names in enumerate(pages, 1):
        resources = [resource(name) for name in names]
        expected = {"StackName": NAME} | token
        token = {"NextToken": f"page-{number}"} if number < len(pages) else {}
        page: dict[str, Any] = {"StackResourceSummaries": resources} | token
        aws.add_response("list_stack_resources", page, expected)


def resource(name: str) -> dict[str, object]:
    """Describe a resource, which has no physical id if its name ends in a question mark."""
    described = {
        "LogicalResourceId": name.removesuffix("?"),
        "ResourceType": "AWS::Lambda::Function",
        "LastUpdatedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
        "ResourceStatus": "CREATE_COMPLETE",
    }
    return described if name.endswith("?") else described | {"PhysicalResourceId": f"own-{name}"}


def doctor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, dev: Environment
) -> Called:
    """Call a command that begins by reading the stack."""
    monkeypatch.setattr(operation, "environment", lambda _name, **_: dev)
    return call(capsys, "--env", "dev", "replay")


def test_a_stack_is_read_with_all_pages_of_its_resources(dev: Environment, aws: Stubber) -> None:
    describe(aws, ["A", "B"], ["C", "Unmade?"], ["D"])
    found = Stack.read(dev)
    assert found.resources == {name: f"own-{name}" for name in "ABCD"}
    assert (found.name, found.arn, found.status) == (NAME, ARN, "UPDATE_COMPLETE")
    assert found.deployed_at == DESCRIBED["LastUpdatedTime"]
    assert found.livemode
    assert found.webhook_url == "https://hook.example/"
    assert found.mark == STACK
    assert found.function("A").arn == "arn:aws:lambda:us-east-1:123456789012:function:own-A"


def test_a_stack_that_is_being_made_can_be_read(dev: Environment, aws: Stubber) -> None:
    describe(aws, [], Outputs=[], Parameters=[])
    found = Stack.read(dev)
    with pytest.raises(OpsError, match=r"no output WebhookUrl: deploy .*`make deploy ENV=dev`"):
        found.webhook_url  # noqa: B018  (a property)


@pytest.mark.parametrize("kind", ["parameter", "output", "resource", "function"])
def test_what_an_older_version_of_a_stack_lacks_is_named(kind: str) -> None:
    found = stack_of(in_aws())
    with pytest.raises(OpsError, match=r"has no .* Newest: deploy this version of it with `make"):
        getattr(found, kind)("Newest")


def test_a_missing_stack_is_reported_with_its_region(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    dev: Environment,
    aws: Stubber,
) -> None:
    text = "Stack with id checkout-test does not exist"
    aws.add_client_error("describe_stacks", "ValidationError", text)
    called = doctor(capsys, monkeypatch, dev)
    assert called.exit_code == 1
    [line] = called.progress.splitlines()
    assert line.startswith("Error: There is no stack checkout-test in us-east-1: deploy it with")
    assert "`make deploy ENV=dev`" in line
    assert "AWS_DEFAULT_REGION" in line


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDenied", "Error: AWS refused DescribeStacks: AccessDenied: User: arn:aws:"),
        ("ExpiredToken", "Error: AWS does not accept the credentials (ExpiredToken): sign in"),
    ],
)
def test_what_aws_refuses_is_one_line(  # noqa: PLR0913, PLR0917  (fixtures, and the case)
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    dev: Environment,
    aws: Stubber,
    code: str,
    expected: str,
) -> None:
    text = "User: arn:aws:iam::123456789012:user/ops\nis not authorized"
    aws.add_client_error("describe_stacks", code, text)
    called = doctor(capsys, monkeypatch, dev)
    assert called.exit_code == 1
    [line] = called.progress.splitlines()
    assert line.startswith(expected)


def test_missing_credentials_are_reported_with_what_to_do(
    capsys: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    nothing = in_aws(boto3.Session(region_name="us-east-1"))
    called = doctor(capsys, environment, nothing)
    assert called.exit_code == 1
    [line] = called.progress.splitlines()
    assert line.startswith("Error: There are no AWS credentials (NoCredentialsError): sign in")


def test_another_refusal_is_not_taken_for_a_missing_stack(dev: Environment, aws: Stubber) -> None:
    aws.add_client_error("describe_stacks", "Throttling", "Rate exceeded")
    with pytest.raises(ClientError, match="Throttling"):
        Stack.read(dev)


def test_what_ops_ask_a_stack_for_is_in_the_template() -> None:
    template = load_template()
    made = stack_of(in_aws())
    assert made.resources.keys() <= template["Resources"].keys()
    assert made.parameters.keys() <= template["Parameters"].keys()
    assert made.outputs.keys() <= template["Outputs"].keys()

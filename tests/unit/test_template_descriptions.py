"""What ops see in the consoles: descriptions, and the tags that separate costs."""

import re

import pytest

from tests.support.documents import Json
from tests.support.sam import of_type, transformed_resources
from tests.support.stack import load_template

TEMPLATE = load_template()
TRANSFORMED = transformed_resources(Deployment="Canary10Percent5Minutes")
TAGS = {"environment": {"Ref": "Environment"}, "stack": {"Ref": "AWS::StackName"}}
BILLED = {
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
}
# Of these AWS bills nothing of its own, or they take no tags, or SAM gives them the function's.
UNTAGGED = {
    "AWS::ApiGatewayV2::Api",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::SNS::Subscription",
    "AWS::Scheduler::Schedule",
}


def tags(properties: Json) -> Json:
    given = properties.get("Tags", {})
    return given if isinstance(given, dict) else {one["Key"]: one["Value"] for one in given}


def test_each_type_is_known_to_be_billed_or_not() -> None:
    assert {resource["Type"] for resource in TRANSFORMED.values()} <= BILLED | UNTAGGED


@pytest.mark.parametrize("kind", sorted(BILLED))
def test_what_is_billed_says_of_which_stack_and_environment_it_is(kind: str) -> None:
    found = of_type(TRANSFORMED, kind)
    assert found
    for name, properties in found.items():
        assert tags(properties).items() >= TAGS.items(), name


def test_the_api_is_tagged_by_its_definition() -> None:
    (api,) = of_type(TRANSFORMED, "AWS::ApiGatewayV2::Api").values()
    given = {tag["name"]: tag["x-amazon-apigateway-tag-value"] for tag in api["Body"]["tags"]}
    assert given.items() >= TAGS.items()


@pytest.mark.parametrize("section", ["Parameters", "Outputs"])
def test_each_parameter_and_output_is_described(section: str) -> None:
    for name, value in TEMPLATE[section].items():
        described(name, value)


@pytest.mark.parametrize(
    "kind",
    ["AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::SecretsManager::Secret"],
)
def test_each_function_and_what_ops_meet_is_described(kind: str) -> None:
    for name, properties in of_type(TRANSFORMED, kind).items():
        described(name, properties)


def described(name: str, value: Json) -> None:
    text = value.get("Description", "")
    assert len(text) >= 10, name
    # Lambda takes 256 characters; a parameter of 4,000 is read by nobody.
    assert len(text) <= 256, name
    assert not re.search(r"\s{2}|\.$", text), name


def test_each_log_forgets() -> None:
    for name, properties in of_type(TRANSFORMED, "AWS::Logs::LogGroup").items():
        assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name

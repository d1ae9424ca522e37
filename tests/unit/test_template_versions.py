"""A deploy that changes something publishes a version of each function, and `live` points to it."""

import pytest

from tests.support.documents import Json
from tests.support.sam import of_type, transformed_resources
from tests.support.stack import HANDLERS


def versions(resources: Json) -> dict[str, str]:
    """Return each function's version, by its logical id: CloudFormation publishes for a new one."""
    return {
        properties["FunctionName"]["Ref"]: name
        for name, properties in of_type(resources, "AWS::Lambda::Version").items()
    }


def test_every_function_has_the_alias_of_its_version() -> None:
    resources = transformed_resources()
    published = versions(resources)
    assert published.keys() == set(HANDLERS)
    aliases = of_type(resources, "AWS::Lambda::Alias").values()
    assert {one["FunctionName"]["Ref"]: one["FunctionVersion"] for one in aliases} == {
        function: {"Fn::GetAtt": [version, "Version"]} for function, version in published.items()
    }
    assert {one["Name"] for one in aliases} == {"live"}


@pytest.mark.parametrize("changed", ["code", "layer"])
def test_a_change_publishes_a_version_of_every_function(changed: str) -> None:
    before = versions(transformed_resources())
    after = versions(transformed_resources(**{changed: "s3://bucket/another"}))
    assert after.keys() == before.keys()
    for function, version in after.items():
        assert version != before[function], function


@pytest.mark.parametrize("kind", ["AWS::Lambda::Permission", "AWS::Lambda::Url"])
def test_what_may_invoke_a_function_may_invoke_the_alias(kind: str) -> None:
    for name, properties in of_type(transformed_resources(), kind).items():
        target = properties.get("TargetFunctionArn") or properties["FunctionName"]
        assert target["Ref"].endswith("Aliaslive"), name

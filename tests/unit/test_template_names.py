"""Two stacks can live in one account and region: no resource has a name that both would claim."""

import pytest

from tests.support.documents import Json
from tests.support.sam import provider_schema, transformed_template

# Loading the schemas takes three seconds, once.
pytestmark = pytest.mark.xdist_group("schemas")

# What differs between two stacks of one account and region.
OF_THE_STACK = {"AWS::StackName", "AWS::StackId"}
# The property of what a resource is a part of: two of these may have aliases of the same name.
WHOLE = {"AWS::Lambda::Alias": "FunctionName"}


def names(schema: Json, kind: str) -> list[set[str]]:
    """Return the property sets that name a resource of this type, from CloudFormation's schema.

    Most types are identified by their name. Some are identified by what AWS makes of it (the ARN of
    a rule): for these it is the property called Name, QueueName of a Queue, and so on.
    """
    identifiers = [schema["primaryIdentifier"], *schema.get("additionalIdentifiers", [])]
    read_only = set(schema.get("readOnlyProperties", []))
    sets = [
        {path.removeprefix("/properties/") for path in each}
        for each in identifiers
        if not read_only & set(each)
    ]
    kind_of_it = kind.rpartition("::")[2]
    parts = {path.removeprefix("/properties/") for each in identifiers for path in each}
    for name in schema["properties"].keys() - parts:
        stem = name.removesuffix("Name")
        if name.endswith("Name") and kind_of_it.startswith(stem):
            sets.append({name})
    return sets


def references(value: object) -> set[str]:
    """Return the logical ids and pseudo parameters that a value is made of."""
    if isinstance(value, list):
        return set().union(*map(references, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, each in value.items():
        match key, each:
            case "Ref", str():
                found.add(each)
            case "Fn::GetAtt", list():
                found.add(each[0])
            case "Fn::Sub", str():
                found |= {part.partition("}")[0].partition(".")[0] for part in each.split("${")[1:]}
            case _:
                found |= references(each)
    return found


def fixed_names(template: Json) -> set[tuple[str, str]]:
    """Return the (logical id, property) of each name that a second stack would claim as well."""
    own = OF_THE_STACK | template["Resources"].keys()
    found = set()
    for logical_id, resource in template["Resources"].items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if references(properties.get(WHOLE.get(kind, ""))) & own:
            continue
        schema = provider_schema(kind)
        for identifier in names(schema, kind):
            given = identifier & properties.keys()
            # A part of an identifier that belongs to this stack makes the whole one its own.
            if given == identifier and not any(references(properties[one]) & own for one in given):
                found |= {(logical_id, one) for one in given}
    return found


def test_no_resource_has_a_fixed_name() -> None:
    assert fixed_names(transformed_template()) == set()


def test_no_output_is_exported_under_a_fixed_name() -> None:
    for output in transformed_template()["Outputs"].values():
        if "Export" in output:
            assert references(output["Export"]["Name"]) & OF_THE_STACK


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::ApiGatewayV2::Api", "Name"),
        ("AWS::CloudWatch::Alarm", "AlarmName"),
        ("AWS::CloudWatch::Dashboard", "DashboardName"),
        ("AWS::DynamoDB::Table", "TableName"),
        ("AWS::Events::Rule", "Name"),
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::Lambda::Function", "FunctionName"),
        ("AWS::Lambda::LayerVersion", "LayerName"),
        ("AWS::Logs::LogGroup", "LogGroupName"),
        ("AWS::SNS::Topic", "TopicName"),
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::Scheduler::Schedule", "Name"),
        ("AWS::SecretsManager::Secret", "Name"),
    ],
)
@pytest.mark.parametrize(
    ("value", "fixed"),
    [
        ("checkout", True),
        ({"Ref": "Environment"}, True),
        ({"Fn::Sub": "${Environment}-${AWS::Region}"}, True),
        ({"Fn::Sub": "${AWS::StackName}-x"}, False),
        ({"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "x"]]}, False),
    ],
)
def test_a_fixed_name_would_be_found(kind: str, name: str, value: object, *, fixed: bool) -> None:
    template = {"Resources": {"One": {"Type": kind, "Properties": {name: value}}}}
    assert fixed_names(template) == ({("One", name)} if fixed else set())

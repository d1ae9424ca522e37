"""What the stack grants: who may do what, and who may become whom."""

from collections.abc import Iterator

import pytest

from tests.support import sam
from tests.support.documents import Json
from tests.support.sam import of_type
from tests.support.stack import load_template

RESOURCES: Json = load_template()["Resources"]
READ_SECRET = ("secretsmanager:GetSecretValue", "StripeSecret.Id")
WRITE_ORDERS = ("dynamodb:UpdateItem", "OrdersTable.Arn")
ROLES = {
    "CreateSession": {READ_SECRET, WRITE_ORDERS, ("dynamodb:GetItem", "OrdersTable.Arn")},
    "ConfirmPayment": {READ_SECRET, WRITE_ORDERS},
    "StripeWebhook": {
        READ_SECRET,
        WRITE_ORDERS,
        ("dynamodb:Query", "${OrdersTable.Arn}/index/payment_intent"),
        ("dynamodb:GetItem", "DeadLetteredEventsTable.Arn"),
        ("dynamodb:PutItem", "DeadLetteredEventsTable.Arn"),
        ("sqs:SendMessage", "UnprocessedEventsQueue.Arn"),
    },
    # The orders are no concern of it.
    "ListPrices": {READ_SECRET},
    "Reconcile": {
        READ_SECRET,
        WRITE_ORDERS,
        ("dynamodb:GetItem", "OrdersTable.Arn"),
        ("dynamodb:Query", "${OrdersTable.Arn}/index/payment_intent"),
        ("dynamodb:Query", "${OrdersTable.Arn}/index/pending"),
        ("dynamodb:GetItem", "ReconciliationTable.Arn"),
        ("dynamodb:PutItem", "ReconciliationTable.Arn"),
    },
    # It neither reads the secret nor touches the table: the stream is all that it sees.
    "PublishChanges": {
        ("dynamodb:DescribeStream", "OrdersTable.StreamArn"),
        ("dynamodb:GetRecords", "OrdersTable.StreamArn"),
        ("dynamodb:GetShardIterator", "OrdersTable.StreamArn"),
        ("dynamodb:ListStreams", "*"),
        ("sns:Publish", "OrderEventsTopic"),
        ("sqs:SendMessage", "UnpublishedChangesQueue.Arn"),
    },
}
# AWS knows no resource that it could be limited to, and it returns names only:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
WITHOUT_RESOURCE = {"PublishChanges": ["*"]}

transformed = sam.transformed


def strings(value: object) -> Iterator[str]:
    """Yield every string in a document, with the names of its fields."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


def permissions(role: str) -> set[tuple[str, str]]:
    """Return what a role may do, as (action, the resource's logical id and attribute)."""
    granted = set()
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement.keys() == {"Effect", "Action", "Resource"}
            assert statement["Effect"] == "Allow"
            actions = statement["Action"]
            resource = target(statement["Resource"])
            for action in [actions] if isinstance(actions, str) else actions:
                assert (action, resource) not in granted
                granted.add((action, resource))
    return granted


def target(resource: str | Json) -> str:
    """Return a resource's name; where a restored table changes it, the stack's own."""
    if isinstance(resource, str):
        return resource
    if "Fn::If" in resource:
        condition, _restored, own = resource["Fn::If"]
        assert condition == "IsRestored"
        return target(own)
    (named,) = resource.values()
    return named if isinstance(named, str) else ".".join(named)


@pytest.mark.parametrize("name", ROLES)
def test_a_function_may_do_what_it_does_and_no_more(name: str) -> None:
    assert permissions(f"{name}Role") == {
        ("logs:CreateLogStream", f"{name}LogGroup.Arn"),
        ("logs:PutLogEvents", f"{name}LogGroup.Arn"),
        *ROLES[name],
    }


def test_each_function_has_a_role_of_its_own(transformed: Json) -> None:
    roles = {
        name: properties["Role"]["Fn::GetAtt"]
        for name, properties in of_type(transformed, "AWS::Lambda::Function").items()
    }
    assert roles == {f"{name}Function": [f"{name}Role", "Arn"] for name in ROLES}


def test_no_role_is_made_for_it_but_the_schedules(transformed: Json) -> None:
    made = of_type(transformed, "AWS::IAM::Role")
    assert made.keys() == {f"{name}Role" for name in ROLES} | {"ReconcileFunctionScheduleRole"}
    assert of_type(transformed, "AWS::IAM::Policy") == {}
    assert of_type(transformed, "AWS::IAM::ManagedPolicy").keys() == {"TracingPolicy"}
    schedules = made["ReconcileFunctionScheduleRole"]
    (assume,) = schedules["AssumeRolePolicyDocument"]["Statement"]
    assert assume["Principal"] == {"Service": ["scheduler.amazonaws.com"]}
    (policy,) = schedules["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": {"Ref": "ReconcileFunctionAliaslive"},
    }


def test_traces_may_be_sent_only_where_they_are_taken(transformed: Json) -> None:
    for function in of_type(transformed, "AWS::Lambda::Function").values():
        assert function["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}
    policy = transformed["TracingPolicy"]
    assert policy["Condition"] == "IsTraced"
    active = {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}
    assert load_template()["Conditions"]["IsTraced"] == active
    assert load_template()["Parameters"]["Tracing"]["Default"] == "PassThrough"
    assert policy["Properties"]["Roles"] == [{"Ref": f"{name}Role"} for name in ROLES]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


@pytest.mark.parametrize("name", ROLES)
def test_a_role_is_lambdas_alone_and_has_no_wildcard(transformed: Json, name: str) -> None:
    role = transformed[f"{name}Role"]["Properties"]
    assert role.keys() == {"AssumeRolePolicyDocument", "Policies"}
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    assert [text for text in strings(role) if "*" in text] == WITHOUT_RESOURCE.get(name, [])

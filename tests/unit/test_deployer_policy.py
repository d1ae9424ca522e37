"""The deployer's policy in the docs allows what a deploy does, and neither orders nor secrets.

What CloudFormation does as the deployer is in the schema of each resource type, which cfn-lint has:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from tests.support.aws_commands import client_of, parsed, shell_lines
from tests.support.documents import Json
from tests.support.sam import provider_schema, transformed_resources
from tests.support.stack import ROOT

# Loading the schemas takes three seconds, once.
pytestmark = pytest.mark.xdist_group("schemas")

RUNBOOK = ROOT / "docs" / "runbook.md"
TASKS = ROOT / "docs" / "tasks.md"
TEXT = (ROOT / "docs" / "deployer-policy.json").read_text()
STATEMENTS: list[Json] = json.loads(TEXT)["Statement"]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_CHARACTERS = 6144
REGION = "eu-central-1"
STACK, ACCOUNT = "checkout-prod", "123456789012"
DEPLOYMENTS = ("AllAtOnce", "Canary10Percent5Minutes")
# What `sam deploy` keeps its uploads in: samcli/lib/bootstrap/bootstrap.py.
SAM_CLI = {"AWS::S3::Bucket", "AWS::S3::BucketPolicy"}

# Where what a stack creates is found, by the service of an action; CloudFormation names it after
# the stack, but for what is "*" here.
NAMED = f"{STACK}-Thing-1AB2CD3EF4GH"
REGIONAL = f"{REGION}:{ACCOUNT}"
ARNS: dict[str, tuple[str, ...]] = {
    "apigateway": (f"arn:aws:apigateway:{REGION}::/apis/a1b2c3/stages/$default",),
    "cloudwatch": (f"arn:aws:cloudwatch:{REGIONAL}:alarm:{NAMED}",),
    "codedeploy": (f"arn:aws:codedeploy:{REGIONAL}:deploymentgroup:{NAMED}/{NAMED}",),
    "dynamodb": (f"arn:aws:dynamodb:{REGIONAL}:table/{NAMED}",),
    "events": (f"arn:aws:events:{REGIONAL}:rule/aws.partner/stripe.com/ed_1/{NAMED}",),
    "iam": (f"arn:aws:iam::{ACCOUNT}:role/{NAMED}",),
    "kms": (f"arn:aws:kms:{REGIONAL}:key/0d1e2f3a-0000-4000-8000-000000000000",),
    "lambda": (f"arn:aws:lambda:{REGIONAL}:function:{NAMED}",),
    "logs": (f"arn:aws:logs:{REGIONAL}:log-group:{NAMED}",),
    "s3": ("arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1ab2",),
    "scheduler": (f"arn:aws:scheduler:{REGIONAL}:schedule/default/{NAMED}",),
    "secretsmanager": (
        f"arn:aws:secretsmanager:{REGIONAL}:secret:StripeSecret-1AB2CD3EF4GH-a1b2c3",
        f"arn:aws:secretsmanager:{REGIONAL}:secret:{STACK}-StripeSecret-1AB2CD3EF4GH-a1b2c3",
    ),
    "sns": (f"arn:aws:sns:{REGIONAL}:{NAMED}",),
    "sqs": (f"arn:aws:sqs:{REGIONAL}:{NAMED}",),
}
MAPPING = "AWS::Lambda::EventSourceMapping"
ARNS_OF_TYPES = {
    "AWS::CloudWatch::Dashboard": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/Dashboard-1AB2",
    "AWS::CodeDeploy::Application": f"arn:aws:codedeploy:{REGIONAL}:application:{NAMED}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{NAMED}",
    MAPPING: f"arn:aws:lambda:{REGIONAL}:event-source-mapping:0d1e",
    "AWS::Lambda::LayerVersion": f"arn:aws:lambda:{REGIONAL}:layer:{STACK}-common:7",
}
# What conditions compare, where the deployer's own stack is meant.
CONTEXT = {
    "lambda:FunctionArn": f"{ARNS['lambda'][0]}:live",
    "iam:PolicyARN": ARNS_OF_TYPES["AWS::IAM::ManagedPolicy"],
    "iam:PassedToService": "lambda.amazonaws.com",
    "aws:ResourceTag/stack": STACK,
}
# What a handler may do for properties that the template does not use, or with AWS's own keys,
# whose policies let every caller in the account use them through the service.
UNUSED = (
    *("dynamodb:*Replica", "dynamodb:*Import*", "dynamodb:*Kinesis*", "kinesis:*", "s3tables:*"),
    *("dynamodb:*Item", "dynamodb:Scan", "dynamodb:Query", "dynamodb:UpdateContributorInsights"),
    *("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy", "iam:CreateServiceLinkedRole"),
    *("kms:CreateGrant", "kms:RevokeGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
    *("kms:ListAliases", "ec2:*", "elasticfilesystem:*", "s3files:*", "firehose:*"),
    *("iam:*GroupPolicy", "iam:*UserPolicy", "iam:*PermissionsBoundary"),
    *("lambda:PassCapacityProvider", "lambda:AssociateRuntimeAlias", "logs:*Kms*"),
    *("logs:*DataProtectionPolicy", "logs:*IndexPolicy", "logs:*BearerToken*"),
    *("logs:PutLogGroupDeletionProtection", "logs:DeleteResourcePolicy", "s3:REST.PUT.OBJECT"),
    *("codedeploy:RegisterOnPremisesInstance", "sns:PutDataProtectionPolicy"),
    # Of a value that Secrets Manager generates; ours never passes through CloudFormation.
    *("secretsmanager:GetSecretValue", "secretsmanager:GetRandomPassword"),
    *("secretsmanager:ReplicateSecretToRegions", "secretsmanager:RemoveRegionsFromReplication"),
)
USED_OF_BUCKETS = (
    *("s3:CreateBucket", "s3:Get*", "s3:ListBucket", "s3:ListTagsForResource"),
    *("s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging"),
    *("s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:*tagResource"),
)


def matches(value: str, patterns: str | list[str] | tuple[str, ...]) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, pattern) for pattern in listed)


def is_allowed(action: str, arn: str, **context: str) -> bool:
    """Say whether a statement allows an action, for the deployer of one stack.

    `context` replaces values of CONTEXT, by the last part of their keys.
    """
    values = {key: context.get(key.partition(":")[2], value) for key, value in CONTEXT.items()}
    return any(
        matches(action, statement["Action"])
        and matches(arn, statement["Resource"])
        and all(
            matches(values[key], patterns)
            for operator in statement.get("Condition", {}).values()
            for key, patterns in operator.items()
        )
        for statement in STATEMENTS
    )


def handled(kind: str) -> Iterator[str]:
    """Yield the actions by which CloudFormation creates, updates and deletes a resource type."""
    schema = provider_schema(kind)
    actions = {
        action
        for name, handler in schema["handlers"].items()
        if name != "list"
        for action in handler["permissions"]
    }
    for action in sorted(actions):
        # A few schemas spell actions in their own way; IAM ignores the case.
        spelled = action.replace("s3:getObject", "s3:GetObject")
        if kind in SAM_CLI and not matches(spelled, USED_OF_BUCKETS):
            continue
        if kind == "AWS::DynamoDB::Table" and matches(spelled, ("logs:*", "s3:*")):
            continue
        if not matches(spelled, UNUSED):
            yield spelled


def types(deployment: str) -> set[str]:
    resources = transformed_resources(Deployment=deployment)
    return {resource["Type"] for resource in resources.values()} | SAM_CLI


def arns(action: str, kind: str) -> tuple[str, ...]:
    service = action.partition(":")[0]
    if action in {"iam:AttachRolePolicy", "iam:DetachRolePolicy"}:
        return ARNS["iam"]  # The role. The policy is in a condition.
    own = ARNS_OF_TYPES.get(kind)
    return (own,) if own and own.split(":")[2] == service else ARNS[service]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_the_deployer_may_do_all_that_cloudformation_does(deployment: str) -> None:
    missing = [
        f"{action} on {arn}, for {kind}"
        for kind in sorted(types(deployment))
        for action in handled(kind)
        for arn in arns(action, kind)
        if not is_allowed(action, arn)
    ]
    assert missing == []


def test_only_a_gradual_deployment_needs_code_deploy() -> None:
    """So the docs may say that the statement can go without one."""
    at_once = {kind for kind in types("AllAtOnce") if any("codedeploy" in _ for _ in handled(kind))}
    # What it does there is to shift traffic, by an UpdatePolicy that SAM writes for the others.
    assert at_once == {"AWS::Lambda::Alias"}
    assert not any("UpdatePolicy" in one for one in transformed_resources().values())
    [statement] = [one for one in STATEMENTS if "codedeploy:*" in one["Action"]]
    assert statement["Sid"] == "GradualDeployment"


@pytest.mark.parametrize(
    "action",
    [
        *("dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem", "sns:Publish"),
        *("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
        *("sqs:ReceiveMessage", "lambda:InvokeFunction", "logs:FilterLogEvents"),
    ],
)
def test_the_deployer_reads_and_writes_no_data(action: str) -> None:
    for arn in ARNS[action.partition(":")[0]]:
        assert not is_allowed(action, arn)


@pytest.mark.parametrize(
    "line",
    [
        one
        for one in [*shell_lines(RUNBOOK), *shell_lines(TASKS)]
        # It needs to read and write the orders: an administrator's.
        if one.startswith("aws ") and "restore-table-to-point-in-time" not in one
    ],
)
def test_the_deployer_may_follow_the_runbook(line: str) -> None:
    call = parsed(line)
    operation = client_of(call.service).meta.method_to_api_mapping[call.method]
    stack = f"arn:aws:cloudformation:{REGIONAL}:stack/{STACK}/0d1e2f3a"
    arns_of_service = ARNS | {"cloudformation": (stack,)}
    for arn in arns_of_service[call.service]:
        assert is_allowed(f"{call.service}:{operation}", arn)


@pytest.mark.parametrize(
    ("action", "service"),
    [
        *(("lambda:DeleteFunction", "lambda"), ("dynamodb:DeleteTable", "dynamodb")),
        *(
            ("iam:PutRolePolicy", "iam"),
            ("sqs:DeleteQueue", "sqs"),
            ("logs:DeleteLogGroup", "logs"),
        ),
        ("cloudwatch:DeleteAlarms", "cloudwatch"),
    ],
)
def test_other_stacks_are_out_of_reach(action: str, service: str) -> None:
    for arn in ARNS[service]:
        assert is_allowed(action, arn)
        assert not is_allowed(action, arn.replace(STACK, "payroll"))


@pytest.mark.parametrize("verb", ["Create", "Delete", "Update"])
def test_mappings_of_other_stacks_are_out_of_reach(verb: str) -> None:
    """A mapping's ARN has no name, so the function that it invokes stands for it."""
    action, arn = f"lambda:{verb}EventSourceMapping", ARNS_OF_TYPES[MAPPING]
    assert is_allowed(action, arn)
    assert not is_allowed(action, arn, FunctionArn=ARNS["lambda"][0].replace(STACK, "payroll"))


def test_only_the_templates_policies_are_attached() -> None:
    attached = {
        arn
        for resource in transformed_resources(Deployment="Canary10Percent5Minutes").values()
        for arn in resource.get("Properties", {}).get("ManagedPolicyArns", [])
    }
    [statement] = [one for one in STATEMENTS if matches("iam:AttachRolePolicy", one["Action"])]
    own = f"arn:aws:iam::*:policy/{STACK}-*"
    assert set(statement["Condition"]["ArnLike"]["iam:PolicyARN"]) == attached | {own}
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
        assert is_allowed(action, ARNS["iam"][0])
        assert not is_allowed(action, ARNS["iam"][0], PolicyARN=administrator)


def test_the_docs_call_the_deployer_an_administrator() -> None:
    """As long as its policy lets it write any policy into a role, and pass that role."""
    assert is_allowed("iam:PutRolePolicy", ARNS["iam"][0])
    assert is_allowed("iam:PassRole", ARNS["iam"][0])
    text = (ROOT / "docs" / "deploy.md").read_text()
    assert "**This role makes its holder an administrator of the account.**" in text


def test_roles_are_passed_to_the_stacks_own_services_alone() -> None:
    [statement] = [one for one in STATEMENTS if matches("iam:PassRole", one["Action"])]
    resources = transformed_resources(Deployment="Canary10Percent5Minutes")
    trusted = set()
    for resource in resources.values():
        if resource["Type"] == "AWS::IAM::Role":
            [assume] = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            services = assume["Principal"]["Service"]
            trusted |= {services} if isinstance(services, str) else set(services)
    assert set(statement["Condition"]["StringEquals"]["iam:PassedToService"]) == trusted


def test_keys_of_others_are_not_deleted() -> None:
    """A key's ARN has no name, so the tag of the stack stands for it."""
    for action in ("kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:DisableKey"):
        [statement] = [one for one in STATEMENTS if matches(action, one["Action"])]
        assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/stack": STACK}}
    tags = transformed_resources()["AlarmsKey"]["Properties"]["Tags"]
    assert {"Key": "stack", "Value": {"Ref": "AWS::StackName"}} in tags


def test_iam_takes_the_policy() -> None:
    assert len(json.dumps(json.loads(TEXT), separators=(",", ":"))) <= MOST_CHARACTERS
    sids = [one["Sid"] for one in STATEMENTS]
    assert len(sids) == len(set(sids))
    assert all(sid.isalnum() for sid in sids)

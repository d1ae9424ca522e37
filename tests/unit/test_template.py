"""What the stack grants, keeps and shows: template.yaml as written, and as SAM transforms it."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from checkout.settings import Settings
from local.deploy import STACK_NAME
from local.paths import ROOT, SAM
from tests.unit.sam import ORIGINS, of_type, transformed_resources
from tests.unit.stack import ENVIRONMENT, FUNCTIONS, OWN_ENVIRONMENT, load_template

type Json = dict[str, Any]

TEMPLATE = load_template()
RESOURCES: Json = TEMPLATE["Resources"]
PARAMETERS: Json = TEMPLATE["Parameters"]
HANDLERS = {
    "CreateSessionFunction": "create_session",
    "ConfirmPaymentFunction": "confirm_payment",
    "StripeWebhookFunction": "stripe_webhook",
    "ReconcileFunction": "reconcile_orders",
    "PublishChangesFunction": "publish_changes",
}


@pytest.fixture(scope="module")
def transformed() -> Json:
    return transformed_resources()


def in_prod(value: Json, *, prod: bool) -> object:
    condition, then, otherwise = value["Fn::If"]
    assert TEMPLATE["Conditions"][condition] == {"Fn::Equals": [{"Ref": "Environment"}, "prod"]}
    return then if prod else otherwise


def strings(value: object) -> Iterator[str]:
    """Give every text in a document, the names of its fields too."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


def test_sam_validates_and_lints_it() -> None:
    done = subprocess.run(
        [SAM, "validate", "--lint", "--template-file", ROOT / "template.yaml"],
        env=os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is a valid SAM Template" in done.stdout


def test_has_the_names_that_scripts_and_dashboards_rely_on() -> None:
    assert {name: RESOURCES[name]["Type"] for name in (*HANDLERS, "CommonLayer", "HttpApi")} == {
        **dict.fromkeys(HANDLERS, "AWS::Serverless::Function"),
        "CommonLayer": "AWS::Serverless::LayerVersion",
        "HttpApi": "AWS::Serverless::HttpApi",
    }
    assert RESOURCES["OrdersTable"]["Type"] == "AWS::DynamoDB::Table"
    assert RESOURCES["OrderEventsTopic"]["Type"] == "AWS::SNS::Topic"
    named = {"ApiUrl", "WebhookUrl", "OrdersTableName", "OrderEventsTopicArn"}
    assert TEMPLATE["Outputs"].keys() >= named


def test_outputs_say_where_the_stack_is_reached() -> None:
    outputs = {name: output["Value"] for name, output in TEMPLATE["Outputs"].items()}
    address = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    assert outputs["ApiUrl"] == {"Fn::Sub": address}
    assert outputs["WebhookUrl"] == {"Fn::GetAtt": ["StripeWebhookFunctionUrl", "FunctionUrl"]}
    assert outputs["OrdersTableName"] == {"Ref": "OrdersTable"}
    assert outputs["StripeSecretArn"] == {"Fn::GetAtt": ["StripeSecret", "Id"]}
    assert outputs["OrderEventsTopicArn"] == {"Ref": "OrderEventsTopic"}
    assert outputs["WebhookFunctionName"] == {"Ref": "StripeWebhookFunction"}
    for queue in ("UnprocessedEventsQueue", "UnpublishedChangesQueue"):
        assert outputs[f"{queue}Url"] == {"Ref": queue}


def test_every_handler_is_a_function() -> None:
    assert of_type(RESOURCES, "AWS::Serverless::Function").keys() == HANDLERS.keys()
    assert {path.parent.name for path in FUNCTIONS.glob("*/app.py")} == set(HANDLERS.values())
    makefile = (FUNCTIONS / "Makefile").read_text()
    for function, folder in HANDLERS.items():
        assert f"build-{function}: FOLDER = {folder}\n" in makefile


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_runs_python_3_13_with_the_layer(transformed: Json, function: str) -> None:
    properties = transformed[function]["Properties"]
    assert properties["Runtime"] == "python3.13"
    assert properties["Handler"] == "app.lambda_handler"
    assert properties["Architectures"] == [{"Ref": "Architecture"}]
    (layer,) = of_type(transformed, "AWS::Lambda::LayerVersion")
    assert properties["Layers"] == [{"Ref": layer}]
    assert transformed[layer]["Properties"]["CompatibleRuntimes"] == ["python3.13"]
    assert (ROOT / ".python-version").read_text() == "3.13\n"


def test_the_cloud_runs_arm64_unless_told_otherwise() -> None:
    assert PARAMETERS["Architecture"]["Default"] == "arm64"
    assert PARAMETERS["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]
    makefile = (ROOT / "layers" / "common" / "Makefile").read_text()
    assert "LAYER_PLATFORM ?= aarch64-manylinux2014\n" in makefile


# Roles


READ_SECRET = ("secretsmanager:GetSecretValue", "StripeSecret.Id")
WRITE_ORDERS = ("dynamodb:UpdateItem", "OrdersTable.Arn")
ROLES = {
    "CreateSession": {READ_SECRET, WRITE_ORDERS, ("dynamodb:GetItem", "OrdersTable.Arn")},
    "ConfirmPayment": {READ_SECRET, WRITE_ORDERS},
    "StripeWebhook": {
        READ_SECRET,
        WRITE_ORDERS,
        ("sqs:SendMessage", "UnprocessedEventsQueue.Arn"),
    },
    "Reconcile": {
        READ_SECRET,
        WRITE_ORDERS,
        ("dynamodb:Query", "${OrdersTable.Arn}/index/unsettled"),
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
# AWS knows no resource that it could be limited to, and it tells names only:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
WITHOUT_RESOURCE = {"PublishChanges": ["*"]}


def permissions(role: str) -> set[tuple[str, str]]:
    """Give what a role may do, as (action, the resource's logical id and attribute)."""
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
    if isinstance(resource, str):
        return resource
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
    schedules = made["ReconcileFunctionScheduleRole"]
    (assume,) = schedules["AssumeRolePolicyDocument"]["Statement"]
    assert assume["Principal"] == {"Service": ["scheduler.amazonaws.com"]}
    (policy,) = schedules["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": {"Fn::GetAtt": ["ReconcileFunction", "Arn"]},
    }


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


# Settings and the secret


def test_functions_get_the_settings_that_they_read(transformed: Json) -> None:
    for function in HANDLERS:
        variables = transformed[function]["Properties"]["Environment"]["Variables"]
        assert variables.keys() == ENVIRONMENT.keys() | OWN_ENVIRONMENT.get(function, {}).keys()
        assert variables["ALLOWED_ORIGINS"] == {"Fn::Join": [",", {"Ref": "AllowedOrigins"}]}
        assert variables["ORDERS_TABLE"] == {"Ref": "OrdersTable"}
        assert variables["STRIPE_SECRET_ARN"] == {"Fn::GetAtt": ["StripeSecret", "Id"]}


@pytest.mark.parametrize(
    ("function", "variable", "resource"),
    [
        ("StripeWebhookFunction", "UNPROCESSED_EVENTS_QUEUE_URL", "UnprocessedEventsQueue"),
        ("ReconcileFunction", "RECONCILIATION_TABLE", "ReconciliationTable"),
        ("PublishChangesFunction", "ORDER_EVENTS_TOPIC_ARN", "OrderEventsTopic"),
    ],
)
def test_a_function_is_told_what_is_its_alone(
    transformed: Json, function: str, variable: str, resource: str
) -> None:
    assert OWN_ENVIRONMENT[function].keys() == {variable}
    variables = transformed[function]["Properties"]["Environment"]["Variables"]
    assert variables[variable] == {"Ref": resource}


def test_each_stack_marks_its_sessions_differently() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    mark = "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}"
    assert variables["CHECKOUT_STACK"] == {"Fn::Sub": mark}


def test_no_secret_passes_through_the_template() -> None:
    (secret,) = of_type(RESOURCES, "AWS::SecretsManager::Secret").values()
    assert secret.keys() == {"Description"}
    names = {*PARAMETERS, *TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]}
    telling = re.compile(r"key|secret|token|password", re.IGNORECASE)
    secretive = {name for name in names if telling.search(name)}
    assert secretive == {"STRIPE_SECRET_ARN"}
    for source in ("template.yaml", "samconfig.toml"):
        text = (ROOT / source).read_text()
        assert re.search(r"(sk|rk)_(test|live)_\w|whsec_\w|resolve:", text) is None


@pytest.mark.parametrize(
    "base",
    ["", "http://localhost", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:12111"],
)
def test_stripes_address_may_be_a_loopback_address(base: str) -> None:
    assert re.fullmatch(PARAMETERS["StripeApiBase"]["AllowedPattern"], base)
    Settings.from_environment(ENVIRONMENT | {"STRIPE_API_BASE": base})


@pytest.mark.parametrize(
    "base",
    [
        "https://api.stripe.com",
        "https://localhost:8080",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost:8080@evil.example",
        "http://localhost:8080/v1",
        "http://127x0x0x1",
        "http://10.0.0.1",
        "http://localhost:123456",
        "http://evil.example\nhttp://localhost",
        " ",
    ],
)
def test_stripes_address_may_be_nothing_else(base: str) -> None:
    # CloudFormation wants the whole value to match; searching must not find more.
    assert re.search(PARAMETERS["StripeApiBase"]["AllowedPattern"], base) is None


def test_without_an_address_it_is_stripe_itself() -> None:
    assert PARAMETERS["StripeApiBase"]["Default"] == ""


# The table


def test_the_table_is_on_demand_encrypted_and_can_be_restored() -> None:
    table = RESOURCES["OrdersTable"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "order_id", "KeyType": "HASH"}]
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    # A name of its own would keep a retained table from being made anew.
    assert "TableName" not in table


def test_the_table_outlives_its_stack_and_in_prod_a_deletion_too() -> None:
    table = RESOURCES["OrdersTable"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    protected = table["Properties"]["DeletionProtectionEnabled"]
    assert in_prod(protected, prod=True) is True
    assert in_prod(protected, prod=False) is False


# Logs


def test_every_function_writes_to_a_log_group_that_forgets(transformed: Json) -> None:
    groups = of_type(transformed, "AWS::Logs::LogGroup")
    for properties in groups.values():
        assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    for function, properties in of_type(transformed, "AWS::Lambda::Function").items():
        group = f"{function.removesuffix('Function')}LogGroup"
        assert properties["LoggingConfig"] == {"LogGroup": {"Ref": group}, "LogFormat": "JSON"}
        assert group in groups
    assert 0 not in PARAMETERS["LogRetentionDays"]["AllowedValues"]


def test_access_is_logged_by_ids_and_outcomes(transformed: Json) -> None:
    settings = transformed["HttpApiApiGatewayDefaultStage"]["Properties"]["AccessLogSettings"]
    assert settings["DestinationArn"] == {"Fn::GetAtt": ["HttpApiLogGroup", "Arn"]}
    line = json.loads(settings["Format"])
    assert "$context.requestId" in line.values()
    assert not {text for text in line.values() if re.search(r"identity|path|query|header", text)}


# The two ways in


def test_the_api_has_these_routes_in_payload_format_2(transformed: Json) -> None:
    paths = transformed["HttpApi"]["Properties"]["Body"]["paths"]
    integrations = {
        f"{method} {path}": operation["x-amazon-apigateway-integration"]
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    functions = {
        route: re.findall(r"\$\{(\w+)\.Arn\}", integration["uri"]["Fn::Sub"])
        for route, integration in integrations.items()
    }
    assert functions == {
        "post /checkout/sessions": ["CreateSessionFunction"],
        "post /checkout/sessions/{session_id}/confirm": ["ConfirmPaymentFunction"],
        "post /stripe/webhook": ["StripeWebhookFunction"],
    }
    for integration in integrations.values():
        assert integration["type"] == "aws_proxy"
        assert integration["payloadFormatVersion"] == "2.0"


def test_browsers_may_call_from_the_allowed_origins_only(transformed: Json) -> None:
    cors = transformed["HttpApi"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
    assert cors == {
        "allowOrigins": ORIGINS,
        "allowMethods": ["POST"],
        "allowHeaders": ["content-type", "idempotency-key"],
        "exposeHeaders": ["retry-after"],
        "maxAge": 3600,
    }


def test_the_api_asks_stripe_no_more_than_stripe_answers(transformed: Json) -> None:
    stage = transformed["HttpApiApiGatewayDefaultStage"]["Properties"]
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] < 100


def test_the_webhooks_url_is_public_and_nothing_else_is(transformed: Json) -> None:
    assert of_type(transformed, "AWS::Lambda::Url") == {
        "StripeWebhookFunctionUrl": {
            "TargetFunctionArn": {"Ref": "StripeWebhookFunction"},
            "AuthType": "NONE",
        }
    }
    granted = of_type(transformed, "AWS::Lambda::Permission").values()
    # A function URL needs both: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    webhook = {"FunctionName": {"Ref": "StripeWebhookFunction"}, "Principal": "*"}
    public = [permission for permission in granted if permission["Principal"] == "*"]
    assert sorted(public, key=lambda permission: str(permission["Action"])) == [
        webhook | {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
        webhook | {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    ]


def test_the_api_may_invoke_a_function_by_its_own_route_only(transformed: Json) -> None:
    routes = {}
    for permission in of_type(transformed, "AWS::Lambda::Permission").values():
        if permission["Principal"] == "apigateway.amazonaws.com":
            arn, names = permission["SourceArn"]["Fn::Sub"]
            assert names["__ApiId__"] == {"Ref": "HttpApi"}
            routes[permission["FunctionName"]["Ref"]] = arn.partition("${__Stage__}/")[2]
    assert routes == {
        "CreateSessionFunction": "POST/checkout/sessions",
        "ConfirmPaymentFunction": "POST/checkout/sessions/*/confirm",
        "StripeWebhookFunction": "POST/stripe/webhook",
    }


# samconfig.toml


SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = ("local", "dev", "prod")


def overrides(environment: str) -> dict[str, str]:
    listed = SAMCONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(entry.split("=", 1) for entry in listed)


def test_there_is_a_section_for_each_environment() -> None:
    assert SAMCONFIG.keys() - {"version", "default"} == set(ENVIRONMENTS)
    assert PARAMETERS["Environment"]["AllowedValues"] == list(ENVIRONMENTS)
    assert SAMCONFIG["default"]["validate"]["parameters"] == {"lint": True}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_a_stack_of_its_own(environment: str) -> None:
    parameters = SAMCONFIG[environment]["deploy"]["parameters"]
    assert parameters["stack_name"] == f"checkout-{environment}"
    assert parameters["capabilities"] == ["CAPABILITY_IAM"]
    assert parameters["resolve_s3"] is True
    assert overrides(environment)["Environment"] == environment
    assert STACK_NAME == "checkout-local"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environments_parameters_are_ones_that_the_functions_accept(environment: str) -> None:
    assert overrides(environment).keys() <= PARAMETERS.keys()
    defaults = {name: str(each.get("Default")) for name, each in PARAMETERS.items()}
    values = defaults | overrides(environment)
    for name, value in values.items():
        allowed = PARAMETERS[name].get("AllowedValues", [value])
        assert value in map(str, allowed)
    settings = Settings.from_environment(
        ENVIRONMENT
        | {
            "ALLOWED_ORIGINS": values["AllowedOrigins"],
            "DEFAULT_SUCCESS_URL": values["DefaultSuccessUrl"],
            "DEFAULT_CANCEL_URL": values["DefaultCancelUrl"],
            "STRIPE_MODE": values["StripeMode"],
            "STRIPE_API_BASE": values["StripeApiBase"],
        }
    )
    assert settings.livemode is (environment == "prod")
    assert settings.stripe_api_base is None


def test_prod_is_changed_only_after_a_look() -> None:
    assert SAMCONFIG["prod"]["deploy"]["parameters"]["confirm_changeset"] is True

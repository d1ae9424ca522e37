"""What the stack has, keeps and shows: template.yaml as written, and as SAM transforms it."""

import json
import re

import pytest

from tests.support import sam
from tests.support.documents import Json
from tests.support.sam import ORIGINS, of_type
from tests.support.stack import FUNCTIONS, HANDLERS, ROOT, load_template

TEMPLATE = load_template()
RESOURCES: Json = TEMPLATE["Resources"]
PARAMETERS: Json = TEMPLATE["Parameters"]

transformed = sam.transformed


def in_prod(value: Json, *, prod: bool) -> object:
    condition, then, otherwise = value["Fn::If"]
    assert TEMPLATE["Conditions"][condition] == {"Fn::Equals": [{"Ref": "Environment"}, "prod"]}
    return then if prod else otherwise


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
    exported = TEMPLATE["Outputs"]["OrderEventsTopicArn"]["Export"]["Name"]
    assert exported == {"Fn::Sub": "${AWS::StackName}-OrderEventsTopicArn"}


def test_outputs_say_where_the_stack_is_reached() -> None:
    outputs = {name: output["Value"] for name, output in TEMPLATE["Outputs"].items()}
    address = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    assert outputs["ApiUrl"] == {"Fn::Sub": address}
    assert outputs["WebhookUrl"] == {"Fn::GetAtt": ["StripeWebhookFunctionUrl", "FunctionUrl"]}
    restored, own = {"Ref": "RestoredOrdersTable"}, {"Ref": "OrdersTable"}
    assert outputs["OrdersTableName"] == {"Fn::If": ["IsRestored", restored, own]}
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


def test_the_cloud_runs_arm64_by_default() -> None:
    assert PARAMETERS["Architecture"]["Default"] == "arm64"
    assert PARAMETERS["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]
    makefile = (ROOT / "layers" / "common" / "Makefile").read_text()
    assert "LAYER_PLATFORM ?= aarch64-manylinux2014\n" in makefile


# The table


def test_the_table_is_on_demand_encrypted_and_can_be_restored() -> None:
    table = RESOURCES["OrdersTable"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "order_id", "KeyType": "HASH"}]
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    # A name of its own would keep a retained table from being made again.
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
    # Who floods the API is known by the address alone.
    assert line.pop("source_ip") == "$context.identity.sourceIp"
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
        route: re.findall(r"functions/\$\{(\w+)\}/", integration["uri"]["Fn::Sub"])
        for route, integration in integrations.items()
    }
    assert functions == {
        "post /checkout/sessions": ["CreateSessionFunctionAliaslive"],
        "post /trusted/checkout/sessions": ["CreateSessionFunctionAliaslive"],
        "post /checkout/sessions/{session_id}/confirm": ["ConfirmPaymentFunctionAliaslive"],
        "post /stripe/webhook": ["StripeWebhookFunctionAliaslive"],
        "get /checkout/prices": ["ListPricesFunctionAliaslive"],
    }
    for integration in integrations.values():
        assert integration["type"] == "aws_proxy"
        assert integration["payloadFormatVersion"] == "2.0"


def test_browsers_may_call_from_the_allowed_origins_only(transformed: Json) -> None:
    cors = transformed["HttpApi"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
    assert cors == {
        "allowOrigins": ORIGINS,
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["content-type", "idempotency-key"],
        "exposeHeaders": ["retry-after"],
        "maxAge": 3600,
    }


STRIPES_LIMIT = 25  # https://docs.stripe.com/rate-limits, for each endpoint
RATE_LIMITS = {
    "POST /checkout/sessions": "CreateRateLimit",
    "POST /trusted/checkout/sessions": "TrustedRateLimit",
    "POST /checkout/sessions/{session_id}/confirm": "ConfirmRateLimit",
    "POST /stripe/webhook": "WebhookRateLimit",
    "GET /checkout/prices": "ListPricesRateLimit",
}


def test_each_route_is_throttled_below_what_stripe_allows(transformed: Json) -> None:
    stage = transformed["HttpApiApiGatewayDefaultStage"]["Properties"]
    assert stage["RouteSettings"] == {
        route: {
            "ThrottlingRateLimit": {"Ref": parameter},
            "ThrottlingBurstLimit": {"Ref": parameter},
        }
        for route, parameter in RATE_LIMITS.items()
    }
    paths = transformed["HttpApi"]["Properties"]["Body"]["paths"]
    routes = {f"{method.upper()} {path}" for path, each in paths.items() for method in each}
    assert routes == RATE_LIMITS.keys()
    for parameter in RATE_LIMITS.values():
        assert PARAMETERS[parameter]["Type"] == "Number"
        assert 0 < PARAMETERS[parameter]["MinValue"] <= PARAMETERS[parameter]["Default"]
        assert PARAMETERS[parameter]["Default"] < STRIPES_LIMIT
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] < STRIPES_LIMIT
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] < STRIPES_LIMIT


def test_the_webhooks_concurrency_is_reserved_only_where_asked_for(transformed: Json) -> None:
    assert PARAMETERS["WebhookReservedConcurrency"]["Default"] == 0
    reserved = {
        function: properties["ReservedConcurrentExecutions"]
        for function, properties in of_type(transformed, "AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in properties
    }
    parameter = {"Ref": "WebhookReservedConcurrency"}
    assert reserved == {
        "StripeWebhookFunction": {
            "Fn::If": ["HasWebhookConcurrency", parameter, {"Ref": "AWS::NoValue"}]
        }
    }
    equals_zero = {"Fn::Equals": [parameter, 0]}
    assert TEMPLATE["Conditions"]["HasWebhookConcurrency"] == {"Fn::Not": [equals_zero]}


def test_the_webhooks_url_is_public_and_nothing_else_is(transformed: Json) -> None:
    assert of_type(transformed, "AWS::Lambda::Url") == {
        "StripeWebhookFunctionUrl": {
            "TargetFunctionArn": {"Ref": "StripeWebhookFunctionAliaslive"},
            "AuthType": "NONE",
        }
    }
    granted = of_type(transformed, "AWS::Lambda::Permission").values()
    # A function URL needs both: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    webhook = {"FunctionName": {"Ref": "StripeWebhookFunctionAliaslive"}, "Principal": "*"}
    public = [permission for permission in granted if permission["Principal"] == "*"]
    assert sorted(public, key=lambda permission: str(permission["Action"])) == [
        webhook | {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
        webhook | {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    ]


def test_the_api_may_invoke_a_function_by_its_own_route_only(transformed: Json) -> None:
    routes = set()
    for permission in of_type(transformed, "AWS::Lambda::Permission").values():
        if permission["Principal"] == "apigateway.amazonaws.com":
            arn, names = permission["SourceArn"]["Fn::Sub"]
            assert names["__ApiId__"] == {"Ref": "HttpApi"}
            route = arn.partition("${__Stage__}/")[2]
            routes.add((permission["FunctionName"]["Ref"], route))
    assert routes == {
        ("CreateSessionFunctionAliaslive", "POST/checkout/sessions"),
        ("CreateSessionFunctionAliaslive", "POST/trusted/checkout/sessions"),
        ("ConfirmPaymentFunctionAliaslive", "POST/checkout/sessions/*/confirm"),
        ("StripeWebhookFunctionAliaslive", "POST/stripe/webhook"),
        ("ListPricesFunctionAliaslive", "GET/checkout/prices"),
    }


def test_iam_lets_callers_into_the_trusted_route_and_no_other(transformed: Json) -> None:
    body = transformed["HttpApi"]["Properties"]["Body"]
    secured = {
        path: operation["security"]
        for path, operations in body["paths"].items()
        for operation in operations.values()
        if "security" in operation
    }
    assert secured == {"/trusted/checkout/sessions": [{"AWS_IAM": []}]}
    scheme = body["components"]["securitySchemes"]["AWS_IAM"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_creates_of_both_routes_stay_within_what_stripe_allows() -> None:
    of_both = ("CreateRateLimit", "TrustedRateLimit")
    assert sum(PARAMETERS[name]["Default"] for name in of_both) <= STRIPES_LIMIT

"""What the functions get: the settings, the secret, and the parameters behind them."""

import re

import pytest

from checkout.settings import Settings
from tests.support import sam
from tests.support.documents import Json
from tests.support.sam import of_type
from tests.support.stack import ENVIRONMENT, HANDLERS, OWN_ENVIRONMENT, ROOT, load_template

TEMPLATE = load_template()
PARAMETERS: Json = TEMPLATE["Parameters"]

transformed = sam.transformed


def test_functions_get_the_settings_that_they_read(transformed: Json) -> None:
    for function in HANDLERS:
        variables = transformed[function]["Properties"]["Environment"]["Variables"]
        assert variables.keys() == ENVIRONMENT.keys() | OWN_ENVIRONMENT.get(function, {}).keys()
        assert variables["ALLOWED_ORIGINS"] == {"Fn::Join": [",", {"Ref": "AllowedOrigins"}]}
        assert variables["ORDERS_TABLE"]["Fn::If"][-1] == {"Ref": "OrdersTable"}
        assert variables["STRIPE_SECRET_ARN"] == {"Fn::GetAtt": ["StripeSecret", "Id"]}


@pytest.mark.parametrize(
    ("function", "variable", "resource"),
    [
        ("StripeWebhookFunction", "DEAD_LETTERED_EVENTS_TABLE", "DeadLetteredEventsTable"),
        ("StripeWebhookFunction", "UNPROCESSED_EVENTS_QUEUE_URL", "UnprocessedEventsQueue"),
        ("ReconcileFunction", "RECONCILIATION_TABLE", "ReconciliationTable"),
        ("PublishChangesFunction", "ORDER_EVENTS_TOPIC_ARN", "OrderEventsTopic"),
        ("PublishChangesFunction", "UNPUBLISHED_CHANGES_QUEUE_URL", "UnpublishedChangesQueue"),
    ],
)
def test_a_function_gets_what_it_alone_uses(
    transformed: Json, function: str, variable: str, resource: str
) -> None:
    assert variable in OWN_ENVIRONMENT[function]
    variables = transformed[function]["Properties"]["Environment"]["Variables"]
    assert variables[variable] == {"Ref": resource}


def test_each_stack_marks_its_sessions_differently() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    mark = "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}"
    assert variables["CHECKOUT_STACK"] == {"Fn::Sub": mark}


def test_a_stacks_metrics_are_its_own(transformed: Json) -> None:
    """The service is a dimension of each metric that Powertools writes.

    https://docs.aws.amazon.com/powertools/python/latest/core/metrics/
    """
    for function in HANDLERS:
        variables = transformed[function]["Properties"]["Environment"]["Variables"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Checkout"


def test_no_secret_passes_through_the_template() -> None:
    (secret,) = of_type(TEMPLATE["Resources"], "AWS::SecretsManager::Secret").values()
    assert secret.keys() == {"Description", "Tags"}
    names = {*PARAMETERS, *TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]}
    names_a_secret = re.compile(r"key|secret|token|password", re.IGNORECASE)
    secretive = {name for name in names if names_a_secret.search(name)}
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


def test_stripe_is_simulated_in_a_local_stack_only(transformed: Json) -> None:
    (assertion,) = TEMPLATE["Rules"]["StripeItselfOutsideOfLocal"]["Assertions"]
    assert assertion["Assert"] == {
        "Fn::Or": [
            {"Fn::Equals": [{"Ref": "StripeApiBase"}, ""]},
            {"Fn::Equals": [{"Ref": "Environment"}, "local"]},
        ]
    }
    assert sam.transformed_template()["Rules"] == TEMPLATE["Rules"]
    # CloudFormation alone knows of rules: the functions refuse it too.
    for function in HANDLERS:
        variables = transformed[function]["Properties"]["Environment"]["Variables"]
        assert variables["ENVIRONMENT"] == {"Ref": "Environment"}

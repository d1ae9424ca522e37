"""The stack as template.yaml describes it, and the environment that it gives its functions."""

import json
from functools import cache
from pathlib import Path

import yaml

from tests.support.documents import Json

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "common"
FUNCTIONS = ROOT / "functions"
EVENTS = ROOT / "events"

STACK = "123456789012/us-east-1/checkout-test"
OTHER_STACK = "123456789012/us-east-1/checkout-other"
TABLE = "orders"
PROGRESS_TABLE = "reconciliation"
DEAD_LETTERED_TABLE = "dead-lettered-events"
UNPUBLISHED_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/unpublished"
QUEUE = "unprocessed"
QUEUE_URL = f"https://sqs.us-east-1.amazonaws.com/123456789012/{QUEUE}"
TOPIC = "order-events"
TOPIC_ARN = f"arn:aws:sns:us-east-1:123456789012:{TOPIC}"
SECRET_NAME = "stripe"
API_KEY = "sk_test_unit"
SIGNING_SECRET = "whsec_unit"

# Each function's folder.
HANDLERS = {
    "CreateSessionFunction": "create_session",
    "ConfirmPaymentFunction": "confirm_payment",
    "StripeWebhookFunction": "stripe_webhook",
    "ListPricesFunction": "list_prices",
    "ReconcileFunction": "reconcile_orders",
    "PublishChangesFunction": "publish_changes",
}

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}
ENVIRONMENT = {
    "ALLOW_FREE_ORDERS": "false",
    "ALLOWED_ORIGINS": "https://shop.example,http://localhost:3000",
    "CHECKOUT_STACK": STACK,
    "DEFAULT_CANCEL_URL": "https://shop.example/cart",
    "DEFAULT_SUCCESS_URL": "https://shop.example/thanks",
    "ENVIRONMENT": "local",
    "ORDERS_TABLE": TABLE,
    "POWERTOOLS_METRICS_NAMESPACE": "Checkout",
    "POWERTOOLS_SERVICE_NAME": "checkout-test",
    "SELLABLE_PRICES": "marked",
    "STRIPE_API_BASE": "",
    "STRIPE_MODE": "test",
    "STRIPE_SECRET_ARN": SECRET_NAME,
}
# What only one function gets.
OWN_ENVIRONMENT = {
    "StripeWebhookFunction": {
        "DEAD_LETTERED_EVENTS_TABLE": DEAD_LETTERED_TABLE,
        "UNPROCESSED_EVENTS_QUEUE_URL": QUEUE_URL,
    },
    "ReconcileFunction": {"RECONCILIATION_TABLE": PROGRESS_TABLE},
    "PublishChangesFunction": {
        "ORDER_EVENTS_TOPIC_ARN": TOPIC_ARN,
        "UNPUBLISHED_CHANGES_QUEUE_URL": UNPUBLISHED_QUEUE_URL,
    },
}


def load_template() -> Json:
    """Read template.yaml, its tags as the functions that they are short for.

    test_layer.py checks that SAM reads the same.
    """
    return read_template(ROOT / "template.yaml")


def read_template(path: Path) -> Json:
    plain: Json = json.loads(_template_as_json(path))
    return plain


@cache
def _template_as_json(path: Path) -> str:
    with path.open() as file:
        return json.dumps(yaml.load(file, _Loader))  # noqa: S506  (a SafeLoader)


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's tags; SAM's and cfn-lint's loaders take seconds to import.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
    """


def _function(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Json:
    value: object
    match node:
        case yaml.ScalarNode():
            text = str(loader.construct_scalar(node))
            value = text.split(".", 1) if tag == "GetAtt" else text
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            assert isinstance(node, yaml.MappingNode)
            value = loader.construct_mapping(node, deep=True)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _function)
# A version looks like a date, and is none.
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))


def orders_table() -> Json:
    """Return the arguments of CreateTable that make the template's table.

    Not encrypted: moto generates an RSA key for a table that is, 0.1 s of CPU.
    """
    properties = load_template()["Resources"]["OrdersTable"]["Properties"]
    recovery = properties.pop("PointInTimeRecoverySpecification")
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    del properties["SSESpecification"]
    del properties["Tags"]
    stream = properties.pop("StreamSpecification")
    _condition, _in_prod, elsewhere = properties.pop("DeletionProtectionEnabled")["Fn::If"]
    return {
        **properties,
        "TableName": TABLE,
        "StreamSpecification": {"StreamEnabled": True, **stream},
        "DeletionProtectionEnabled": elsewhere,
    }


def progress_table() -> Json:
    """Return the arguments of CreateTable that make the template's table of the progress."""
    return _small_table("ReconciliationTable", PROGRESS_TABLE)


def dead_lettered_events_table() -> Json:
    """Return the arguments of CreateTable that make the table of dead-lettered events."""
    return _small_table("DeadLetteredEventsTable", DEAD_LETTERED_TABLE)


def _small_table(resource: str, name: str) -> Json:
    properties = load_template()["Resources"][resource]["Properties"]
    del properties["PointInTimeRecoverySpecification"]
    properties.pop("TimeToLiveSpecification", None)
    del properties["SSESpecification"]
    del properties["Tags"]
    return {**properties, "TableName": name}

"""The stack as template.yaml describes it, and the environment that it gives its functions."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import decode  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "common"
FUNCTIONS = ROOT / "functions"
EVENTS = ROOT / "events"

STACK = "123456789012/us-east-1/checkout-test"
OTHER_STACK = "123456789012/us-east-1/checkout-other"
TABLE = "orders"
SECRET_NAME = "stripe"
API_KEY = "sk_test_unit"
SIGNING_SECRET = "whsec_unit"

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}
ENVIRONMENT = {
    "ALLOWED_ORIGINS": "https://shop.example,http://localhost:3000",
    "CHECKOUT_STACK": STACK,
    "DEFAULT_CANCEL_URL": "https://shop.example/cart",
    "DEFAULT_SUCCESS_URL": "https://shop.example/thanks",
    "ORDERS_TABLE": TABLE,
    "POWERTOOLS_SERVICE_NAME": "checkout",
    "STRIPE_API_BASE": "",
    "STRIPE_MODE": "test",
    "STRIPE_SECRET_ARN": SECRET_NAME,
}

type Json = dict[str, Any]


def load_template() -> Json:
    """Read template.yaml with cfn-lint's loader, which knows CloudFormation's tags."""
    plain: Json = json.loads(_template_as_json())
    return plain


@cache
def _template_as_json() -> str:
    template, problems = decode(str(ROOT / "template.yaml"))
    assert not problems, problems
    return json.dumps(template)


def orders_table() -> Json:
    """Give the arguments of CreateTable that make the template's table."""
    properties = load_template()["Resources"]["OrdersTable"]["Properties"]
    recovery = properties.pop("PointInTimeRecoverySpecification")
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    encrypted = properties.pop("SSESpecification")["SSEEnabled"]
    _condition, _in_prod, elsewhere = properties.pop("DeletionProtectionEnabled")["Fn::If"]
    return {
        **properties,
        "TableName": TABLE,
        "SSESpecification": {"Enabled": encrypted},
        "DeletionProtectionEnabled": elsewhere,
    }

"""docs/security.md says what the tests prove, what the keys may do, and what the roles allow."""

import re

import pytest

from local.shop.stripe_account import SERVICE_PERMISSIONS
from ops.key_permissions import NEEDED
from tests.support.sam import of_type, transformed_resources
from tests.support.stack import ROOT, load_template
from tests.unit.test_template_roles import ROLES

SECURITY = (ROOT / "docs" / "security.md").read_text()
# The Dashboard's names, as Stripe's API has them in the messages of its errors.
IN_STRIPES_API = {
    "Checkout Sessions": "checkout_session",
    "PaymentIntents": "payment_intent",
    "Charges and Refunds": "charge",
    "Disputes": "dispute",
    "Prices": "plan",
    "Products": "product",
}
STORES = {
    "AWS::DynamoDB::Table",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
}


def rows(title: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", SECURITY, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    lines = [line for line in found[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("row", rows("Threats"), ids=lambda row: row[0])
def test_each_threat_is_stopped_by_what_a_test_proves(row: list[str]) -> None:
    _threat, stopped_by, proved_by = row
    assert len(stopped_by) > len("something")
    tests = re.findall(r"`([^`]+)`", proved_by)
    assert tests
    for test in tests:
        assert "def test_" in (ROOT / test).read_text(), test


def test_the_services_permissions_are_those_that_are_checked() -> None:
    listed = [row[0] for row in rows("Stripe keys")]
    assert listed == [one.name for one in NEEDED]
    names = [name.split(": ") for name in listed]
    assert [f"{IN_STRIPES_API[kind]}_{access.lower()}" for kind, access in names] == [
        *SERVICE_PERMISSIONS
    ]


def test_each_role_is_listed_with_what_it_allows() -> None:
    listed = {}
    for function, actions in rows("IAM"):
        granted = set()
        for part in actions.split(";"):
            named, _, resource = part.rpartition(" of ")
            granted |= {(action, resource.strip(" `")) for action in re.findall("`(.+?)`", named)}
        listed[function.strip("`")] = granted
    assert listed == {
        f"{name}Function": {(action, plain(resource)) for action, resource in granted}
        for name, granted in ROLES.items()
    }


def plain(resource: str) -> str:
    """Return a resource without the attribute that names it: ${Table.Arn}/index/one, Table.Arn."""
    return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", resource).partition(".")[0]


def test_the_inventory_has_all_that_stores_something() -> None:
    resources = transformed_resources()
    expected = {name for kind in STORES for name in of_type(resources, kind)}
    listed = {name for row in rows("What is stored") for name in re.findall(r"`(\w+)`", row[0])}
    assert listed == expected


def test_the_inventory_has_each_encryption() -> None:
    properties = {
        name: one.get("Properties", {}) for name, one in load_template()["Resources"].items()
    }
    for where, _what, _how_long, key in rows("What is stored"):
        own = properties.get(where.strip("`"), {})
        match key:
            case "KMS, `aws/dynamodb`":
                assert own["SSESpecification"] == {"SSEEnabled": True}
            case "SQS's own key":
                assert own["SqsManagedSseEnabled"] is True
            case "KMS, `aws/sns`":
                assert own["KmsMasterKeyId"] == "alias/aws/sns"
            case "KMS, a key of the stack":
                assert own["KmsMasterKeyId"] == {"Ref": "AlarmsKey"}
            case "KMS, `aws/secretsmanager`":
                assert "KmsKeyId" not in own
            case _:
                assert (key, where[:10]) == ("CloudWatch's own key", "log group ")

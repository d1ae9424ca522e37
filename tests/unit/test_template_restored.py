"""A stack can use a table that its orders were restored to, in each place that names the table."""

import re
from collections.abc import Iterator

import pytest

from tests.support import sam
from tests.support.documents import Json
from tests.support.stack import load_template

TEMPLATE = load_template()
TABLE_ARN = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/"
RESTORED = TABLE_ARN + "${RestoredOrdersTable}"
# What names the stack's own table, and what names the restored one in its place.
INSTEAD = (
    ({"Ref": "OrdersTable"}, {"Ref": "RestoredOrdersTable"}),
    ({"Fn::GetAtt": ["OrdersTable", "Arn"]}, {"Fn::Sub": RESTORED}),
    *(
        (
            {"Fn::Sub": f"${{OrdersTable.Arn}}/index/{index}"},
            {"Fn::Sub": f"{RESTORED}/index/{index}"},
        )
        for index in ("payment_intent", "pending")
    ),
    (
        {"Fn::GetAtt": ["OrdersTable", "StreamArn"]},
        {"Fn::Sub": RESTORED + "/stream/${RestoredOrdersStreamLabel}"},
    ),
)

transformed = sam.transformed


def uses(value: object) -> Iterator[tuple[object, object]]:
    """Yield each reference to the orders table, and what replaces it after a restore."""
    if isinstance(value, dict):
        match value:
            case {"Fn::If": ["IsRestored", restored, own]}:
                yield own, restored
            case {"Ref": "OrdersTable"} | {"Fn::GetAtt": ["OrdersTable", _]}:
                yield value, None
            case {"Fn::Sub": str(text)} if re.search(r"\$\{OrdersTable\b", text):
                yield value, None
            case _:
                for each in value.values():
                    yield from uses(each)
    elif isinstance(value, list):
        for each in value:
            yield from uses(each)


def test_each_use_of_the_table_is_of_the_restored_one_instead(transformed: Json) -> None:
    found = [*uses(transformed), *uses(TEMPLATE["Outputs"])]
    assert len(found) >= 5 + len(INSTEAD)
    assert [one for one in found if one not in INSTEAD] == []
    assert [one for one in INSTEAD if one not in found] == []


def test_the_stacks_own_table_stays_when_another_is_used() -> None:
    table = TEMPLATE["Resources"]["OrdersTable"]
    assert "Condition" not in table
    assert [*uses(table)] == []


def test_a_table_and_its_stream_are_given_together() -> None:
    (assertion,) = TEMPLATE["Rules"]["RestoredTableWithItsStream"]["Assertions"]
    neither, both = assertion["Assert"]["Fn::Or"]
    empty = [
        {"Fn::Equals": [{"Ref": name}, ""]}
        for name in ("RestoredOrdersTable", "RestoredOrdersStreamLabel")
    ]
    assert neither == {"Fn::And": empty}
    assert both == {"Fn::And": [{"Fn::Not": [one]} for one in empty]}


@pytest.mark.parametrize(
    ("name", "value", "is_allowed"),
    [
        ("RestoredOrdersTable", "", True),
        ("RestoredOrdersTable", "checkout-prod-orders-20260131", True),
        ("RestoredOrdersTable", "a", False),
        ("RestoredOrdersTable", "arn:aws:dynamodb:eu-central-1:123456789012:table/orders", False),
        ("RestoredOrdersStreamLabel", "2026-01-31T12:34:56.789", True),
        ("RestoredOrdersStreamLabel", "*", False),
    ],
)
def test_they_are_names_and_nothing_else(name: str, value: str, *, is_allowed: bool) -> None:
    pattern = TEMPLATE["Parameters"][name]["AllowedPattern"]
    assert (re.search(pattern, value) is not None) is is_allowed

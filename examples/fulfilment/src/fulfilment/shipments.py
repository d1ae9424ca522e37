"""The shipments table: one item per order, changed by conditional writes only.

`version` and `held_for` come from the newest message, `to_ship` has the items of `order.paid`, and
`shipped_at` is set after shipping. While one invocation ships, `claimed_until` blocks the others.
Timestamps are in milliseconds since 1970 UTC.

    order.paid ─────> to_ship ─┐
                               ├─ claim ──> ship ──> shipped_at
    newest message ─> held_for ┘ (none)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fulfilment.messages import Item, OrderMessage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# A message may be delivered again: if its first run ended early, the rest is repeated.
IS_NEWEST = "attribute_not_exists(version) OR version <= :version"
MAY_BE_SHIPPED = (
    "attribute_exists(to_ship) AND attribute_not_exists(held_for)"
    " AND attribute_not_exists(shipped_at)"
    " AND (attribute_not_exists(claimed_until) OR claimed_until < :now)"
)

type Row = dict[str, Any]


class BeingShipped(Exception):
    """Another invocation is shipping the order. A retry finds out whether it succeeded."""


@dataclass(frozen=True, slots=True)
class Shipments:
    table: "Table"

    def note_state(self, message: OrderMessage) -> Row | None:
        """Store the order's state from its newest message.

        Return the item before, empty for a new order; None if a later message was stored already.
        """
        values: Row = {":version": message.version}
        expression = "SET version = :version REMOVE held_for"
        if message.hold:
            values[":hold"] = message.hold
            expression = "SET version = :version, held_for = :hold"
        try:
            response = self.table.update_item(
                Key={"order_id": message.order_id},
                UpdateExpression=expression,
                ConditionExpression=IS_NEWEST,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            _refusal(error)
            return None
        return response.get("Attributes", {})

    def note_items(self, order_id: str, items: Sequence[Item]) -> None:
        self.table.update_item(
            Key={"order_id": order_id},
            UpdateExpression="SET to_ship = :items",
            ExpressionAttributeValues={":items": [item.model_dump() for item in items]},
        )

    def claim(self, order_id: str, *, now: float, until: float) -> list[Item] | None:
        """Claim a shipment and return its items; None if there is nothing to ship.

        Raise BeingShipped.
        """
        try:
            response = self.table.update_item(
                Key={"order_id": order_id},
                UpdateExpression="SET claimed_until = :until",
                ConditionExpression=MAY_BE_SHIPPED,
                ExpressionAttributeValues={
                    ":now": _milliseconds(now),
                    ":until": _milliseconds(until),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            row = _refusal(error)
            if "to_ship" in row and not row.keys() & {"held_for", "shipped_at"}:
                raise BeingShipped(order_id) from None
            return None
        stored: Any = response["Attributes"]["to_ship"]
        # DynamoDB returns numbers as decimals.
        return [Item(**one | {"quantity": int(one["quantity"])}) for one in stored]

    def note_shipped(self, order_id: str, *, now: float) -> None:
        self.table.update_item(
            Key={"order_id": order_id},
            UpdateExpression="SET shipped_at = :now REMOVE claimed_until",
            ExpressionAttributeValues={":now": _milliseconds(now)},
        )


def _refusal(error: ClientError) -> Row:
    """Return the item that failed a condition; raise any other error."""
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    row: Any = error.response.get("Item", {})
    return dict(row)


def _milliseconds(seconds: float) -> int:
    """Convert to an integer: DynamoDB accepts no floats."""
    return int(seconds * 1000)

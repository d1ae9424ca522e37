"""The orders table. `record` is the only writer: one fact, one conditional write, no read before.

Two facts about one order may arrive at the same time. Each write carries its own condition, and
DynamoDB lets one of them win:

    webhook  paid        ──► status in (open, expired, … canceled)?         ──► written
    confirm  paid        ──► the same condition, later                      ──► refused: duplicate
    webhook  processing  ──► status in (open, expired)?                     ──► refused: stale
    webhook  refund 1    ──► its payment, no refunds yet?                   ──► written
    webhook  refund 2    ──► its payment, no refunds yet? ──► refused ──► version 3? ──► written

A refused write returns the stored order, to respond with or to join the fact with, so neither needs
a read. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from checkout.aws.attributes import to_attribute
from checkout.aws.order_item import (
    EMPTY,
    checkout_attributes,
    order_from_item,
    parts_attributes,
)
from checkout.domain.changes import ChangeType, Outcome
from checkout.domain.decisions import Change, CheckoutChange, PartsChange, decide
from checkout.domain.facts import Fact, Origin
from checkout.domain.order import Order, OrderStatus
from checkout.errors import OrdersUnavailable, OrderUnwritable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# An order has all attributes of its session or none: they are written together.
SESSION_UNKNOWN = "attribute_not_exists(session_id)"
SESSION_KNOWN = "attribute_exists(session_id)"
SAME_SESSION = "session_id = :session_id"
# The amounts must match too: another amount means other items or other totals.
ITEMS_KNOWN = "attribute_exists(#items)"
SAME_PAYMENT = "payment_intent = :payment_intent"
NO_PAYMENT = "attribute_not_exists(payment_intent)"
AS_SEEN = "#version = :seen_version"
NO_SUCH_ORDER = "warm-up"
PENDING_INDEX = "pending"
PAYMENT_INTENT_INDEX = "payment_intent"
# The index of pending orders has this many partitions, which share a million open orders and the
# writes of a busy day.
PENDING_SHARDS = 16
# An attempt fails only if another writer changed the order, and no fact changes it twice.
ATTEMPTS = 10

type Key = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """`order` is the stored order after the fact; None if not requested or not found.

    `change` is the change of an applied fact.
    """

    outcome: Outcome
    order: Order | None
    change: ChangeType | None = None


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """`created_at` is in seconds since 1970 UTC; `session_id` is None if it is not a string."""

    order_id: str
    session_id: str | None
    created_at: int


class OrdersTable:
    """Raises OrdersUnavailable if the table does not respond; the caller should retry."""

    def __init__(
        self, client: "DynamoDBClient", table: str, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._now = now

    def record(self, fact: Fact, *, read_back: bool = False) -> Recorded:
        """Turn a fact into one conditional write; `read_back` returns the order of an applied fact.

        The first attempt assumes the common case and skips the read. The outcome is UNRESOLVED if
        the fact names no order, the order is missing or lacks its items, or it has another payment.
        Raise OrderUnreadable, and OrderUnwritable for a write that can never succeed.
        """
        if fact.order_id is None:
            return Recorded(Outcome.UNRESOLVED, None)
        seen: Order | None = None
        for _ in range(ATTEMPTS):
            decision = decide(seen, fact)
            if isinstance(decision, Outcome):
                return Recorded(decision, seen)
            written, seen = self._write(fact.order_id, decision, fact.origin, read_back=read_back)
            if written:
                return Recorded(Outcome.APPLIED, seen, decision.change_type)
            if seen is None:
                return Recorded(Outcome.UNRESOLVED, None)
        raise OrdersUnavailable("The order is being changed too often. Please try again.")

    def find(self, order_id: str) -> Order | None:
        """Read an order, for the rare case that no write returned it."""
        response = self._called(
            lambda: self._client.get_item(
                TableName=self._table, Key={"order_id": {"S": order_id}}, ConsistentRead=True
            )
        )
        return order_from_item(response["Item"]) if "Item" in response else None

    def order_of_payment(self, payment_intent: str) -> str | None:
        """Return the id of the order of a PaymentIntent; wait up to a second for the index."""
        page = self._called(
            lambda: self._client.query(
                TableName=self._table,
                IndexName=PAYMENT_INTENT_INDEX,
                KeyConditionExpression=SAME_PAYMENT,
                ExpressionAttributeValues={":payment_intent": {"S": payment_intent}},
                Limit=1,
            )
        )
        return page["Items"][0]["order_id"]["S"] if page["Items"] else None

    def pending(
        self, shard: int, *, created_until: int, after: Key | None
    ) -> tuple[list[PendingOrder], Key | None]:
        """Return a page of a shard's pending orders, oldest first, and the key of the next page.

        The index is sparse: it holds pending orders only, each soon after its write.
        """
        start: Any = {"ExclusiveStartKey": after} if after else {}
        page = self._called(
            lambda: self._client.query(
                TableName=self._table,
                IndexName=PENDING_INDEX,
                KeyConditionExpression="pending_shard = :shard AND created_at <= :until",
                ExpressionAttributeValues={
                    ":shard": {"S": str(shard)},
                    ":until": {"N": str(created_until)},
                },
                **start,
            )
        )
        found = [
            PendingOrder(
                order_id=item["order_id"]["S"],
                session_id=item.get("session_id", {}).get("S"),
                created_at=int(float(item["created_at"]["N"])),
            )
            for item in page["Items"]
        ]
        return found, page.get("LastEvaluatedKey")

    def open_connection(self) -> None:
        """Make the TLS handshake before the first write, by a write whose condition always fails.

        UpdateItem is the one table action that every role allows.
        """
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"order_id": {"S": NO_SUCH_ORDER}},
                UpdateExpression="REMOVE version",
                ConditionExpression="attribute_exists(order_id)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            pass
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The orders table does not respond.") from error

    def _write(
        self, order_id: str, change: Change, origin: Origin, *, read_back: bool
    ) -> tuple[bool, Order | None]:
        """Try to change the order; return whether it changed, and the order if known."""
        try:
            response = self._called(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key={"order_id": {"S": order_id}},
                    ReturnValues="ALL_NEW" if read_back else "NONE",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **_expressions(order_id, change, origin, int(self._now())),
                )
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            stored: Any = refused.response.get("Item")
            return False, order_from_item(stored) if stored else None
        return True, order_from_item(response["Attributes"]) if read_back else None

    def _called[T](self, call: Callable[[], T]) -> T:
        try:
            return call()
        except self._client.exceptions.ConditionalCheckFailedException:
            raise
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                # For example an item over 400 KB: every retry would fail too.
                raise OrderUnwritable("DynamoDB refuses the request as invalid.") from error
            raise OrdersUnavailable("Orders can't be reached. Please try again.") from error
        except BotoCoreError as error:
            raise OrdersUnavailable("Orders can't be reached. Please try again.") from error


def pending_shard(order_id: str) -> str:
    return str(zlib.crc32(order_id.encode()) % PENDING_SHARDS)


def _expressions(order_id: str, change: Change, origin: Origin, now: int) -> dict[str, Any]:
    """Return the condition, the new state, the history entry and the change record of one write."""
    assigned, removed, condition, values = (
        _checkout_expressions(order_id, change)
        if isinstance(change, CheckoutChange)
        else _parts_expressions(change)
    )
    entry = {"type": change.change_type, "occurred_at": origin.occurred_at, "source": origin.source}
    assigned |= {"change": entry, "updated_at": now}
    begun_with = EMPTY if isinstance(change, CheckoutChange) else {}
    sets = [f"#{name} = :{name}" for name in assigned]
    sets += [f"#{name} = if_not_exists(#{name}, :begin_{name})" for name in begun_with]
    sets.append("#version = if_not_exists(#version, :zero) + :one")
    values |= {f":{name}": value for name, value in assigned.items()}
    values |= {f":begin_{name}": value for name, value in begun_with.items()}
    values |= {":zero": 0, ":one": 1}
    names = {*assigned, *begun_with, *removed, "version"}
    if isinstance(change, CheckoutChange) or change.kind.limit is None:
        # Changes that strangers can repeat stay out of the history, which is unbounded.
        sets.append("#history = list_append(if_not_exists(#history, :none), :entry)")
        values |= {":none": [], ":entry": [entry | {"recorded_at": now}]}
        names.add("history")
    if "#items" in condition:
        names.add("items")
    removals = f" REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else ""
    return {
        "UpdateExpression": f"SET {', '.join(sets)}{removals}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in sorted(names)},
        "ExpressionAttributeValues": to_attribute(values)["M"],
    }


type _Expressions = tuple[dict[str, Any], tuple[str, ...], str, dict[str, Any]]


def _checkout_expressions(order_id: str, change: CheckoutChange) -> _Expressions:
    """Return the assignments, the removals, the condition, and the values only it needs."""
    checkout = change.checkout
    assigned = checkout_attributes(checkout)
    removed: tuple[str, ...] = ("pending_shard",)
    if checkout.status.is_pending:
        assigned["pending_shard"], removed = pending_shard(order_id), ()
    elif checkout.status is OrderStatus.PAID and checkout.amount_captured is None:
        # Without an amount in this state, an earlier amount_captured is wrong: remove it.
        removed = ("pending_shard", "amount_captured")
    values: dict[str, Any] = {f":weaker_{status}": status for status in checkout.status.weaker}
    condition = SESSION_UNKNOWN
    if change.seen_version is not None:
        condition, values = f"{SAME_SESSION} AND {AS_SEEN}", {":seen_version": change.seen_version}
    elif values:
        condition += f" OR ({SAME_SESSION} AND #status IN ({', '.join(values)}))"
    if checkout.items is None and not change.items_follow:
        same = [f"#{amount} = :{amount}" for amount in checkout.amounts_of_items]
        condition = " AND ".join([f"({condition})", ITEMS_KNOWN, *same])
    return assigned, removed, condition, values


def _parts_expressions(change: PartsChange) -> _Expressions:
    values: dict[str, Any] = {":payment_intent": change.payment_intent}
    payment = SAME_PAYMENT if change.kind.moves_money else f"({NO_PAYMENT} OR {SAME_PAYMENT})"
    if change.seen_version is None:
        unchanged, values[":none_yet"] = f"#{change.kind.name} = :none_yet", {}
    else:
        unchanged, values[":seen_version"] = AS_SEEN, change.seen_version
    condition = f"{SESSION_KNOWN} AND {payment} AND {unchanged}"
    return parts_attributes(change.kind, change.parts), (), condition, values

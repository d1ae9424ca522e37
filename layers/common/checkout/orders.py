"""The orders table. `record` is the only writer: one fact, one conditional write, no read before.

Two facts about one order may arrive at the same moment. Each write carries its own condition, and
DynamoDB lets one of them win:

    webhook  paid        ──► status in (open, expired, processing, failed)? ──► written
    confirm  paid        ──► the same question, after it                    ──► refused: duplicate
    webhook  processing  ──► status in (open, expired)?                     ──► refused: stale
    webhook  refund 1    ──► no refunds yet?                                ──► written
    webhook  refund 2    ──► no refunds yet?   ──► refused  ──► refund 1 alone?  ──► written

A refused write brings the stored order back with it: it answers the caller, or the fact is joined
with it and written again, and so neither needs a read.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from checkout.errors import OrdersUnavailable, OrderUnknown
from checkout.order import (
    Dispute,
    DisputeStatus,
    Fact,
    Order,
    OrderStatus,
    Origin,
    Outcome,
    Refund,
    RefundStatus,
)
from checkout.transitions import (
    Change,
    SameCollection,
    WeakerStatus,
    change,
    outcome_of_refused,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

# An order that has a session at all has all of them: they are written together.
SESSION_UNKNOWN = "attribute_not_exists(session_id)"
SESSION_KNOWN = "attribute_exists(session_id)"
SAME_SESSION = "session_id = :session_id"
NO_SUCH_ORDER = "warm-up"
# What an order begins with, so that each of them can be compared with what was seen.
EMPTY: dict[str, Any] = {"refunds": {}, "disputes": {}, "declines": {}, "amount_refunded": 0}
UNSETTLED_INDEX = "unsettled"
UNSETTLED_PAGE = 100
# Each try that another writer wins has changed the order, and no fact changes it twice.
TRIES = 10

type Item = Mapping[str, AttributeValueTypeDef]
type Key = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The order as it is after the fact, whether the fact changed it or not."""

    outcome: Outcome
    order: Order


@dataclass(frozen=True, slots=True)
class UnsettledOrder:
    order_id: str
    session_id: str


class Orders:
    """Raise OrdersUnavailable whenever the table did not answer; nothing was lost, so repeat."""

    def __init__(
        self, client: "DynamoDBClient", table: str, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._now = now

    def record(self, fact: Fact) -> Recorded:
        """Turn a fact into one conditional write.

        The first try takes the ordinary case for granted. Raise OrderUnknown for a fact that is
        about an order, and does not say enough to make one.
        """
        wanted = change(None, fact)
        for _ in range(TRIES):
            written, seen = self._write(fact.order_id, wanted, fact.origin)
            if written:
                return Recorded(Outcome.APPLIED, seen)
            joined = change(seen, fact)
            if joined is None:
                return Recorded(outcome_of_refused(seen, fact), seen)
            wanted = joined
        raise OrdersUnavailable("The order is being changed too often. Please try again.")

    def find(self, order_id: str) -> Order | None:
        """Read an order, for the rare answer that no write brings back."""
        try:
            answer = self._client.get_item(
                TableName=self._table, Key={"order_id": {"S": order_id}}, ConsistentRead=True
            )
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The order could not be read. Please try again.") from error
        return _order(answer["Item"]) if "Item" in answer else None

    def unsettled(
        self, shard: str, *, created_until: int, after: Key | None
    ) -> tuple[list[UnsettledOrder], Key | None]:
        """Give a page of a shard's open and processing orders, oldest first, and where it ends.

        The index is sparse: it holds no settled order, and every other a moment after its write.
        """
        start: Any = {"ExclusiveStartKey": after} if after else {}
        try:
            page = self._client.query(
                TableName=self._table,
                IndexName=UNSETTLED_INDEX,
                KeyConditionExpression="unsettled_shard = :shard AND created_at <= :until",
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    ":until": {"N": str(created_until)},
                },
                Limit=UNSETTLED_PAGE,
                **start,
            )
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The orders could not be read. Please try again.") from error
        found = [
            UnsettledOrder(order_id=item["order_id"]["S"], session_id=item["session_id"]["S"])
            for item in page["Items"]
        ]
        return found, page.get("LastEvaluatedKey")

    def open_connection(self) -> None:
        """Make the first write's TLS handshake now, by a write whose condition can't hold.

        It is an UpdateItem because that is what every function may do to the table.
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
            raise OrdersUnavailable("The orders table does not answer.") from error

    def _write(self, order_id: str, wanted: Change, origin: Origin) -> tuple[bool, Order]:
        """Try to change the order; give it as it is then, and whether this changed it."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"order_id": {"S": order_id}},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expressions(wanted, origin, int(self._now())),
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            stored = refused.response.get("Item")
            if stored is None:
                raise OrderUnknown("The table does not have this order yet.") from None
            return False, _order(stored)  # type: ignore[arg-type]
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The order could not be saved. Please try again.") from error
        return True, _order(answer["Attributes"])


def _expressions(wanted: Change, origin: Origin, now: int) -> dict[str, Any]:
    entry = {"type": wanted.type, "occurred_at": origin.occurred_at, "source": origin.source}
    set_ = {**wanted.attributes, "change": entry, "updated_at": now}
    begun_with = {name: value for name, value in EMPTY.items() if name not in set_}
    condition, conditions_values = _condition(wanted.condition)
    values = {f":{name}": value for name, value in set_.items()}
    values |= {f":begin_{name}": value for name, value in begun_with.items()}
    values |= {":none": [], ":zero": 0, ":one": 1, ":entry": [entry | {"recorded_at": now}]}
    assignments = [f"#{name} = :{name}" for name in set_]
    assignments += [f"#{name} = if_not_exists(#{name}, :begin_{name})" for name in begun_with]
    assignments += [
        "#history = list_append(if_not_exists(#history, :none), :entry)",
        "#version = if_not_exists(#version, :zero) + :one",
    ]
    removals = "".join(f" REMOVE #{name}" for name in wanted.removed)
    names = {*set_, *begun_with, *wanted.removed, "history", "version"}
    return {
        "UpdateExpression": f"SET {', '.join(assignments)}{removals}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in sorted(names)},
        "ExpressionAttributeValues": _serialized(values | conditions_values),
    }


def _condition(condition: WeakerStatus | SameCollection) -> tuple[str, dict[str, Any]]:
    if isinstance(condition, SameCollection):
        return f"{SESSION_KNOWN} AND #{condition.name} = :seen", {":seen": condition.seen}
    if not condition.statuses:
        return SESSION_UNKNOWN, {}
    values = {f":weaker_{status}": status for status in condition.statuses}
    weaker = f"({SAME_SESSION} AND #status IN ({', '.join(values)}))"
    return f"{SESSION_UNKNOWN} OR {weaker}", {":session_id": condition.session_id, **values}


def _serialized(values: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    serialize = TypeSerializer().serialize
    return {name: serialize(_plain(value)) for name, value in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _order(item: Item) -> Order:
    deserialize = TypeDeserializer().deserialize
    stored = {name: deserialize(value) for name, value in item.items()}
    return Order(
        order_id=stored["order_id"],
        session_id=stored["session_id"],
        status=OrderStatus(stored["status"]),
        payment_status=stored["payment_status"],
        payment_intent=stored.get("payment_intent"),
        amount_total=int(stored["amount_total"]),
        currency=stored["currency"],
        client_reference_id=stored.get("client_reference_id"),
        request_fingerprint=stored["request_fingerprint"],
        created_at=int(stored["created_at"]),
        expires_at=int(stored["expires_at"]),
        version=int(stored["version"]),
        refunds={
            refund_id: Refund(status=RefundStatus(one["status"]), amount=int(one["amount"]))
            for refund_id, one in stored["refunds"].items()
        },
        disputes={
            dispute_id: Dispute(
                status=DisputeStatus(one["status"]),
                reason=one["reason"],
                amount=int(one["amount"]),
            )
            for dispute_id, one in stored["disputes"].items()
        },
        declines=stored["declines"],
    )

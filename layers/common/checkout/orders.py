"""The orders table. `record` is the only writer: one fact, one conditional write, no read before.

Two facts about one order may arrive at the same moment. Each write carries its own condition, and
DynamoDB lets one of them win:

    webhook  paid        ──► status in (open, expired, processing, failed)? ──► written
    confirm  paid        ──► the same question, after it                    ──► refused: duplicate
    webhook  processing  ──► status in (open, expired)?                     ──► refused: stale

A refused write brings the stored order back with it, so that an answer needs no read either.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from checkout.errors import OrdersUnavailable
from checkout.order import (
    CHANGE_TYPES,
    Order,
    OrderStatus,
    Outcome,
    SessionFact,
    outcome_of_refused,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

# An order that has a session at all has all of them: they are written together.
SESSION_UNKNOWN = "attribute_not_exists(session_id)"
SAME_SESSION = "session_id = :session_id"
NO_SUCH_ORDER = "warm-up"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The order as it is after the fact, whether the fact changed it or not."""

    outcome: Outcome
    order: Order


class Orders:
    """Raise OrdersUnavailable whenever the table did not answer; nothing was lost, so repeat."""

    def __init__(
        self, client: "DynamoDBClient", table: str, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._now = now

    def record(self, fact: SessionFact) -> Recorded:
        """Turn a fact into one conditional write."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"order_id": {"S": fact.order_id}},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expressions(fact, int(self._now())),
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            stored = _order(refused.response["Item"])  # type: ignore[typeddict-item]
            return Recorded(outcome_of_refused(stored, fact), stored)
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The order could not be saved. Please try again.") from error
        return Recorded(Outcome.APPLIED, _order(answer["Attributes"]))

    def find(self, order_id: str) -> Order | None:
        """Read an order, for the rare answer that no write brings back."""
        try:
            answer = self._client.get_item(
                TableName=self._table, Key={"order_id": {"S": order_id}}, ConsistentRead=True
            )
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The order could not be read. Please try again.") from error
        return _order(answer["Item"]) if "Item" in answer else None

    def open_connection(self) -> None:
        """Make the first write's TLS handshake now, by a write whose condition can't hold.

        It is an UpdateItem because that is all the functions may do to the table.
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


def _expressions(fact: SessionFact, now: int) -> dict[str, Any]:
    attributes = _session_attributes(fact) | {"updated_at": now}
    change = {
        "type": CHANGE_TYPES[fact.status],
        "occurred_at": fact.occurred_at,
        "source": fact.source,
    }
    values = {f":{name}": value for name, value in attributes.items()}
    values |= {":change": change, ":entry": [change | {"recorded_at": now}]}
    values |= {":none": [], ":zero": 0, ":one": 1}
    assignments = [f"#{name} = :{name}" for name in attributes]
    assignments += [
        "#change = :change",
        "#history = list_append(if_not_exists(#history, :none), :entry)",
        "#version = if_not_exists(#version, :zero) + :one",
        "#amount_refunded = if_not_exists(#amount_refunded, :zero)",
    ]
    names = [*attributes, "change", "history", "version", "amount_refunded"]
    condition = SESSION_UNKNOWN
    if weaker := fact.status.weaker:
        values |= {f":weaker_{status}": status for status in weaker}
        statuses = ", ".join(f":weaker_{status}" for status in weaker)
        condition += f" OR ({SAME_SESSION} AND #status IN ({statuses}))"
    return {
        "UpdateExpression": "SET " + ", ".join(assignments),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        "ExpressionAttributeValues": _serialized(values),
    }


def _session_attributes(fact: SessionFact) -> dict[str, Any]:
    """Give what a session says of its order; what it does not say yet takes nothing away."""
    attributes = {
        "session_id": fact.session_id,
        "status": fact.status,
        "payment_status": fact.payment_status,
        "payment_intent": fact.payment_intent,
        "amount_total": fact.amount_total,
        "currency": fact.currency,
        "client_reference_id": fact.client_reference_id,
        "request_fingerprint": fact.request_fingerprint,
        "created_at": fact.created_at,
        "expires_at": fact.expires_at,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _serialized(values: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def _order(item: "Mapping[str, AttributeValueTypeDef]") -> Order:
    deserialize = TypeDeserializer().deserialize
    stored = {name: deserialize(value) for name, value in item.items()}
    return Order(
        order_id=stored["order_id"],
        session_id=stored["session_id"],
        status=OrderStatus(stored["status"]),
        payment_status=stored["payment_status"],
        payment_intent=stored.get("payment_intent"),
        amount_total=int(stored["amount_total"]),
        amount_refunded=int(stored["amount_refunded"]),
        currency=stored["currency"],
        client_reference_id=stored.get("client_reference_id"),
        request_fingerprint=stored["request_fingerprint"],
        created_at=int(stored["created_at"]),
        expires_at=int(stored["expires_at"]),
        version=int(stored["version"]),
    )

"""AWS in memory, and the side effects between which a container can die."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from botocore.exceptions import ClientError

from checkout.aws.orders_table import PAYMENT_INTENT_INDEX, PENDING_INDEX
from checkout.domain.changes import PUBLISHED, ChangeType
from tests.support.memory_table import Item, MemoryTable

type Mishap = Literal["crash", "failure"]

# So small that two orders of one shard have two pages.
PAGE = 1


class Crash(BaseException):
    """The container is gone. Nothing in it may catch this, or do anything more."""


def throttled(name: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException"}}, name)


class SideEffects:
    """Every side effect passes two points, before it and after it; one of them may be broken.

    A crash ends the container. A failure is an error of the service that was called: before the
    effect it was refused, after it its response was lost.
    """

    def __init__(self) -> None:
        self.points: list[str] = []
        self.struck: str | None = None
        self._left = 0
        self._mishap: Mishap = "crash"
        self._dead = False

    def break_at(self, number: int, mishap: Mishap = "crash") -> None:
        """Break at the so-many-th point from here."""
        self.repair()
        self._left, self._mishap = number, mishap

    def repair(self) -> None:
        """All is well again, and a dead container is replaced."""
        self.points = []
        self.struck = None
        self._left = 0
        self._dead = False

    @contextmanager
    def around(
        self, effect: str, failure: Callable[[str], Exception] = throttled
    ) -> Iterator[None]:
        self._pass(f"before {effect}", failure)
        try:
            yield
        finally:
            self._pass(f"after {effect}", failure)

    def _pass(self, point: str, failure: Callable[[str], Exception]) -> None:
        if self._dead:
            raise Crash(point)
        self.points.append(point)
        self._left -= 1
        if self._left == 0:
            self.struck = point
            if self._mishap == "crash":
                self._dead = True
                raise Crash(point)
            raise failure(point)


class CloudTable(MemoryTable):
    """The table with its indexes, and its stream, whose filter is the template's.

    `declines_written` counts the writes that are not in an order's history.
    """

    def __init__(self, effects: SideEffects) -> None:
        super().__init__()
        self.stream: list[Item] = []
        self.declines_written: Counter[str] = Counter()
        self._effects = effects
        self._payments: dict[str, Item] | None = None

    def let_index_lag(self) -> None:
        """Leave the index of payments as it is now, until it catches up."""
        self._payments = dict(self.items)

    def catch_up(self) -> None:
        self._payments = None

    def update_item(self, **arguments: Any) -> dict[str, Item]:  # noqa: ANN401
        with self._effects.around("UpdateItem"):
            written = super().update_item(**arguments)["Attributes"]
            change = written["change"]["M"]["type"]["S"]
            if change == ChangeType.PAYMENT_DECLINED:
                self.declines_written[written["order_id"]["S"]] += 1
            if change in PUBLISHED:
                self.stream.append(written)
        return {"Attributes": written} if arguments.get("ReturnValues") == "ALL_NEW" else {}

    def get_item(self, **arguments: Any) -> dict[str, Item]:  # noqa: ANN401
        with self._effects.around("GetItem"):
            item = self.items.get(arguments["Key"]["order_id"]["S"])
        return {"Item": dict(item)} if item else {}

    def query(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        if arguments["IndexName"] == PENDING_INDEX:
            return self._pending(**arguments)
        assert arguments["IndexName"] == PAYMENT_INTENT_INDEX
        payment_intent = arguments["ExpressionAttributeValues"][":payment_intent"]
        items = self.items if self._payments is None else self._payments
        with self._effects.around("Query payment_intent"):
            found = [
                {"order_id": item["order_id"], "payment_intent": payment_intent}
                for item in items.values()
                if item.get("payment_intent") == payment_intent
            ]
        return {"Items": found[: arguments["Limit"]]}

    def _pending(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the next page of a shard, oldest first."""
        values = arguments["ExpressionAttributeValues"]
        start = arguments.get("ExclusiveStartKey")
        with self._effects.around("Query pending"):
            found = sorted(
                (item for item in self.items.values() if self._is_in(item, values)), key=self._place
            )
        left = [item for item in found if start is None or self._place(item) > self._place(start)]
        page: dict[str, Any] = {"Items": [dict(item) for item in left[:PAGE]]}
        if len(left) >= PAGE:
            names = ("order_id", "pending_shard", "created_at")
            page["LastEvaluatedKey"] = {name: left[PAGE - 1][name] for name in names}
        return page

    def status(self, order_id: str) -> str | None:
        item = self.items.get(order_id)
        return item["status"]["S"] if item else None

    def entered(self, order_id: str) -> list[str]:
        """Return the types of the changes in an order's history."""
        return [entry["M"]["type"]["S"] for entry in self.items[order_id]["history"]["L"]]

    @staticmethod
    def _is_in(item: Item, values: dict[str, Any]) -> bool:
        return item.get("pending_shard") == values[":shard"] and int(
            item["created_at"]["N"]
        ) <= int(values[":until"]["N"])

    @staticmethod
    def _place(item: Item) -> tuple[int, str]:
        return int(item["created_at"]["N"]), item["order_id"]["S"]


class DeadLetteredEvents:
    """The table of the events that are in the queue already."""

    def __init__(self, effects: SideEffects) -> None:
        self.items: dict[str, Item] = {}
        self._effects = effects

    def get_item(self, *, Key: Item, **_: object) -> dict[str, Item]:  # noqa: N803  (DynamoDB's name)
        with self._effects.around("dead-lettered GetItem"):
            item = self.items.get(Key["event_id"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, *, Item: Item, **_: object) -> None:  # noqa: N803  (DynamoDB's name)
        with self._effects.around("dead-lettered PutItem"):
            self.items[Item["event_id"]["S"]] = Item


class CursorTable:
    def __init__(self, effects: SideEffects) -> None:
        self.item: Item | None = None
        self._effects = effects

    def get_item(self, **_: object) -> dict[str, Item]:
        with self._effects.around("cursor GetItem"):
            return {"Item": self.item} if self.item else {}

    def put_item(self, *, Item: Item, **_: object) -> None:  # noqa: N803  (DynamoDB's name)
        with self._effects.around("cursor PutItem"):
            self.item = Item


class Topic:
    def __init__(self, effects: SideEffects) -> None:
        self.messages: list[dict[str, Any]] = []
        self._effects = effects

    def publish(self, *, Message: str, **_: object) -> None:  # noqa: N803  (SNS's name)
        with self._effects.around("Publish"):
            self.messages.append(json.loads(Message))


class Queue:
    def __init__(self, effects: SideEffects) -> None:
        self.messages: list[dict[str, Any]] = []
        self._effects = effects

    def send_message(self, *, MessageBody: str, **_: object) -> None:  # noqa: N803  (SQS's name)
        with self._effects.around("SendMessage"):
            self.messages.append(json.loads(MessageBody))


class SecretStore:
    """Secrets Manager, with the one secret."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key
        self.signing_secrets: list[str] = []
        self.reads = 0

    def get_secret_value(self, **_: object) -> dict[str, str]:
        self.reads += 1
        secret = {
            "stripe_api_key": self._api_key,
            "webhook_signing_secrets": self.signing_secrets,
        }
        return {"SecretString": json.dumps(secret)}

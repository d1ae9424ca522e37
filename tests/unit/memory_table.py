"""A DynamoDB table of the few expressions that the orders are written with, in memory.

Fast enough for every order in which facts can arrive. test_memory_table.py holds it against moto,
and the tests of the deployed stack against MiniStack.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from botocore.exceptions import ClientError

type Value = dict[str, Any]
type Item = dict[str, Value]

TOKEN = re.compile(r"\s*(:\w+|#?\w+|[(),=+])")
CLAUSE = re.compile(r"(SET|REMOVE) (.*?)(?= (?:SET|REMOVE) |$)")


class Refused(ClientError):
    """ConditionalCheckFailedException, with the item where there is one."""

    def __init__(self, item: Item | None) -> None:
        response: Any = {"Error": {"Code": "ConditionalCheckFailedException"}}
        super().__init__(response | ({"Item": deepcopy(item)} if item else {}), "UpdateItem")


class Exceptions:
    ConditionalCheckFailedException = Refused


class MemoryTable:
    """As much of a DynamoDB client as `Orders` uses; `writes` counts the requests."""

    exceptions = Exceptions()

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.writes = 0

    def update_item(
        self,
        *,
        Key: Item,  # noqa: N803  (DynamoDB's names)
        UpdateExpression: str,  # noqa: N803
        ConditionExpression: str,  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str],  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Value],  # noqa: N803
        **_: object,
    ) -> dict[str, Item]:
        self.writes += 1
        key = Key["order_id"]["S"]
        item = self.items.get(key)
        read = Reader(item or {}, ExpressionAttributeNames, ExpressionAttributeValues)
        if not read.condition(ConditionExpression):
            raise Refused(item)
        after = {**(item or {}), **Key}
        for verb, actions in CLAUSE.findall(UpdateExpression):
            for action in re.split(r", (?![^(]*\))", actions):
                if verb == "SET":
                    path, _equals, expression = action.partition(" = ")
                    after[read.name(path)] = read.value(expression)
                else:
                    after.pop(read.name(action), None)
        self.items[key] = deepcopy(after)
        return {"Attributes": deepcopy(after)}


class Reader:
    """Evaluates an expression over the item as it was before the write."""

    def __init__(self, item: Item, names: Mapping[str, str], values: Mapping[str, Value]) -> None:
        self._item = item
        self._names = names
        self._values = values
        self._tokens: list[str] = []

    def name(self, token: str) -> str:
        return self._names[token] if token.startswith("#") else token

    def value(self, expression: str) -> Value:
        self._tokens = TOKEN.findall(expression)
        value = self._operand()
        if self._tokens and self._tokens.pop(0) == "+":
            value = {"N": str(int(value["N"]) + int(self._operand()["N"]))}
        return value

    def condition(self, expression: str) -> bool:
        self._tokens = TOKEN.findall(expression)
        return self._either()

    def _either(self) -> bool:
        holds = self._both()
        while self._tokens and self._tokens[0] == "OR":
            self._tokens.pop(0)
            holds = self._both() or holds
        return holds

    def _both(self) -> bool:
        holds = self._comparison()
        while self._tokens and self._tokens[0] == "AND":
            self._tokens.pop(0)
            holds = self._comparison() and holds
        return holds

    def _comparison(self) -> bool:
        token = self._tokens.pop(0)
        if token == "(":
            holds = self._either()
            self._tokens.pop(0)
            return holds
        if token in {"attribute_exists", "attribute_not_exists"}:
            (path,) = self._arguments(lambda: self.name(self._tokens.pop(0)))
            return (path in self._item) == (token == "attribute_exists")
        left = self._item.get(self.name(token))
        operator = self._tokens.pop(0)
        if operator == "IN":
            return left in self._arguments(self._operand)
        return left == self._operand()

    def _operand(self) -> Value:
        token = self._tokens.pop(0)
        if token == "if_not_exists":
            path, default = self._arguments(self._path_or_operand)
            value: Value = self._item.get(path, default)
            return value
        if token == "list_append":
            first, second = self._arguments(self._operand)
            return {"L": [*first["L"], *second["L"]]}
        return self._values[token]

    def _path_or_operand(self) -> Any:  # noqa: ANN401  (a path or a value)
        token = self._tokens[0]
        return self.name(self._tokens.pop(0)) if token.startswith("#") else self._operand()

    def _arguments[T](self, read: Callable[[], T]) -> list[T]:
        self._tokens.pop(0)
        found = [read()]
        while self._tokens.pop(0) == ",":
            found.append(read())
        return found

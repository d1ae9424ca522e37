"""A DynamoDB table of the few expressions that the orders are written with, in memory.

Fast enough for every order in which facts can arrive: an expression is parsed once, and items share
what they have in common, which nobody may change. test_memory_table.py holds it against moto, and
the tests of the deployed stack against MiniStack.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

type Value = dict[str, Any]
type Item = dict[str, Value]
type Condition = Callable[[Scope], bool]
type Operand = Callable[[Scope], Value]
type Update = tuple[tuple[tuple[str, Operand], ...], tuple[str, ...]]

TOKEN = re.compile(r"\s*(:\w+|#?\w+|[(),=+])")
CLAUSE = re.compile(r"(SET|REMOVE) (.*?)(?= (?:SET|REMOVE) |$)")


class Refused(ClientError):
    """ConditionalCheckFailedException, with the item where there is one."""

    def __init__(self, item: Item | None) -> None:
        response: Any = {"Error": {"Code": "ConditionalCheckFailedException"}}
        super().__init__(response | ({"Item": dict(item)} if item else {}), "UpdateItem")


class Exceptions:
    ConditionalCheckFailedException = Refused


class MemoryTable:
    """As much of a DynamoDB client as `OrdersTable` writes with; `writes` counts the requests."""

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
        scope = Scope(item or {}, ExpressionAttributeNames, ExpressionAttributeValues)
        if not parsed_condition(ConditionExpression)(scope):
            raise Refused(item)
        assignments, removals = parsed_update(UpdateExpression)
        after = {**scope.item, **Key}
        after |= {scope.name(path): operand(scope) for path, operand in assignments}
        for path in removals:
            after.pop(scope.name(path), None)
        self.items[key] = after
        return {"Attributes": dict(after)}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is evaluated over: the item as it was before the write."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]

    def name(self, token: str) -> str:
        return self.names[token] if token.startswith("#") else token


@cache
def parsed_condition(expression: str) -> Condition:
    return Parser(expression).either()


@cache
def parsed_update(expression: str) -> Update:
    assignments: list[tuple[str, Operand]] = []
    removals: list[str] = []
    for verb, actions in CLAUSE.findall(expression):
        for action in re.split(r", (?![^(]*\))", actions):
            if verb == "SET":
                path, _equals, assigned = action.partition(" = ")
                assignments.append((path, Parser(assigned).sum()))
            else:
                removals.append(action)
    return tuple(assignments), tuple(removals)


class Parser:
    def __init__(self, expression: str) -> None:
        self._tokens: list[str] = TOKEN.findall(expression)

    def sum(self) -> Operand:
        first = self._operand()
        if not self._tokens:
            return first
        assert self._tokens.pop(0) == "+"
        second = self._operand()
        return lambda scope: {"N": str(int(first(scope)["N"]) + int(second(scope)["N"]))}

    def either(self) -> Condition:
        sides = [self._both()]
        while self._tokens and self._tokens[0] == "OR":
            self._tokens.pop(0)
            sides.append(self._both())
        return lambda scope: any(side(scope) for side in sides)

    def _both(self) -> Condition:
        sides = [self._comparison()]
        while self._tokens and self._tokens[0] == "AND":
            self._tokens.pop(0)
            sides.append(self._comparison())
        return lambda scope: all(side(scope) for side in sides)

    def _comparison(self) -> Condition:
        token = self._tokens.pop(0)
        if token == "(":
            inner = self.either()
            self._tokens.pop(0)
            return inner
        if token in {"attribute_exists", "attribute_not_exists"}:
            (path,) = self._arguments(lambda: self._tokens.pop(0))
            wanted = token == "attribute_exists"
            return lambda scope: (scope.name(path) in scope.item) == wanted
        operator = self._tokens.pop(0)
        if operator == "IN":
            choices = self._arguments(self._operand)
            return lambda scope: (
                scope.item.get(scope.name(token)) in [choice(scope) for choice in choices]
            )
        assert operator == "="
        right = self._operand()
        return lambda scope: scope.item.get(scope.name(token)) == right(scope)

    def _operand(self) -> Operand:
        token = self._tokens.pop(0)
        if token == "if_not_exists":
            path, default = self._arguments(self._path_or_operand)
            return lambda scope: scope.item.get(scope.name(path)) or default(scope)
        if token == "list_append":
            first, second = self._arguments(self._operand)
            return lambda scope: {"L": [*first(scope)["L"], *second(scope)["L"]]}
        return lambda scope: scope.values[token]

    def _path_or_operand(self) -> Any:  # noqa: ANN401  (a path or a value)
        return self._tokens.pop(0) if self._tokens[0].startswith("#") else self._operand()

    def _arguments[T](self, read: Callable[[], T]) -> list[T]:
        self._tokens.pop(0)
        found = [read()]
        while self._tokens.pop(0) == ",":
            found.append(read())
        return found

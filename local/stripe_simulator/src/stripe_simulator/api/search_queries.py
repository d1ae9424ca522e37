"""Stripe's search query language: `status:"active" AND metadata["order"]:"1"`.

https://docs.stripe.com/search#search-query-language: up to ten clauses, joined by AND (or a space)
or by OR, never both; `-` negates a clause. `:` means equal, `~` contains, and numbers also have
`>`, `<`, `>=` and `<=`. String comparison ignores case. `null` matches missing values.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json

MAX_CLAUSES = 10
MIN_SUBSTRING = 3

type FieldType = Literal["number", "string", "token"]
type Fields = Mapping[str, FieldType]
"""Types by field path; `*` in a path matches any name: `payment_method_details.*.last4`."""

_CLAUSE = re.compile(
    r"""(?P<negated>-)?
    (?P<field>[a-z0-9_.]+(?:\[(?:"[^"]*"|'[^']*')\])?)
    \s*(?P<operator>:|~|>=|<=|>|<|=)\s*
    (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|null\b|-?\d+\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_CONNECTIVE = re.compile(r"\s+(?:(AND|OR)\s+)?", re.IGNORECASE)
_METADATA = re.compile(r"""metadata\[["'](.*)["']\]""", re.IGNORECASE)
_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    ":": operator.eq,
}


@dataclass(frozen=True)
class Clause:
    path: tuple[str, ...]
    type: FieldType
    operator: str
    value: str | int | None
    negated: bool

    def matches(self, document: Json) -> bool:
        return self._holds(_value(document, self.path)) is not self.negated

    def _holds(self, found: object) -> bool:
        if self.value is None or found is None:
            return self.value is None and found is None
        if isinstance(self.value, int):
            return isinstance(found, int) and _COMPARISONS[self.operator](found, self.value)
        text = (found if isinstance(found, str) else json.dumps(found)).lower()
        wanted = self.value.lower()
        return wanted in text if self.operator == "~" else wanted == text


def parse(query: str, resource: str, fields: Fields) -> Callable[[Json], bool]:
    """Return a predicate for a query. `resource` is the kind's plural, as in its URL.

    Raise InvalidRequest for an invalid query.
    """
    clauses: list[Clause] = []
    connectives: set[str] = set()
    position = 0
    while True:
        match = _CLAUSE.match(query, position)
        if match is None:
            raise _unparsable()
        clauses.append(_clause(match, resource, fields))
        following = _CONNECTIVE.match(query, match.end())
        if query[match.end() :].strip() == "":
            break
        if following is None:
            raise _unparsable()
        connectives.add((following[1] or "AND").upper())
        position = following.end()
    if len(connectives) > 1:
        raise _refused("You can't combine AND and OR in one search query.")
    if len(clauses) > MAX_CLAUSES:
        raise _refused(f"A search query can have up to {MAX_CLAUSES} clauses.")
    every = any if connectives == {"OR"} else all
    return lambda document: every(clause.matches(document) for clause in clauses)


def _clause(match: re.Match[str], resource: str, fields: Fields) -> Clause:
    name, sign, written = match["field"], match["operator"], match["value"]
    metadata = _METADATA.fullmatch(name)
    type_: FieldType | None = "string" if metadata else _type(name, fields)
    if type_ is None:
        raise _refused(
            f"Field `{name}` is an unsupported search field for resource `{resource}`. See "
            f"http://stripe.com/docs/search#query-fields-for-{resource.replace('_', '')} for a "
            "list of supported fields."
        )
    path = ("metadata", metadata[1]) if metadata else tuple(name.split("."))
    value = _read(written)
    if (value is not None and (type_ == "number") is not isinstance(value, int)) or (
        sign not in _signs(type_)
    ):
        raise _refused(f"Field `{name}` is a {type_}: it can't be searched by `{sign}{written}`.")
    if sign == "~" and len(str(value)) < MIN_SUBSTRING:
        raise _refused(f"The operator `~` needs at least {MIN_SUBSTRING} characters.")
    return Clause(path, type_, sign, value, negated=match["negated"] is not None)


def _type(name: str, fields: Fields) -> FieldType | None:
    for pattern, type_ in fields.items():
        if re.fullmatch(re.escape(pattern).replace(r"\*", r"[a-z_]+"), name):
            return type_
    return None


def _signs(type_: FieldType) -> tuple[str, ...]:
    signs: dict[FieldType, tuple[str, ...]] = {
        "number": tuple(_COMPARISONS),
        "string": (":", "~"),
        "token": (":",),
    }
    return signs[type_]


def _read(written: str) -> str | int | None:
    if written.lower() == "null":
        return None
    if written[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", written[1:-1])
    return int(written)


def _value(document: Json, path: tuple[str, ...]) -> object:
    found: object = document
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _unparsable() -> InvalidRequest:
    return _refused(
        'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` '
        'to query for metadata or key:"value" to query for other fields.'
    )


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="query")

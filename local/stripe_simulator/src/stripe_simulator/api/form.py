"""Stripe's form encoding: `a[b]=1`, `a[]=1`, `a[0][b]=1`, `a[][b]=1`.

An indexed array is read as a mapping, `{"0": ...}`: only the parameter's type distinguishes it from
metadata with numbers as keys (see `values.Array`).
"""

import re
from urllib.parse import parse_qsl

type Value = str | list[Value] | dict[str, Value]

_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


class MalformedName(ValueError):
    """A parameter name with unbalanced brackets, or one that is both a value and a container."""


def parse(encoded: str) -> dict[str, Value]:
    parsed: dict[str, Value] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _put(parsed, name, value)
    return parsed


def _put(parsed: dict[str, Value], name: str, value: str) -> None:
    match = _NAME.match(name)
    if match is None:
        raise MalformedName(name)
    path = [match[1], *_BRACKETS.findall(match[2])]
    into: Value = parsed
    for depth, key in enumerate(path):
        following = path[depth + 1] if depth + 1 < len(path) else None
        into = _step(into, key, following, value, rest=path[depth + 2 :], name=name)


def _step(  # noqa: PLR0913  (one step of the walk needs all it stands between)
    into: Value, key: str, following: str | None, value: str, *, rest: list[str], name: str
) -> Value:
    """Put a container or the value at `key` of `into`; `following` is the next key."""
    fresh: Value = value if following is None else ([] if following == "" else {})
    if isinstance(into, list) and key == "":
        if following and into and _takes(into[-1], following, more=bool(rest)):
            return into[-1]
        into.append(fresh)
        return fresh
    if isinstance(into, dict) and key != "":
        if following is None:
            into[key] = value
            return value
        held = into.setdefault(key, fresh)
        if type(held) is type(fresh):
            return held
    raise MalformedName(name)


def _takes(last: Value, key: str, *, more: bool) -> bool:
    """True if `a[][key]` belongs to the array's last mapping; a repeated key begins a new one."""
    return isinstance(last, dict) and (more or key not in last)

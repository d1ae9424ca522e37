"""`expand`: ids in a response, replaced by the objects that they name."""

import copy
from collections.abc import Callable, Iterable, Iterator

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json

# The `data` of a list is one of them: https://docs.stripe.com/expand
MAX_DEPTH = 4

# What each kind of object can expand, and what kind comes of it.
EXPANDABLE = {
    "balance_transaction": {"source": "charge"},
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "refunds": "list refund",
    },
    "checkout.session": {
        "customer": "customer",
        "line_items": "list item",
        "payment_intent": "payment_intent",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "item": {"price": "price"},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "price": {"product": "product"},
    "product": {"default_price": "price"},
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
    },
}

# What is there without being expanded: only what it holds can be.
INLINE = frozenset({("item", "price")})

type Find = Callable[[str], Json | None]
"""The object of an id."""

type Include = Callable[[Json, str], Json | None]
"""What a field holds that a response leaves out unless it is expanded."""


def check(kind: str, paths: Iterable[str]) -> None:
    """`kind` is what the endpoint returns: `charge`, or `list charge`."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:
            raise InvalidRequest(
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}",
                code="property_expansion_max_depth",
            )
        here = kind
        for step in steps:
            found = _kind_after(here, step)
            if found is None:
                raise _not_expandable(kind, path, steps[0])
            here = found


def kinds(kind: str, paths: Iterable[str]) -> Iterator[str]:
    """What kinds of object the paths expand. The paths are those that `check` let through."""
    for path in paths:
        here = kind
        for step in path.split("."):
            found = _kind_after(here, step)
            assert found is not None  # noqa: S101  (checked)
            if not here.startswith("list ") and (here, step) not in INLINE:
                yield found
            here = found


def expanded(document: Json, paths: Iterable[str], find: Find, include: Include) -> Json:
    """A copy, expanded. The paths are those that `check` let through."""
    copied = copy.deepcopy(document)
    for path in paths:
        _expand(copied, path.split("."), find, include)
    return copied


def _not_expandable(kind: str, path: str, first: str) -> InvalidRequest:
    hint = ""
    if kind.startswith("list ") and first in EXPANDABLE.get(kind.removeprefix("list "), {}):
        hint = f" You may want to try expanding 'data.{path}' instead."
    return InvalidRequest(f"This property cannot be expanded ({path}).{hint}")


def _kind_after(kind: str, step: str) -> str | None:
    if kind.startswith("list "):
        return kind.removeprefix("list ") if step == "data" else None
    return EXPANDABLE.get(kind, {}).get(step)


def _expand(document: Json, steps: list[str], find: Find, include: Include) -> None:
    step, *rest = steps
    if document["object"] == "list":
        for item in document["data"]:
            if rest:
                _expand(item, rest, find, include)
        return
    value = document.get(step)
    if value is None:
        value = include(document, step)
    elif isinstance(value, str):
        value = find(value)
    if value is None:
        return
    document[step] = copy.deepcopy(value)
    if rest:
        _expand(document[step], rest, find, include)

"""`expand`: replaces ids in a response by the objects with these ids."""

import copy
from collections.abc import Callable, Iterable, Iterator

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json

# A list's `data` counts as a level: https://docs.stripe.com/expand
MAX_DEPTH = 4

# The expandable fields of each kind of object, with the kind of their objects.
EXPANDABLE = {
    "balance_transaction": {"source": "charge"},
    "breakdown": {"discounts": "line discount", "taxes": "line tax"},
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
        "discounts": "session discount",
        "invoice": "invoice",
        "payment_intent": "payment_intent",
        "shipping_cost": "shipping cost",
        "shipping_options": "shipping option",
        "total_details": "total details",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "discount": {"promotion_code": "promotion_code", "source": "discount source"},
    "discount source": {"coupon": "coupon"},
    "invoice": {"customer": "customer"},
    "item": {"discounts": "line discount", "price": "price", "taxes": "line tax"},
    "line discount": {"discount": "discount"},
    "payment_intent": {
        "customer": "customer",
        "latest_charge": "charge",
        "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "promotion": {"coupon": "coupon"},
    "promotion_code": {"customer": "customer", "promotion": "promotion"},
    "price": {"currency_options": "currency option", "product": "product", "tiers": "tier"},
    "product": {"default_price": "price"},
    "session discount": {"coupon": "coupon", "promotion_code": "promotion_code"},
    "setup_intent": {"customer": "customer", "payment_method": "payment_method"},
    "shipping cost": {"shipping_rate": "shipping_rate", "taxes": "line tax"},
    "shipping option": {"shipping_rate": "shipping_rate"},
    "total details": {"breakdown": "breakdown"},
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "customer": "customer",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
        "payment_method": "payment_method",
    },
}

# Included without expansion: only fields inside it can be expanded.
INLINE = frozenset(
    {
        ("breakdown", "discounts"),
        ("breakdown", "taxes"),
        ("checkout.session", "discounts"),
        ("checkout.session", "shipping_cost"),
        ("checkout.session", "shipping_options"),
        ("checkout.session", "total_details"),
        ("discount", "source"),
        ("item", "price"),
        ("line discount", "discount"),
        ("promotion_code", "promotion"),
    }
)

type Find = Callable[[str], Json | None]
"""Returns the object of an id."""

type Include = Callable[[Json, str], Json | list[Json] | None]
"""Returns the value of a field that a response includes only if it is expanded. A field of a hash
in the object is a path: `total_details.breakdown`.
"""


def check(kind: str, paths: Iterable[str]) -> None:
    """Raise InvalidRequest for an unknown path; `kind` is `charge` or `list charge`."""
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
    """Yield the kinds of object that the paths expand; `check` must have accepted the paths."""
    for path in paths:
        here = kind
        for step in path.split("."):
            found = _kind_after(here, step)
            assert found is not None  # noqa: S101  (checked)
            if not here.startswith("list ") and (here, step) not in INLINE:
                yield found
            here = found


def expanded(document: Json, paths: Iterable[str], find: Find, include: Include) -> Json:
    """Return an expanded copy; `check` must have accepted the paths."""
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


def _expand(
    document: Json | list[Json],
    steps: list[str],
    find: Find,
    include: Include,
    hash_of: tuple[Json, str] | None = None,
) -> None:
    """`hash_of` is the object that contains a hash, and the hash's path in it."""
    if isinstance(document, list):
        for one in document:
            _expand(one, steps, find, include, hash_of)
        return
    step, *rest = steps
    if document.get("object") in {"list", "search_result"}:
        if rest:
            _expand(document["data"], rest, find, include)
        return
    owner, path = (document, "") if hash_of is None or "object" in document else hash_of
    value = document.get(step)
    if value is None:
        value = copy.deepcopy(include(owner, f"{path}{step}"))
    elif isinstance(value, str):
        value = copy.deepcopy(find(value)) or value
    if value is not None:
        document[step] = value
    if rest and isinstance(value, dict | list):
        _expand(value, rest, find, include, (owner, f"{path}{step}."))

"""The shapes of objects: the fields declared by the SDK's classes.

A field without a value is null if Stripe's OpenAPI description says `nullable`, else absent. Fields
that the SDK's class does not declare are refused.
"""

import inspect
import operator
import sys
from collections.abc import Mapping
from functools import cache

from stripe import StripeObject

from stripe_simulator.documents import Json
from stripe_simulator.schema import table

# Nullable, but left out unless expanded: https://docs.stripe.com/api/expanding_objects
INCLUDABLE = {"Charge": frozenset({"refunds"}), "Customer": frozenset({"cash_balance"})}


def declared(class_: type[StripeObject], **values: object) -> Json:
    """Return an object with values for some fields of the class, and for its hashes; `object` is
    the class's OBJECT_NAME. None means no value.
    """
    names = fields(class_)
    unknown = values.keys() - set(names)
    if unknown:
        raise TypeError(f"{class_.__name__} declares no {', '.join(sorted(unknown))}")
    nullable = _nullable(class_.__module__, class_.__qualname__)
    shape: Json = {name: None for name in names if name in nullable}
    if "object" in names and hasattr(class_, "OBJECT_NAME"):
        shape["object"] = class_.OBJECT_NAME
    inner = class_._inner_class_types  # noqa: SLF001  (what the SDK itself makes hashes of)
    return shape | {
        name: declared(inner[name], **value) if name in inner and isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }


def change(object_: Json, changes: Json) -> None:
    """Update an object; a field set to None is removed if it is not nullable."""
    object_.update(changes)
    known = table.fields(f"#{object_['object']}") or {}
    for name, value in changes.items():
        if value is None and name in known and not known[name].nullable:
            del object_[name]


def fields(class_: type[StripeObject]) -> list[str]:
    names = inspect.get_annotations(class_)
    return sorted(name for name in names if name != "OBJECT_NAME" and not name.startswith("_"))


def pick(given: Json, names: tuple[str, ...]) -> Json:
    return {name: given[name] for name in names if name in given}


@cache
def _nullable(module: str, class_name: str) -> frozenset[str]:
    """Return a class's nullable fields; in the v2 API, which is not described, all are."""
    # An inner class, such as `Charge.Outcome`, is in the module of `Charge`.
    outermost = getattr(sys.modules[module], class_name.partition(".")[0])
    described = _described(outermost)
    if class_name in described:
        names = {name for name, field in described[class_name].items() if field.nullable}
        return frozenset(names) - INCLUDABLE.get(class_name, frozenset())
    if module.startswith("stripe.v2."):
        return frozenset(fields(operator.attrgetter(class_name)(sys.modules[module])))
    return frozenset()


def _described(outermost: type[StripeObject]) -> Mapping[str, Mapping[str, table.Field]]:
    """Return the described fields of a class and of its inner classes, by class name."""
    found: dict[str, Mapping[str, table.Field]] = {}

    def visit(class_: type[StripeObject], shape: table.Shape) -> None:
        known = table.fields(shape)
        if known is None or class_.__qualname__ in found:
            return
        found[class_.__qualname__] = known
        for name, inner in class_._inner_class_types.items():  # noqa: SLF001  (as above)
            if name in known:
                visit(inner, known[name].shape)

    visit(outermost, f"#{getattr(outermost, 'OBJECT_NAME', '')}")
    return found

"""Compares a JSON document with its shape in Stripe's OpenAPI description."""

from collections.abc import Iterator, Mapping
from typing import Any

from stripe_simulator.schema.table import Field, Shape, fields, resolved, shapes

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}


def violations(value: object, name: str) -> Iterator[str]:
    """Yield a value's violations of the schema `name`: `charge.outcome.rule: ...`.

    Unknown fields are allowed: the description may be older than the SDK.
    """
    yield from _value(value, f"#{name}", name)


def document_violations(document: object) -> Iterator[str]:
    """Yield the violations of an API response: an object, a list or an error."""
    if not isinstance(document, dict):
        return
    if "error" in document:
        yield from violations(document["error"], "api_errors")
    elif document.get("object") == "list":
        for one in document["data"]:
            yield from document_violations(one)
    elif (name := _name(document)) is not None:
        yield from violations(document, name)
        if name == "event":
            yield from document_violations(document["data"]["object"])


def _name(document: Mapping[str, Any]) -> str | None:
    deleted = "deleted_" if document.get("deleted") else ""
    name = f"{deleted}{document.get('object')}"
    return name if name in shapes() else None


def _value(value: object, shape: Shape, where: str) -> Iterator[str]:
    if value is None and shape != "any":
        yield f"{where}: is null"
        return
    if isinstance(shape, list):
        chosen = _alternative(value, shape)
        if chosen is None:
            yield f"{where}: fits no alternative"
        else:
            yield from _value(value, chosen, where)
        return
    if isinstance(shape, str) and not shape.startswith("#"):
        yield from _plain(value, shape, where)
        return
    known = resolved(shape)
    if isinstance(known, dict) and "fields" in known:
        yield from _object(value, shape, where)
    elif isinstance(known, dict):
        yield from _container(value, known, where)
    else:
        yield from _value(value, known, where)


def _plain(value: object, shape: str, where: str) -> Iterator[str]:
    name, _, longest = shape.partition(":")
    if not _has_type(value, name):
        yield f"{where}: is no {name}"
    elif isinstance(value, str) and longest and len(value) > int(longest):
        yield f"{where}: is longer than {longest}"


def _has_type(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name in {"boolean", "any"}
    return name == "any" or isinstance(value, TYPES[name])


def _container(value: object, shape: Mapping[str, Any], where: str) -> Iterator[str]:
    match shape:
        case {"enum": values}:
            if value not in values:
                yield f"{where}: {value!r} is no value of it"
        case {"list": item} if isinstance(value, list):
            for one in value:
                yield from _value(one, item, f"{where}[]")
        case {"map": item} if isinstance(value, dict):
            for one in value.values():
                yield from _value(one, item, f"{where}.*")
        case _:
            yield f"{where}: is no {next(iter(shape))}"


def _object(value: object, shape: Shape, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: is no object"
        return
    known: Mapping[str, Field] = fields(shape) or {}
    for name, field in known.items():
        if name not in value:
            if field.required:
                yield f"{where}.{name}: is required and missing"
        elif value[name] is not None or not field.nullable:
            yield from _value(value[name], field.shape, f"{where}.{name}")


def _alternative(value: object, shapes_: list[Shape]) -> Shape | None:
    """Return the alternative with the object's `object`, else the first of the value's type."""
    if isinstance(value, dict):
        name = _name(value)
        if f"#{name}" in shapes_:
            return f"#{name}"
    return next((one for one in shapes_ if _fits(value, one)), None)


def _fits(value: object, shape: Shape) -> bool:
    known = resolved(shape)
    if isinstance(known, str):
        return _has_type(value, known.partition(":")[0])
    if isinstance(known, list):
        return any(_fits(value, one) for one in known)
    if "enum" in known:
        return value in known["enum"]
    return isinstance(value, list if "list" in known else dict)

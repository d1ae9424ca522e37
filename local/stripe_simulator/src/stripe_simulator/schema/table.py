"""The shapes of Stripe's objects, from Stripe's OpenAPI description (see `derive`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

type Shape = str | dict[str, Any] | list[Any]


@dataclass(frozen=True)
class Field:
    """A field; without a value it is null if nullable, else absent."""

    shape: Shape
    required: bool
    nullable: bool


@cache
def shapes() -> dict[str, Shape]:
    table = json.loads(Path(__file__).with_name("table.json").read_text(encoding="utf-8"))
    named: dict[str, Shape] = table["shapes"]
    return named


def resolved(shape: Shape) -> Shape:
    while isinstance(shape, str) and shape.startswith("#"):
        shape = shapes()[shape[1:]]
    return shape


def fields(shape: Shape) -> Mapping[str, Field] | None:
    """Return the fields of an object, of an expandable field's object, or of a list's items."""
    if isinstance(shape, str):
        return _named_fields(shape[1:]) if shape.startswith("#") else None
    if isinstance(shape, list):
        return next((found for one in shape if (found := fields(one)) is not None), None)
    if "list" in shape:
        return fields(shape["list"])
    return _fields(shape) if "fields" in shape else None


@cache
def _named_fields(name: str) -> Mapping[str, Field] | None:
    return fields(shapes()[name]) if name in shapes() else None


def _fields(shape: Mapping[str, Any]) -> Mapping[str, Field]:
    return {
        name.rstrip("!?"): Field(each, required="!" in name, nullable=name.endswith("?"))
        for name, each in shape["fields"].items()
    }

"""Compares the API's responses with the fields that the SDK's own classes declare.

Which of them must be there, Stripe's description says (`stripe_simulator.schema`).
"""

import inspect
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from stripe import StripeObject

from stripe_simulator.documents import Json


def differences(class_: type[StripeObject], document: Json, where: str) -> Iterator[str]:
    """Where a document, and what it holds, is not what the class declares."""
    annotations = {
        name: annotation
        for name, annotation in inspect.get_annotations(class_).items()
        if name != "OBJECT_NAME" and not name.startswith("_")
    }
    for name in document.keys() - annotations.keys():
        yield f"{where} has {name}, which is not declared"
    for name in annotations.keys() & document.keys():
        yield from misfits(annotations[name], document[name], f"{where}.{name}")


def misfits(annotation: Any, value: object, where: str) -> Iterator[str]:  # noqa: ANN401
    alternatives = get_args(annotation) if is_union(annotation) else (annotation,)
    if value is None:
        if NoneType not in alternatives:
            yield f"{where} is null"
    elif isinstance(value, list):
        items = [get_args(one)[0] for one in alternatives if get_origin(one) is list]
        if not items:
            yield f"{where} is a list"
        for number, item in enumerate(value):
            yield from misfits(items[0], item, f"{where}[{number}]")
    elif isinstance(value, dict):
        classes = [one for one in alternatives if is_object_class(one)]
        if len(classes) == 1:
            yield from differences(classes[0], value, where)
    else:
        plain = {one for one in alternatives if one in {int, str, bool, float}}
        if plain and type(value) not in plain:
            yield f"{where} is {value!r}"


def is_union(annotation: object) -> bool:
    return get_origin(annotation) in {Union, UnionType}


def is_object_class(annotation: object) -> bool:
    """A class that the SDK declares in another: objects of their own are named, not imported."""
    return isinstance(annotation, type) and issubclass(annotation, StripeObject)

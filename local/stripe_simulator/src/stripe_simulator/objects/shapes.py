"""The shape of an object: the fields that the SDK's own class declares, null where none is given.

Written against the SDK, so that an object here has what the SDK's version of the API declares,
and a field that it doesn't declare can't slip in.
"""

import inspect

from stripe import StripeObject

from stripe_simulator.documents import Json


def declared(class_: type[StripeObject], **values: object) -> Json:
    """Values for some of the class's fields, and of the hashes in it that it declares too;
    `object` is the class's own name for itself.
    """
    names = fields(class_)
    unknown = values.keys() - set(names)
    if unknown:
        raise TypeError(f"{class_.__name__} declares no {', '.join(sorted(unknown))}")
    shape: Json = dict.fromkeys(names)
    if "object" in names:
        shape["object"] = getattr(class_, "OBJECT_NAME", None)
    inner = class_._inner_class_types  # noqa: SLF001  (what the SDK itself makes hashes of)
    return shape | {
        name: declared(inner[name], **value) if name in inner and isinstance(value, dict) else value
        for name, value in values.items()
    }


def fields(class_: type[StripeObject]) -> list[str]:
    names = inspect.get_annotations(class_)
    return sorted(name for name in names if name != "OBJECT_NAME" and not name.startswith("_"))


def pick(given: Json, names: tuple[str, ...]) -> Json:
    return {name: given[name] for name in names if name in given}

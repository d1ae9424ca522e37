"""Validates options: which parameters of a Checkout Session may be set, by the SDK's types.

Used at lint, at deploy, and for the options of a trusted caller. A checkout from a browser uses the
environment's file unchecked, and does not import this module.
https://docs.stripe.com/api/checkout/sessions/create
"""

import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe._request_options import RequestOptions
from stripe.params.checkout import _session_create_params
from typing_extensions import TypedDict, is_typeddict

type Path = tuple[str | int, ...]

THE_REQUEST = "The request decides it."
THE_SERVICE = "The service sets it, to find the order of a payment."
OF_ONE_CUSTOMER = "It is of one customer: a trusted caller may name it for one session."
OTHER_MODE = "It is for sessions of another mode: this service sells one-time purchases."
CONNECT = "Connect is not supported: the order would not show whose money it is."

# Parameters that are never allowed as options, with the reason.
DENIED: dict[Path, str] = {
    ("cancel_url",): THE_REQUEST,
    ("client_reference_id",): THE_REQUEST,
    ("customer_email",): THE_REQUEST,
    ("line_items",): THE_REQUEST,
    ("return_url",): THE_REQUEST,
    ("success_url",): THE_REQUEST,
    ("ui_mode",): THE_REQUEST,
    ("expand",): "The service decides what it reads.",
    ("metadata",): THE_SERVICE,
    ("payment_intent_data", "metadata"): THE_SERVICE,
    ("mode",): OTHER_MODE,
    ("payment_method_collection",): OTHER_MODE,
    ("setup_intent_data",): OTHER_MODE,
    ("subscription_data",): OTHER_MODE,
    # The recovered session would copy the metadata of an order that has another session.
    # https://docs.stripe.com/payments/checkout/abandoned-carts
    ("after_expiration",): "It makes a second session for the order, whose payment none records.",
    ("payment_intent_data", "application_fee_amount"): CONNECT,
    ("payment_intent_data", "on_behalf_of"): CONNECT,
    ("payment_intent_data", "transfer_data"): CONNECT,
    ("payment_intent_data", "transfer_group"): CONNECT,
}
# Parameters that a file may not set for all sessions.
DENIED_IN_FILE: dict[Path, str] = DENIED | {
    ("currency",): "It refuses each cart whose prices lack it: a trusted caller may name it.",
    ("customer",): OF_ONE_CUSTOMER,
    ("customer_account",): OF_ONE_CUSTOMER,
    ("customer_update",): OF_ONE_CUSTOMER,
    ("expires_at",): "It is a timestamp, and past a day later: a trusted caller may name it.",
    ("payment_intent_data", "receipt_email"): OF_ONE_CUSTOMER,
    ("payment_intent_data", "shipping"): OF_ONE_CUSTOMER,
    ("permissions",): "It is for sessions that a server updates: a trusted caller may name it.",
}
# Parameters that a trusted caller sets outside of its options.
DENIED_IN_REQUEST: dict[Path, str] = DENIED | {
    ("customer",): "Name it beside the options.",
    ("discounts",): "Name them beside the options.",
}
# Limits of Stripe that its types don't express.
AT_MOST: Mapping[str, int] = {
    "custom_fields": 3,
    "discounts": 1,
    "optional_items": 10,
    "shipping_options": 5,
}


@dataclass(frozen=True, slots=True)
class OptionError:
    """`path` is the path of the invalid value: names and list indexes."""

    path: Path
    reason: str


def option_errors(options: object, denied: Mapping[Path, str]) -> Iterator[OptionError]:
    """Yield the errors in parameters of a Checkout Session, in their order."""
    if not isinstance(options, dict):
        yield OptionError((), "It must be an object of parameters of a Checkout Session.")
        return
    known = _parameters()
    for name, value in options.items():
        if (name,) in denied:
            yield OptionError((name,), denied[name,])
        elif name not in known:
            yield OptionError((name,), "Stripe's SDK knows no such parameter.")
        else:
            refused = list(_denied_below(name, value, denied))
            yield from refused
            above = [error.path for error in refused]
            yield from (one for one in _type_errors(name, value) if one.path[:2] not in above)
            yield from _limit_errors(name, value)
    if options.get("allow_promotion_codes") and "discounts" in options:
        # https://docs.stripe.com/payments/checkout/discounts
        yield OptionError(("discounts",), "Stripe takes it or allow_promotion_codes, not both.")


def _denied_below(name: str, value: object, denied: Mapping[Path, str]) -> Iterator[OptionError]:
    if not isinstance(value, dict):
        return
    for path, reason in denied.items():
        if len(path) > 1 and path[0] == name and path[1] in value:
            yield OptionError(path, reason)


def _limit_errors(name: str, value: object) -> Iterator[OptionError]:
    if isinstance(value, list) and len(value) > AT_MOST.get(name, len(value)):
        yield OptionError((name,), f"Stripe takes at most {AT_MOST[name]}.")
    if name == "redirect_on_completion" and value == "never":
        yield OptionError((name,), "The request names a return_url, which `never` forbids.")


def _type_errors(name: str, value: object) -> Iterator[OptionError]:
    try:
        _adapter(name).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            reason = "Stripe's SDK knows no such parameter."
            if detail["type"] != "extra_forbidden":
                reason = detail["msg"]
            yield OptionError((name, *detail["loc"]), reason)


@cache
def _parameters() -> dict[str, Any]:
    """Return the parameters' types, without the SDK's request options."""
    module = vars(sys.modules[_session_create_params.__name__])
    own = {
        name: annotation
        for name, annotation in _session_create_params.SessionCreateParams.__annotations__.items()
        if name not in RequestOptions.__annotations__
    }
    holder = types.SimpleNamespace(__annotations__=own)
    return typing.get_type_hints(holder, module, include_extras=True)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_strict(_parameters()[name]))


def _strict(annotation: Any) -> Any:  # noqa: ANN401  (a type)
    """Return a strict version of a type of the SDK.

    The SDK types enumerations as `Literal[...] | str`, to allow for future values: here only the
    known values are valid. The empty string, which unsets a value, has no meaning at creation.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if is_typeddict(annotation):
        return _strict_dict(annotation)
    if origin in (NotRequired, Required):
        return _strict(arguments[0])
    if origin in (Union, types.UnionType):
        return _strict_union(arguments)
    if origin in (list, dict):
        return origin[tuple(_strict(one) for one in arguments)]
    return annotation


def _strict_union(members: tuple[Any, ...]) -> Any:  # noqa: ANN401  (a type)
    literals = [one for one in members if _values(one) not in ((), ("",))]
    # Metadata is `Dict[str, str] | UntypedStripeObject[str]`; JSON matches the first.
    others = [one for one in members if not _values(one) and "StripeObject" not in str(one)]
    if literals:
        others = [one for one in others if one is not str]
    strict = [*literals, *(_strict(one) for one in others)]
    return Union[tuple(strict)]  # noqa: UP007  (of a number that is known only here)


def _values(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401  (a type)
    is_literal = typing.get_origin(annotation) is Literal
    return typing.get_args(annotation) if is_literal else ()


@cache
def _strict_dict(typed_dict: Any) -> Any:  # noqa: ANN401  (a type)
    hints = typing.get_type_hints(typed_dict, include_extras=True)
    fields: dict[str, Any] = {
        name: NotRequired[_strict(hint)]
        if typing.get_origin(hint) is NotRequired
        else Required[_strict(hint)]
        for name, hint in hints.items()
    }
    # Built at run time, which type checkers can't follow.
    strict: Any = cast("Any", TypedDict)(typed_dict.__name__, fields)
    strict.__pydantic_config__ = ConfigDict(strict=True, extra="forbid")
    return strict

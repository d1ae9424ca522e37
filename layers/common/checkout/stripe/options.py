"""A shop's checkout options: parameters of a Checkout Session, in a JSON file.

`make lint`, `make deploy` and `doctor` validate the file (option_types.py); here it is trusted.
https://docs.stripe.com/api/checkout/sessions/create
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

    from stripe.params.checkout import SessionCreateParams

type Options = Mapping[str, Any]

NO_OPTIONS: Options = {}

HOSTED_PAGE = "hosted_page"
EMBEDDED_PAGE = "embedded_page"
ELEMENTS = "elements"
# The UI modes in which Stripe accepts a parameter, from its API reference.
MODES: Mapping[tuple[str, ...], frozenset[str]] = {
    ("branding_settings",): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("custom_fields",): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("custom_text",): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("optional_items",): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("origin_context",): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("payment_method_options", "acss_debit"): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("payment_method_options", "card", "restrictions"): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("permissions",): frozenset({EMBEDDED_PAGE, ELEMENTS}),
    ("permissions", "update_shipping_details"): frozenset({ELEMENTS}),
    ("redirect_on_completion",): frozenset({EMBEDDED_PAGE}),
    ("submit_type",): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
    ("tax_id_collection", "required"): frozenset({HOSTED_PAGE, EMBEDDED_PAGE}),
}
# Stripe accepts only one of each pair: a request's parameter replaces the other option.
# https://docs.stripe.com/payments/checkout/discounts
# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-customer_creation
EXCLUSIVE = (("allow_promotion_codes", "discounts"), ("customer", "customer_creation"))


def read_options(folder: "Path", environment: str) -> Options:
    """Read an environment's options file, a JSON object that was validated at deploy."""
    options: Options = json.loads((folder / f"{environment}.json").read_bytes())
    return options


def overridden(options: Options, by: Options) -> Options:
    """Override options of the same name, each as a whole, and mutually exclusive ones."""
    rivals = {
        rival
        for pair in EXCLUSIVE
        for name, rival in (pair, pair[::-1])
        if name in by and rival not in by
    }
    return {name: value for name, value in options.items() if name not in rivals} | dict(by)


def with_options(ours: "SessionCreateParams", options: Options) -> "SessionCreateParams":
    """Merge options under our parameters, without those that Stripe refuses beside them.

    Both may have `payment_intent_data`, ours with the marks of the order.
    """
    if not options:
        return ours
    merged = dict(overridden(options, cast("Options", ours)))
    if "payment_intent_data" in options:
        merged["payment_intent_data"] = (
            options["payment_intent_data"] | merged["payment_intent_data"]
        )
    mode = ours.get("ui_mode", HOSTED_PAGE)
    for path, modes in MODES.items():
        if mode not in modes:
            merged = _without(merged, path)
    return cast("SessionCreateParams", merged)


def _without(params: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *below = path
    if name not in params:
        return params
    if not below:
        return {key: value for key, value in params.items() if key != name}
    return params | {name: _without(params[name], tuple(below))}

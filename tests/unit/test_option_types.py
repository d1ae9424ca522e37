"""Which options of a checkout are accepted, and why others are not."""

import inspect
import re
from typing import Any, get_args

import pytest
from stripe.params.checkout import _session_create_params

from checkout.api.locales import Locale
from checkout.stripe import option_types
from checkout.stripe.option_types import (
    AT_MOST,
    DENIED,
    DENIED_IN_FILE,
    DENIED_IN_REQUEST,
    option_errors,
)
from checkout.stripe.options import ELEMENTS, MODES
from tests.support.documents import Json

SOURCE = inspect.getsource(_session_create_params)
PARAMETERS = option_types._parameters()  # noqa: SLF001  (the SDK's names)
OUR_OWN = {path[0] for path in DENIED_IN_FILE if len(path) == 1}
# Of each parameter that a file may set, a value that Stripe's reference has.
ACCEPTED: Json = {
    "adaptive_pricing": {"enabled": False},
    "allow_promotion_codes": True,
    "allowed_payment_method_types": ["card", "sepa_debit"],
    "automatic_tax": {"enabled": True, "liability": {"type": "self"}},
    "billing_address_collection": "required",
    "branding_settings": {"display_name": "Shop", "border_style": "pill", "background_color": ""},
    "consent_collection": {"terms_of_service": "required", "promotions": "auto"},
    "custom_fields": [
        {"key": "size", "label": {"type": "custom", "custom": "Size"}, "type": "text"}
    ],
    "custom_text": {"submit": {"message": "We ship within a day."}},
    "customer_creation": "always",
    "excluded_payment_method_types": ["klarna"],
    "integration_identifier": "shop",
    "invoice_creation": {"enabled": True, "invoice_data": {"metadata": {"shop": "1"}}},
    "locale": "de",
    "managed_payments": {"enabled": False},
    "name_collection": {"business": {"enabled": True, "optional": True}},
    "optional_items": [{"price": "price_1Gift", "quantity": 1}],
    "origin_context": "web",
    "payment_intent_data": {"capture_method": "manual", "statement_descriptor_suffix": "SHOP"},
    "payment_method_configuration": "pmc_1abc",
    "payment_method_data": {"allow_redisplay": "always"},
    "payment_method_options": {"card": {"request_three_d_secure": "challenge"}},
    "phone_number_collection": {"enabled": True},
    "redirect_on_completion": "if_required",
    "saved_payment_method_options": {"payment_method_save": "enabled"},
    "shipping_address_collection": {"allowed_countries": ["AT", "DE"]},
    "shipping_options": [
        {"shipping_rate": "shr_1abc"},
        {
            "shipping_rate_data": {
                "display_name": "Post",
                "fixed_amount": {"amount": 490, "currency": "eur"},
                "type": "fixed_amount",
            }
        },
    ],
    "submit_type": "book",
    "tax_id_collection": {"enabled": True, "required": "if_supported"},
    "wallet_options": {"link": {"display": "never"}},
}


def errors(options: object, *, in_file: bool = True) -> dict[str, str]:
    """Return the reasons by what they are about, written with dots."""
    denied = DENIED_IN_FILE if in_file else DENIED_IN_REQUEST
    return {
        ".".join(map(str, error.path)): error.reason for error in option_errors(options, denied)
    }


def test_every_parameter_of_the_sdk_is_accepted_or_denied() -> None:
    discounts = {"discounts"}
    assert PARAMETERS.keys() == ACCEPTED.keys() | OUR_OWN | discounts
    assert ACCEPTED.keys() & OUR_OWN == set()


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_value_of_stripes_reference_is_accepted(name: str) -> None:
    assert errors({name: ACCEPTED[name]}) == {}
    assert errors({name: ACCEPTED[name]}, in_file=False) == {}


def test_all_of_them_are_accepted_together() -> None:
    assert errors(ACCEPTED) == {}


@pytest.mark.parametrize("path", DENIED_IN_FILE, ids=".".join)
def test_what_is_denied_in_a_file_has_a_reason(path: tuple[str, ...]) -> None:
    value: object = "x"
    for name in reversed(path):
        value = {name: value}
    assert errors(value)[".".join(map(str, path))] == DENIED_IN_FILE[path]
    known: Any = PARAMETERS[str(path[0])]
    if len(path) > 1:
        [typed_dict] = get_args(known)
        assert path[1] in typed_dict.__annotations__


@pytest.mark.parametrize("path", sorted(DENIED_IN_FILE.keys() - DENIED.keys()), ids=".".join)
def test_a_trusted_caller_may_name_what_is_of_one_sale(path: tuple[str, ...]) -> None:
    assert (path in DENIED_IN_REQUEST) == (path == ("customer",))


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ({"api_key": "sk"}, "api_key"),
        ({"allow_promotion_code": True}, "allow_promotion_code"),
        ({"allow_promotion_codes": "yes"}, "allow_promotion_codes"),
        ({"allow_promotion_codes": 1}, "allow_promotion_codes"),
        ({"submit_type": "buy"}, "submit_type"),
        ({"allowed_payment_method_types": ["cash"]}, "allowed_payment_method_types.0"),
        ({"automatic_tax": {}}, "automatic_tax.enabled"),
        ({"automatic_tax": {"enabled": True, "x": 1}}, "automatic_tax.x"),
        ({"custom_text": {"submit": {"text": "x", "message": "x"}}}, "custom_text.submit.text"),
        ({"invoice_creation": {"enabled": 1}}, "invoice_creation.enabled"),
        (
            {"invoice_creation": {"enabled": True, "invoice_data": {"metadata": {"a": 1}}}},
            "invoice_creation.invoice_data.metadata.a",
        ),
        ({"branding_settings": {"border_style": ""}}, "branding_settings.border_style"),
        ({"redirect_on_completion": "never"}, "redirect_on_completion"),
        ({"allow_promotion_codes": True, "discounts": [{"coupon": "A"}]}, "discounts"),
        ([], ""),
        (None, ""),
    ],
)
def test_what_stripe_would_refuse_is_named(options: object, at: str) -> None:
    assert errors(options).keys() == {at}


@pytest.mark.parametrize("name", AT_MOST)
def test_a_list_is_as_long_as_stripe_allows(name: str) -> None:
    one = ACCEPTED.get(name, [{"coupon": "A"}])[0]
    assert errors({name: [one] * AT_MOST[name]}) == {}
    assert errors({name: [one] * (AT_MOST[name] + 1)}) == {
        name: f"Stripe takes at most {AT_MOST[name]}."
    }


def test_the_modes_are_those_of_stripes_reference() -> None:
    """The SDK quotes of each parameter in which mode it can't be set."""
    documented = re.findall(
        r'^    (\w+): (?:(?!""").)*"""((?:(?!""").)*)"""', SOURCE, re.DOTALL | re.MULTILINE
    )
    refused = {
        name
        for name, text in documented
        if re.search(r"(can't set|not allowed).*ui_mode.*elements", text)
    }
    listed = {path[-1] for path, modes in MODES.items() if ELEMENTS not in modes}
    assert refused - OUR_OWN == listed - {"redirect_on_completion"}


def test_locales_are_those_of_the_sdk() -> None:
    documented, _ = get_args(get_args(PARAMETERS["locale"])[0])
    assert get_args(Locale.__value__) == get_args(documented)

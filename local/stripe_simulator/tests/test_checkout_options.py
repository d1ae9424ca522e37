"""The options of a Checkout Session: accepted and shown as Stripe does, or refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from stripe_simulator.documents import Json
from stripe_simulator.objects.sdk_lists import COUNTRIES, LOCALES
from stripe_simulator.testing import Running, Shop, fast, running
from support.refusals import refused

CASE: Json = {"type": "custom", "custom": "Case"}
ACCEPTED: list[tuple[str, Any, Any]] = [
    ("adaptive_pricing", {"enabled": True}, {"enabled": True}),
    ("allow_promotion_codes", True, True),
    ("billing_address_collection", "required", "required"),
    (
        "branding_settings",
        {"display_name": "Mugs", "button_color": "#aa0000"},
        {
            "background_color": "#ffffff",
            "border_style": "rounded",
            "button_color": "#aa0000",
            "display_name": "Mugs",
            "font_family": "default",
            "icon": None,
            "logo": None,
        },
    ),
    (
        "consent_collection",
        {"terms_of_service": "required"},
        {
            "payment_method_reuse_agreement": None,
            "promotions": None,
            "terms_of_service": "required",
        },
    ),
    (
        "custom_fields",
        [{"key": "case", "label": CASE, "type": "text", "optional": True}],
        [
            {
                "key": "case",
                "label": CASE,
                "optional": True,
                "text": {
                    "default_value": None,
                    "maximum_length": None,
                    "minimum_length": None,
                    "value": None,
                },
                "type": "text",
            }
        ],
    ),
    (
        "custom_text",
        {"submit": {"message": "Thank you"}},
        {
            "after_submit": None,
            "shipping_address": None,
            "submit": {"message": "Thank you"},
            "terms_of_service_acceptance": None,
        },
    ),
    ("customer_creation", "always", "always"),
    ("locale", "de", "de"),
    (
        "name_collection",
        {"business": {"enabled": True}},
        {"business": {"enabled": True, "optional": False}},
    ),
    ("origin_context", "mobile_app", "mobile_app"),
    (
        "payment_method_options",
        {"card": {"request_three_d_secure": "any", "setup_future_usage": "on_session"}},
        {"card": {"request_three_d_secure": "any", "setup_future_usage": "on_session"}},
    ),
    ("phone_number_collection", {"enabled": True}, {"enabled": True}),
    (
        "saved_payment_method_options",
        {"payment_method_save": "enabled"},
        {
            "allow_redisplay_filters": None,
            "payment_method_remove": None,
            "payment_method_save": "enabled",
        },
    ),
    (
        "shipping_address_collection",
        {"allowed_countries": ["DE", "AT"]},
        {"allowed_countries": ["DE", "AT"]},
    ),
    ("submit_type", "donate", "donate"),
    ("tax_id_collection", {"enabled": True}, {"enabled": True, "required": "never"}),
    ("wallet_options", {"link": {"display": "never"}}, {"link": {"display": "never"}}),
]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    """One for all: each test makes a session of its own, or none."""
    with running(fast()) as one:
        yield one


@pytest.mark.parametrize(("name", "given", "shown"), ACCEPTED)
def test_option_is_shown_as_stripe_does(
    simulator: Running, shop: Shop, name: str, given: object, shown: object
) -> None:
    options: Json = {name: given}
    session = shop.session(**options)
    assert simulator.get(f"/v1/checkout/sessions/{session.id}")[name] == shown


def test_payment_method_configuration_is_shown(shop: Shop) -> None:
    session = shop.session(payment_method_configuration="pmc_mine")
    assert session.payment_method_configuration_details is not None
    assert session.payment_method_configuration_details.id == "pmc_mine"


def test_excluded_payment_method_is_not_offered(shop: Shop) -> None:
    session = shop.session(shop.price(currency="eur"), excluded_payment_method_types=["sepa_debit"])
    assert session.payment_method_types == ["card"]


REFUSED: list[tuple[Json, str, str | None, str | None]] = [
    (
        {"locale": "xx"},
        f"Invalid locale: must be one of {', '.join(LOCALES[:-1])}, or {LOCALES[-1]}",
        None,
        "locale",
    ),
    (
        {"client_reference_id": "0123456789" + 280 * "-" + "abcdefghij"},
        "Invalid string: 0123456789...abcdefghij; must be at most 200 characters",
        None,
        "client_reference_id",
    ),
    (
        {"branding_settings": {"button_color": "red"}},
        "Invalid hex color: red",
        None,
        "branding_settings[button_color]",
    ),
    (
        {"custom_fields": [{"key": f"k{n}", "label": CASE, "type": "text"} for n in range(4)]},
        "Array custom_fields exceeded maximum 3 allowed elements.",
        None,
        "custom_fields",
    ),
    (
        {"custom_fields": [{"key": "case", "label": CASE, "type": "dropdown"}]},
        "You must provide `dropdown` when `type` is `dropdown`.",
        None,
        "custom_fields",
    ),
    (
        {"shipping_address_collection": {"allowed_countries": ["XX"]}},
        (
            "Invalid shipping_address_collection[allowed_countries][0]: must be one of "
            f"{', '.join(COUNTRIES[:-1])}, or {COUNTRIES[-1]}"
        ),
        None,
        "shipping_address_collection[allowed_countries][0]",
    ),
    (
        {"payment_method_configuration": "mine"},
        "No such payment_method_configuration: 'mine'",
        "resource_missing",
        "payment_method_configuration",
    ),
    (
        {"payment_method_configuration": "pmc_1", "payment_method_types": ["card"]},
        (
            "You may only specify one of these parameters: payment_method_configuration, "
            "payment_method_types."
        ),
        None,
        "payment_method_configuration",
    ),
    (
        {"payment_method_options": {"klarna": {"setup_future_usage": "none"}}},
        "The simulator does not support the payment method `klarna`.",
        None,
        "payment_method_options[klarna]",
    ),
    (
        {"after_expiration": {"recovery": {"enabled": True}}},
        "The simulator does not support recovery of sessions.",
        None,
        "after_expiration[recovery][enabled]",
    ),
    (
        {"managed_payments": {"enabled": True}},
        "The simulator does not support managed payments.",
        None,
        "managed_payments[enabled]",
    ),
    (
        {"customer_update": {"name": "auto"}},
        "`customer_update` can only be used with `customer`.",
        None,
        "customer_update",
    ),
    (
        {"subscription_data": {"description": "None"}},
        "You can not pass `subscription_data` in `payment` mode.",
        None,
        "subscription_data",
    ),
    (
        {"optional_items": [{"price": "price_none", "quantity": 1}]},
        "No such price: 'price_none'",
        "resource_missing",
        "optional_items[0][price]",
    ),
]


@pytest.mark.parametrize(("options", "message", "code", "param"), REFUSED)
def test_option_is_refused(
    shop: Shop, options: Json, message: str, code: str | None, param: str
) -> None:
    with refused(400, message, code=code, param=param):
        shop.session(**options)


def test_101_line_items_are_refused(shop: Shop) -> None:
    items = [{"price": shop.price().id, "quantity": 1}] * 101
    message = "Array line_items exceeded maximum 100 allowed elements."
    with refused(400, message, param="line_items"):
        shop.session(line_items=items)


def test_line_and_optional_items_are_100_in_all(shop: Shop) -> None:
    item = {"price": shop.price().id, "quantity": 1}
    message = "A Checkout Session can have up to 100 line items and optional items."
    with refused(400, message, param="optional_items"):
        shop.session(line_items=[item] * 100, optional_items=[item])


def test_tax_id_needs_the_customers_name(shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create().id
    message = (
        "Tax ID collection requires updating business name on the customer. To enable tax ID "
        "collection for an existing customer, please set `customer_update[name]` to `auto`."
    )
    with refused(400, message):
        shop.session(customer=customer, tax_id_collection={"enabled": True})


def test_option_of_the_page_is_refused_with_elements(shop: Shop) -> None:
    params: Any = {
        "mode": "payment",
        "ui_mode": "elements",
        "line_items": [{"price": shop.price().id, "quantity": 1}],
        "return_url": "https://shop.example/thanks",
        "submit_type": "pay",
    }
    message = "The following parameters are not supported with `ui_mode: elements`: submit_type."
    with refused(400, message, param="submit_type"):
        shop.sdk.v1.checkout.sessions.create(params)

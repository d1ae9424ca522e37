"""What is refused of a checkout for a shop's own server, and whose field is named."""

import pytest

from checkout.checkouts import Checkouts
from checkout.errors import InvalidRequest, StripeRefused
from tests.support import creating, own_server
from tests.support.creating import PRICE, CreatingStripe, refusal, request
from tests.support.documents import Json
from tests.support.own_server import AMOUNT, FIELDS, OWN, body

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
trusted = own_server.trusted


def wrong(*some: Json, **fields: object) -> dict[str, str]:
    """Return a body's errors: details by pointer."""
    with pytest.raises(InvalidRequest) as raised:
        body(*some, **fields)
    return {error.pointer: error.detail for error in raised.value.errors}


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"quantity": 1}, "/items/0"),
        (OWN | {"price": PRICE}, "/items/0"),
        (OWN | {"lookup_key": "mug"}, "/items/0"),
        (OWN | {"price_data": AMOUNT | {"currency": "EUR"}}, "/items/0/price_data/currency"),
        (OWN | {"price_data": AMOUNT | {"unit_amount": -1}}, "/items/0/price_data/unit_amount"),
        (OWN | {"price_data": AMOUNT | {"recurring": {}}}, "/items/0/price_data/recurring"),
        (OWN | {"tax_rates": ["txr_1"]}, "/items/0/tax_rates"),
        (
            OWN | {"adjustable_quantity": {"enabled": True, "maximum": 1_000_000}},
            "/items/0/adjustable_quantity/maximum",
        ),
    ],
)
def test_a_wrong_item_is_named(item: Json, pointer: str) -> None:
    assert wrong(item).keys() == {pointer}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"customer": "acct_1"}, "/customer"),
        ({"customer": "cus_1", "customer_email": "ada@example.com"}, "/customer"),
        ({"discounts": []}, "/discounts"),
        ({"discounts": [{"coupon": "A"}, {"coupon": "B"}]}, "/discounts"),
        ({"discounts": [{}]}, "/discounts/0"),
        ({"discounts": [{"coupon": "A", "promotion_code": "promo_1"}]}, "/discounts/0"),
        ({"options": []}, "/options"),
        ({"options": {"mode": "setup"}}, "/options/mode"),
        ({"options": {"customer": "cus_1"}}, "/options/customer"),
        ({"options": {"custom_fields": [{"key": 1}] * 4}}, "/options/custom_fields"),
        ({"options": {"automatic_tax": {"enabled": 1}}}, "/options/automatic_tax/enabled"),
        ({"options": {"a/b": 1}}, "/options/a~1b"),
        ({"metadata": {f"key-{number}": "x" for number in range(47)}}, "/metadata"),
        ({"metadata": {"checkout_adjustable": "no"}}, "/metadata/checkout_adjustable"),
    ],
)
def test_a_wrong_field_is_named(fields: Json, pointer: str) -> None:
    assert pointer in wrong(**fields)


@pytest.mark.parametrize(
    ("param", "pointer"),
    [
        ("customer", "/customer"),
        ("discounts[0][coupon]", "/discounts"),
        ("shipping_options[0][shipping_rate]", "/options/shipping_options"),
        ("line_items[0][price_data][currency]", "/items/0"),
    ],
)
def test_what_stripe_refuses_of_it_is_the_callers_field(
    trusted: Checkouts, fake_stripe: CreatingStripe, param: str, pointer: str
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param=param)
    options = {"shipping_options": [{"shipping_rate": "shr_gone"}]}
    assert refusal(trusted, body(**FIELDS | {"options": options})).pointer == pointer


@pytest.mark.parametrize(
    "error",
    [
        {"code": "customer_tax_location_invalid"},
        {
            "message": "Tax ID collection requires updating business name on the customer. To "
            "enable tax ID collection for an existing customer, please set "
            "`customer_update[name]` to `auto`."
        },
    ],
    ids=["taxes", "tax ids"],
)
def test_a_customer_whom_the_file_asks_for_more_is_the_callers(
    checkouts: Checkouts, trusted: Checkouts, fake_stripe: CreatingStripe, error: dict[str, str]
) -> None:
    document = {"error": {"type": "invalid_request_error", **error}}
    fake_stripe.respond(document, 400)
    refused = refusal(trusted, body(customer="cus_1a2B3c"))
    assert refused.pointer == "/customer"
    assert "customer_update" in refused.detail
    fake_stripe.respond(document, 400)
    with pytest.raises(StripeRefused):
        checkouts.create(request(), None)


def test_an_option_of_the_file_is_not_the_callers(
    trusted: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param="shipping_options[0]")
    with pytest.raises(StripeRefused):
        trusted.create(body(), None, {"shipping_options": [{"shipping_rate": "shr_gone"}]})

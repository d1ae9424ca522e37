"""Carts that Stripe refuses: the caller learns which field, and why."""

import pytest

from checkout.checkouts import Checkouts
from checkout.errors import FieldError, StripeRefused
from tests.support import creating
from tests.support.creating import (
    INACTIVE,
    OTHER_PRICE,
    PRICE,
    PRODUCT_INACTIVE,
    RECURRING,
    CreatingStripe,
    by_key,
    by_price,
    refusal,
    request,
)
from tests.support.documents import Json
from tests.support.invocations import Context, Handler, assert_problem

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
handler = creating.handler
card_checkout = creating.card_checkout

CURRENCY = (
    "The price specified only supports `usd`. This doesn't match the expected currency: `eur`."
)
TOO_SMALL = "The Checkout Session's total amount due must add up to at least 0.50 eur"
TOO_LARGE = "The Checkout Session's total amount due must be no more than 999999.99."
CASES: list[tuple[dict[str, str], str, str]] = [
    ({"code": "amount_too_small", "message": TOO_SMALL}, "/items", "below the minimum"),
    ({"code": "amount_too_large", "message": TOO_LARGE}, "/items", "above the maximum"),
    (
        {"code": "amount_too_small", "param": "line_items[0][price]", "message": TOO_SMALL},
        "/items",
        "below the minimum",
    ),
    (
        {"code": "amount_too_large", "param": "line_items", "message": TOO_LARGE},
        "/items",
        "above the maximum",
    ),
    ({"param": "line_items[1]", "message": RECURRING}, "/items/1/price", "is recurring"),
    ({"param": "line_items[1][price]", "message": RECURRING}, "/items/1/price", "is recurring"),
    ({"message": RECURRING}, "/items", "is recurring"),
    ({"param": "mode", "message": RECURRING}, "/items", "is recurring"),
    ({"param": "line_items[1][price]", "message": CURRENCY}, "/items/1/price", "another currency"),
    ({"message": CURRENCY}, "/items", "same currency"),
    ({"param": "currency", "message": CURRENCY}, "/items", "same currency"),
    ({"param": "line_items[0][price]", "message": INACTIVE}, "/items/0/price", "price is not act"),
    ({"message": INACTIVE}, "/items", "prices is not active"),
    ({"param": "line_items[0][price]", "message": PRODUCT_INACTIVE}, "/items/0/price", "product"),
    ({"message": PRODUCT_INACTIVE}, "/items", "product"),
    (
        {"code": "resource_missing", "param": "line_items[1][price]", "message": "No such price"},
        "/items/1/price",
        "does not exist",
    ),
    ({"param": "line_items[0][quantity]", "message": "Too many"}, "/items/0/quantity", "item"),
    ({"param": "line_items", "message": "Too many"}, "/items", "items together"),
]


def refuse(fake_stripe: CreatingStripe, **error: str) -> None:
    fake_stripe.respond_with_error(400, None, type="invalid_request_error", **error)


@pytest.mark.parametrize(("error", "pointer", "reason"), CASES)
def test_a_refused_cart_gets_a_pointer_and_the_reason(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    error: dict[str, str],
    pointer: str,
    reason: str,
) -> None:
    refuse(fake_stripe, **error)
    refused = refusal(checkouts, request(*by_price(PRICE, OTHER_PRICE)))
    assert refused.pointer == pointer
    assert reason in refused.detail
    assert "`" not in refused.detail


@pytest.mark.parametrize(
    ("price", "message", "reason"),
    [
        ("price_1inactive", PRODUCT_INACTIVE.replace(PRICE, "price_1inactive"), "product"),
        ("price_recurring", PRODUCT_INACTIVE.replace(PRICE, "price_recurring"), "product"),
        ("price_recurring", "No such thing: 'price_recurring'", "does not exist"),
    ],
)
def test_an_id_in_a_message_is_not_a_reason(
    checkouts: Checkouts, fake_stripe: CreatingStripe, price: str, message: str, reason: str
) -> None:
    refuse(fake_stripe, param="line_items[0][price]", message=message)
    assert reason in refusal(checkouts, request(*by_price(price))).detail


@pytest.mark.parametrize(
    "error",
    [
        {"message": "In order to use Checkout, you must set an account or business name."},
        {"code": "testmode_charges_only", "message": "Your account can't make live charges."},
        {"param": "currency", "message": "Something else."},
        {"param": "expand[0]", "message": "This property cannot be expanded."},
    ],
)
def test_what_is_not_about_the_cart_is_not_the_callers(
    checkouts: Checkouts, fake_stripe: CreatingStripe, error: dict[str, str]
) -> None:
    refuse(fake_stripe, **error)
    with pytest.raises(StripeRefused):
        checkouts.create(request(), None)


def test_mixed_currencies_are_reported_for_sold_keys(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    checkouts.catalogue.prices(["mug-blue"])
    refuse(fake_stripe, param="line_items[1][price]", message=CURRENCY)
    refused = refusal(checkouts, request(*by_price(PRICE), *by_key("mug-blue")))
    assert refused == FieldError(
        "/items/1/lookup_key", "This price is in another currency than the other items."
    )


def test_a_refused_cart_is_a_400(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe
) -> None:
    for error, pointer, _ in CASES:
        if "line_items[1]" not in error.get("param", ""):
            refuse(fake_stripe, **error)
            problem = assert_problem(handler(card_checkout, Context()), 400, "invalid-request")
            assert [error["pointer"] for error in problem["errors"]] == [pointer]

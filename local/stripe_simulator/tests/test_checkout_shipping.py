"""Shipping: the rates that a Checkout Session offers, and where the order goes."""

from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused

JENNY: Json = {
    "name": "Jenny Rosen",
    "address": {"line1": "1 High Street", "city": "Leeds", "country": "GB"},
}
EXPRESS: Json = {
    "display_name": "Express",
    "type": "fixed_amount",
    "fixed_amount": {"amount": 900, "currency": "usd"},
    "delivery_estimate": {"minimum": {"unit": "business_day", "value": 1}},
}


@pytest.fixture
def standard(sdk: stripe.StripeClient) -> stripe.ShippingRate:
    params: Any = EXPRESS | {
        "display_name": "Standard",
        "fixed_amount": {"amount": 500, "currency": "usd"},
    }
    return sdk.v1.shipping_rates.create(params)


def offering(shop: Shop, standard: stripe.ShippingRate, **more: Any) -> stripe.checkout.Session:  # noqa: ANN401
    options = [{"shipping_rate": standard.id}, {"shipping_rate_data": EXPRESS}]
    collection = {"allowed_countries": ["GB", "US"]}
    return shop.session(
        **({"shipping_options": options, "shipping_address_collection": collection} | more)
    )


def test_first_shipping_option_is_chosen_at_first(
    shop: Shop, standard: stripe.ShippingRate
) -> None:
    session = offering(shop, standard)
    assert [one.shipping_amount for one in session.shipping_options] == [500, 900]
    assert session.total_details is not None
    assert (session.amount_subtotal, session.amount_total) == (3000, 3500)
    assert session.total_details.amount_shipping == 500


def test_customer_chooses_a_shipping_option(
    simulator: Running, shop: Shop, standard: stripe.ShippingRate
) -> None:
    session = offering(shop, standard)
    express = session.shipping_options[1].shipping_rate
    shop.pay(session, "pm_card_visa", shipping=JENNY, shipping_rate=express, expected_amount=3900)
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}")
    assert paid["amount_total"] == 3900
    assert paid["shipping_cost"] == {
        "amount_subtotal": 900,
        "amount_tax": 0,
        "amount_total": 900,
        "shipping_rate": express,
    }
    shipped = paid["collected_information"]["shipping_details"]
    assert (shipped["name"], shipped["address"]["city"]) == ("Jenny Rosen", "Leeds")
    intent = simulator.get(f"/v1/payment_intents/{paid['payment_intent']}")
    assert intent["amount"] == 3900
    assert intent["shipping"]["name"] == "Jenny Rosen"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, ("Missing required param: shipping[name].", "parameter_missing", "shipping[name]")),
        (
            {"shipping": {"name": "Jenny", "address": {"country": "GB"}}},
            (
                "Missing required param: shipping[address][line1].",
                "parameter_missing",
                "shipping[address][line1]",
            ),
        ),
        (
            {"shipping": {"name": "Jenny", "address": {"country": "FR", "line1": "1 Rue"}}},
            (
                "Shipping to FR is not possible.",
                "shipping_address_invalid",
                "shipping[address][country]",
            ),
        ),
        (
            {"shipping": JENNY, "shipping_rate": "shr_none"},
            (
                "The shipping rate `shr_none` is not one of this Checkout Session's shipping "  # noqa: ISC004
                "options.",
                None,
                "shipping_rate",
            ),
        ),
    ],
)
def test_shipping_that_is_not_offered_is_refused(
    shop: Shop, standard: stripe.ShippingRate, given: Json, error: tuple[str, str | None, str]
) -> None:
    session = offering(shop, standard)
    message, code, param = error
    with refused(400, message, code=code, param=param):
        shop.pay(session, "pm_card_visa", **given)


@pytest.mark.parametrize(
    ("option", "message", "code", "param"),
    [
        (
            {"shipping_rate": "shr_none"},
            "No such shipping rate: 'shr_none'",
            "resource_missing",
            "shipping_options[0][shipping_rate]",
        ),
        (
            {"shipping_rate": "shr_none", "shipping_rate_data": EXPRESS},
            "You must specify one of these parameters: shipping_rate, shipping_rate_data.",
            None,
            "shipping_options[0]",
        ),
        (
            {"shipping_rate_data": EXPRESS | {"fixed_amount": {"amount": 1, "currency": "eur"}}},
            (
                "The shipping rate specified only supports `eur`. This doesn't match the expected "
                "currency: `usd`."
            ),
            None,
            "shipping_options[0]",
        ),
        (
            {"shipping_rate_data": {"display_name": "Free"}},
            ("Missing required param: shipping_options[0][shipping_rate_data][fixed_amount]."),
            "parameter_missing",
            "shipping_options[0][shipping_rate_data][fixed_amount]",
        ),
    ],
)
def test_session_refuses_a_shipping_option(
    shop: Shop, option: Json, message: str, code: str | None, param: str
) -> None:
    with refused(400, message, code=code, param=param):
        shop.session(shipping_options=[option])


def test_rate_is_archived(sdk: stripe.StripeClient, shop: Shop, standard: Any) -> None:  # noqa: ANN401
    sdk.v1.shipping_rates.update(standard.id, {"active": False})
    assert [one.id for one in sdk.v1.shipping_rates.list({"active": False}).data] == [standard.id]
    message = (
        "The shipping rate specified is inactive. This field only accepts active shipping rates."
    )
    with refused(400, message, param="shipping_options[0][shipping_rate]"):
        shop.session(shipping_options=[{"shipping_rate": standard.id}])


def test_refused_session_leaves_no_shipping_rate(sdk: stripe.StripeClient, shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.session(shop.price(50_000_000), shipping_options=[{"shipping_rate_data": EXPRESS}])
    assert sdk.v1.shipping_rates.list().data == []

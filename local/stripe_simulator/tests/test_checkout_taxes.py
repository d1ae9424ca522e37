"""Taxes of a Checkout Session: the merchant's tax rates, and automatic tax."""

import re
from pathlib import Path
from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.objects.tax_rates import AUTOMATIC as AUTOMATIC_RATES
from stripe_simulator.testing import Running, Shop
from support.refusals import refused

AUTOMATIC: Json = {"automatic_tax": {"enabled": True}}
BREAKDOWN = ["total_details.breakdown", "line_items.data.taxes", "shipping_cost.taxes"]
GERMANY: Json = {"billing_address": {"country": "DE"}}


def vat(sdk: stripe.StripeClient, **more: Any) -> stripe.TaxRate:  # noqa: ANN401
    params: Any = {"display_name": "VAT", "percentage": 20, "inclusive": False} | more
    return sdk.v1.tax_rates.create(params)


def priced(shop: Shop, unit_amount: int = 1000, currency: str = "eur", **more: Any) -> list[Json]:  # noqa: ANN401
    return [{"price": shop.price(unit_amount, currency, **more).id, "quantity": 1}]


def test_exclusive_tax_rate_is_added(sdk: stripe.StripeClient, shop: Shop) -> None:
    rate = vat(sdk)
    items = [priced(shop)[0] | {"tax_rates": [rate.id]}]
    session = shop.session(line_items=items, expand=BREAKDOWN[:2])
    assert session.total_details is not None
    assert (session.amount_subtotal, session.amount_total) == (1000, 1200)
    assert session.total_details.amount_tax == 200
    assert session.line_items is not None
    [item] = session.line_items.data
    assert (item.amount_tax, item.amount_total) == (200, 1200)
    assert item.taxes is not None
    assert [(one.amount, one.rate.id) for one in item.taxes] == [(200, rate.id)]
    assert session.total_details.breakdown is not None
    assert [one.amount for one in session.total_details.breakdown.taxes] == [200]


def test_inclusive_tax_rate_is_in_the_amount(sdk: stripe.StripeClient, shop: Shop) -> None:
    rate = vat(sdk, inclusive=True)
    session = shop.session(line_items=[priced(shop, 1200)[0] | {"tax_rates": [rate.id]}])
    assert session.total_details is not None
    assert (session.amount_subtotal, session.amount_total) == (1200, 1200)
    assert session.total_details.amount_tax == 200


def test_unknown_tax_rate_is_refused(shop: Shop) -> None:
    items = [priced(shop)[0] | {"tax_rates": ["txr_none"]}]
    param = "line_items[0][tax_rates][0]"
    with refused(400, "No such tax rate: 'txr_none'", code="resource_missing", param=param):
        shop.session(line_items=items)


def test_tax_rate_must_agree_with_the_price(sdk: stripe.StripeClient, shop: Shop) -> None:
    items = [priced(shop, tax_behavior="inclusive")[0] | {"tax_rates": [vat(sdk).id]}]
    message = (
        "One or more prices has a `tax_behavior` that conflicts with the tax rates that apply to "
        "the corresponding line item."
    )
    with refused(400, message):
        shop.session(line_items=items)


def test_tax_rate_is_archived(sdk: stripe.StripeClient, shop: Shop) -> None:
    rate = vat(sdk)
    sdk.v1.tax_rates.update(rate.id, {"active": False})
    assert [one.id for one in sdk.v1.tax_rates.list({"active": False}).data] == [rate.id]
    message = f"The tax rate `{rate.id}` is inactive. This field only accepts active tax rates."
    with refused(400, message, param="line_items[0][tax_rates][0]"):
        shop.session(line_items=[priced(shop)[0] | {"tax_rates": [rate.id]}])


@pytest.mark.parametrize("percentage", ["101", "-1", "many"])
def test_percentage_is_between_0_and_100(sdk: stripe.StripeClient, percentage: str) -> None:
    message = f"Invalid percentage: {percentage}. It must be between 0 and 100."
    with refused(400, message, param="percentage"):
        vat(sdk, percentage=percentage)


@pytest.mark.parametrize(
    ("behavior", "total", "tax"),
    [("exclusive", 1190, 190), ("inclusive", 1000, 160), ("unspecified", 1000, 160)],
)
def test_automatic_tax_is_that_of_the_country(
    simulator: Running, shop: Shop, behavior: str, total: int, tax: int
) -> None:
    session = shop.session(line_items=priced(shop, tax_behavior=behavior), **AUTOMATIC)
    assert session.automatic_tax.status == "requires_location_inputs"
    assert session.amount_total == 1000
    shop.pay(session, "pm_card_visa", **GERMANY, expected_amount=total)
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}")
    assert (paid["amount_total"], paid["total_details"]["amount_tax"]) == (total, tax)
    assert paid["automatic_tax"] == {
        "enabled": True,
        "liability": {"type": "self"},
        "provider": "stripe",
        "status": "complete",
    }


def test_unspecified_dollars_are_without_tax(simulator: Running, shop: Shop) -> None:
    session = shop.session(line_items=priced(shop, currency="usd"), **AUTOMATIC)
    shop.pay(session, "pm_card_visa", billing_address={"country": "US"}, expected_amount=1083)
    assert simulator.get(f"/v1/checkout/sessions/{session.id}")["amount_total"] == 1083


def test_automatic_tax_goes_by_the_shipping_address(simulator: Running, shop: Shop) -> None:
    rate: Json = {
        "display_name": "Standard",
        "fixed_amount": {"amount": 500, "currency": "eur"},
        "tax_behavior": "exclusive",
    }
    session = shop.session(
        line_items=priced(shop, tax_behavior="exclusive"),
        shipping_address_collection={"allowed_countries": ["AT"]},
        shipping_options=[{"shipping_rate_data": rate}],
        **AUTOMATIC,
    )
    shipping = {"name": "Jenny", "address": {"line1": "1 Gasse", "country": "AT"}}
    shop.pay(session, "pm_card_visa", **GERMANY, shipping=shipping, expected_amount=1800)
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}", **{"expand[]": BREAKDOWN[2]})
    assert (paid["amount_total"], paid["total_details"]["amount_tax"]) == (1800, 300)
    cost = paid["shipping_cost"]
    assert (cost["amount_subtotal"], cost["amount_tax"], cost["amount_total"]) == (500, 100, 600)
    [tax] = cost["taxes"]
    assert (tax["taxable_amount"], tax["taxability_reason"]) == (500, "standard_rated")


def test_no_tax_is_collected_in_other_countries(simulator: Running, shop: Shop) -> None:
    session = shop.session(
        line_items=priced(shop, tax_behavior="exclusive"), expand=["line_items"], **AUTOMATIC
    )
    shop.pay(session, "pm_card_visa", billing_address={"country": "BR"})
    path = f"/v1/checkout/sessions/{session.id}/line_items"
    [item] = simulator.get(path, **{"expand[]": "data.taxes"})["data"]
    assert [one["taxability_reason"] for one in item["taxes"]] == ["not_collecting"]


def test_automatic_tax_needs_an_address(shop: Shop) -> None:
    session = shop.session(line_items=priced(shop), **AUTOMATIC)
    with refused(
        400,
        "Enter your address, so that the tax can be calculated.",
        code="customer_tax_location_invalid",
        param="billing_address[country]",
    ):
        shop.pay(session, "pm_card_visa")


def test_automatic_tax_needs_the_named_customer_located(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    nowhere = sdk.v1.customers.create().id
    message = (
        "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a "
        "valid address to the Customer or set either `customer_update[address]` to 'auto' or "
        "`customer_update[shipping]` to 'auto' to save the address entered in Checkout to the "
        "Customer."
    )
    with refused(400, message, code="customer_tax_location_invalid"):
        shop.session(customer=nowhere, **AUTOMATIC)
    known: Any = {"address": {"country": "DE"}}
    customer = sdk.v1.customers.create(known)
    items = priced(shop, tax_behavior="exclusive")
    assert shop.session(line_items=items, customer=customer.id, **AUTOMATIC).amount_total == 1190


def test_exempt_customer_pays_no_automatic_tax(sdk: stripe.StripeClient, shop: Shop) -> None:
    params: Any = {"address": {"country": "DE"}, "tax_exempt": "exempt"}
    customer = sdk.v1.customers.create(params)
    items = priced(shop, tax_behavior="exclusive")
    assert shop.session(line_items=items, customer=customer.id, **AUTOMATIC).amount_total == 1000


def test_readme_names_the_simulated_rates() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    rows = re.findall(r"^\| ([A-Z]{2}) \| (.+) \| ([\d.]+) \|$", readme, re.MULTILINE)
    assert rows == [(code, name, percent) for code, (percent, _, name) in AUTOMATIC_RATES.items()]

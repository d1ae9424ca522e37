"""Each option of docs/options.md, sold with on the deployed stack: amounts, items, calls."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import stripe

from fulfilment.addresses import shipping_address
from tests.integration.deployed_options import deployed_with
from tests.integration.server import Server
from tests.integration.world import World
from tests.options_docs import EXAMPLES
from tests.support.documents import Json

CARD = "pm_card_visa"
ADDRESS: Json = {"line1": "1 Gasse", "city": "Wien", "postal_code": "1010", "country": "AT"}
SHIPPING: Json = {"name": "Ada Lovelace", "address": ADDRESS}
# What the customer enters on Stripe's page for each example: the simulator asks for what Stripe's
# page does.
ENTERED: dict[str, Json] = {
    "Promotion codes": {"promotion_code": "SPRING"},
    "Taxes": {
        "billing_address": ADDRESS,
        "tax_id": {"type": "eu_vat", "value": "ATU12345678"},
        "business_name": "Analytical Engines",
    },
    "Shipping": {"shipping": SHIPPING},
    "Phone number": {"phone": "+4312345678"},
    "Invoice": {},
    "Custom fields": {"custom_fields": {"engraving": "To Byron"}},
    "Consent": {"consent": {"terms_of_service": "accepted"}},
    "Payment methods": {},
    "Customers and saved payment methods": {},
    "Billing address": {"billing_address": ADDRESS},
    "Button": {},
    "Branding": {},
    "Adaptive pricing": {},
}
# What a mug of 1200 comes to: discount, tax, shipping.
AMOUNTS = {"Promotion codes": (600, 0, 0), "Taxes": (0, 240, 0), "Shipping": (0, 0, 490)}
PRIVATE = ("Ada", "Gasse", "1010", "1234567", "Byron", "Analytical")


@dataclass(frozen=True)
class Shop:
    """Buys with options, as a customer does on Stripe's page."""

    world: World

    @cached_property
    def server(self) -> Server:
        return Server(self.world)

    def pay(self, session_id: str, **entered: object) -> None:
        self.world.simulator.sdk.raw_request(
            "post",
            f"/v1/payment_pages/{session_id}/confirm",
            payment_method=CARD,
            email="ada@example.com",
            **entered,
        )

    def paid(self, created: Json, **entered: object) -> Json:
        """Pay, and return the order after the webhook."""
        self.world.simulator.forget_requests()
        self.pay(created["session_id"], **entered)
        return self.world.wait_for_status(created["order_id"], "paid")

    def calls_for_items(self) -> int:
        """Count the backend's since the payment began."""
        return sum(path.endswith("/line_items") for _, path in self.world.simulator.requests)


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


@pytest.fixture
def mug(world: World) -> stripe.Price:
    """A price that says whether taxes are in it, as Stripe Tax needs."""
    return world.price(1200, tax_behavior="exclusive", metadata={"sellable": "true"})


@pytest.fixture
def code(world: World) -> Iterator[None]:
    """A promotion code for half of the price."""
    sdk = world.simulator.sdk
    coupon = sdk.v1.coupons.create({"percent_off": 50})
    promotion: Any = {"type": "coupon", "coupon": coupon.id}
    made = sdk.v1.promotion_codes.create({"promotion": promotion, "code": "SPRING"})
    yield
    sdk.v1.promotion_codes.update(made.id, {"active": False})


def adds_up(order: Json) -> bool:
    """All tax of these tests is added to the price."""
    goods: int = order["amount_subtotal"] - order["amount_discount"]
    extra: int = order["amount_shipping"] + order["amount_tax"]
    total: int = order["amount_total"]
    return total == goods + extra


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    "title",
    [one if one in AMOUNTS else pytest.param(one, marks=pytest.mark.full) for one in ENTERED],
)
def test_an_option_of_the_docs_is_sold_with(shop: Shop, mug: stripe.Price, title: str) -> None:
    items = [{"price": mug.id, "quantity": 1}]
    created = shop.server.checkout(items=items, options=EXAMPLES[title])
    session = shop.world.session(created["session_id"]).to_dict()
    for name in EXAMPLES[title].keys() & session.keys():
        assert session[name], name
    order = shop.paid(created, **ENTERED[title])
    discount, tax, shipping = AMOUNTS.get(title, (0, 0, 0))
    assert order["amount_subtotal"] == 1200
    assert (order["amount_discount"], order["amount_tax"]) == (discount, tax)
    assert order["amount_shipping"] == shipping
    assert adds_up(order)
    [item] = order["items"]
    assert item["amount_total"] == 1200 - discount + tax
    # Shipping changes no item, and a discount or a tax does.
    assert shop.calls_for_items() == (discount + tax > 0)
    saved = json.dumps(order, default=str)
    for private in PRIVATE:
        assert private not in saved


def test_the_examples_are_all_sold_with() -> None:
    assert ENTERED.keys() == EXAMPLES.keys() - {"Manual capture"}


def test_a_payment_is_captured_later_where_the_shop_wants(shop: Shop) -> None:
    created = shop.server.checkout(options=EXAMPLES["Manual capture"])
    shop.pay(created["session_id"])
    order = shop.world.wait_for_status(created["order_id"], "authorized")
    assert order["amount_total"] == 1200


# What the customer adds


def test_quantities_that_the_customer_changes_are_the_orders(shop: Shop) -> None:
    """Swapped at the same total, which no amount shows."""
    amount = {"currency": "eur", "unit_amount": 700}
    items = [
        {
            "price_data": amount | {"product_data": {"name": f"Shirt {size}"}},
            "quantity": quantity,
            "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9},
        }
        for size, quantity in (("M", 1), ("L", 2))
    ]
    created = shop.server.checkout(items=items)
    assert "items" not in shop.world.order(created["order_id"])
    lines = shop.world.simulator.sdk.v1.checkout.sessions.line_items.list(created["session_id"])
    swapped = [
        {"id": line.id, "quantity": quantity}
        for line, quantity in zip(lines.data, (2, 1), strict=True)
    ]
    order = shop.paid(created, line_items=swapped)
    assert [item["quantity"] for item in order["items"]] == [2, 1]
    assert (order["amount_total"], shop.calls_for_items()) == (2100, 1)


def test_an_optional_item_that_is_added_is_the_orders(shop: Shop) -> None:
    gift = shop.world.price(300)
    options = {"optional_items": [{"price": gift.id, "quantity": 1}]}
    created = shop.server.checkout(options=options)
    order = shop.paid(created, optional_items=[{"price": gift.id, "quantity": 1}])
    assert [item["price"] for item in order["items"]] == [shop.world.stack.price, gift.id]
    assert order["amount_total"] == 1500
    assert adds_up(order)


def test_fulfilment_reads_the_address_that_the_order_lacks(shop: Shop) -> None:
    created = shop.server.checkout(options=EXAMPLES["Shipping"])
    order = shop.paid(created, **ENTERED["Shipping"])
    facts = shop.world.stack.facts
    address = shipping_address(order["session_id"], facts.stripe_api_key, facts.stripe_url)
    assert address is not None
    assert (address.name, address.line1) == (SHIPPING["name"], ADDRESS["line1"])


# The environment's file


@pytest.mark.usefixtures("code")
def test_a_browsers_checkout_has_the_options_of_the_file(shop: Shop) -> None:
    key = "options-of-the-file-1"
    body = {"items": [shop.world.one_mug], "locale": "de"}
    first = shop.world.frontend.request_checkout(body, idempotency_key=key).json()
    with deployed_with(shop.world, EXAMPLES["Promotion codes"] | {"locale": "it"}):
        again = shop.world.frontend.request_checkout(body, idempotency_key=key).json()
        created = shop.world.checkout(locale="de")
    # The same request is the same checkout, whatever was deployed between.
    assert again == first
    session = shop.world.session(created["session_id"])
    assert (session.locale, session.allow_promotion_codes) == ("de", True)
    order = shop.paid(created, promotion_code="SPRING")
    assert (order["amount_discount"], order["amount_total"]) == (600, 600)

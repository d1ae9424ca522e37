"""A Checkout Session's line items: what they say, how they expand, and how they are paged."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused
from support.shapes import differences

EXPANDED = 10
"""The number of line items that Stripe expands in a session ("the first handful")."""
WITH_PRODUCTS = ["line_items.data.price.product"]


def cart(shop: Shop, size: int) -> list[Json]:
    """Line items of as many different prices, of 1.00, 1.01, 1.02, ..."""
    return [{"price": shop.price(100 + index).id, "quantity": index + 1} for index in range(size)]


def listed(session: stripe.checkout.Session) -> list[Any]:
    assert session.line_items is not None
    return session.line_items.data


@pytest.fixture
def twelve(shop: Shop) -> stripe.checkout.Session:
    return shop.session(line_items=cart(shop, 12))


def retrieved(sdk: stripe.StripeClient, id_: str, expand: list[str]) -> stripe.checkout.Session:
    return sdk.v1.checkout.sessions.retrieve(id_, {"expand": expand})


def found(sdk: stripe.StripeClient, id_: str, expand: list[str]) -> stripe.checkout.Session:
    expanded = [f"data.{path}" for path in expand]
    sessions = sdk.v1.checkout.sessions.list({"expand": expanded}).data
    return next(session for session in sessions if session.id == id_)


def expired(sdk: stripe.StripeClient, id_: str, expand: list[str]) -> stripe.checkout.Session:
    return sdk.v1.checkout.sessions.expire(id_, {"expand": expand})


def test_session_leaves_line_items_out_unless_expanded(
    simulator: Running, twelve: stripe.checkout.Session
) -> None:
    assert simulator.get(f"/v1/checkout/sessions/{twelve.id}").get("line_items") is None


def test_created_session_expands_line_items(shop: Shop) -> None:
    items = listed(shop.session(line_items=cart(shop, 3), expand=["line_items"]))
    assert [item.quantity for item in items] == [1, 2, 3]
    assert all(isinstance(item.price.product, str) for item in items)


@pytest.mark.parametrize(
    "expand",
    [
        WITH_PRODUCTS,
        ["line_items", *WITH_PRODUCTS],
        [*WITH_PRODUCTS, "line_items"],
    ],
)
def test_created_session_expands_products(shop: Shop, expand: list[str]) -> None:
    items = listed(shop.session(line_items=cart(shop, 3), expand=expand))
    assert [item.price.product.name for item in items] == ["Mug"] * 3


@pytest.mark.parametrize("call", [retrieved, found, expired])
def test_line_items_expand_wherever_a_session_does(
    sdk: stripe.StripeClient,
    twelve: stripe.checkout.Session,
    call: Callable[[stripe.StripeClient, str, list[str]], stripe.checkout.Session],
) -> None:
    session = call(sdk, twelve.id, ["line_items"])
    assert len(listed(session)) == EXPANDED


def test_expanded_line_items_are_the_first_ten(
    sdk: stripe.StripeClient, shop: Shop, twelve: stripe.checkout.Session
) -> None:
    for session in (
        shop.session(line_items=cart(shop, 12), expand=["line_items"]),
        retrieved(sdk, twelve.id, WITH_PRODUCTS),
    ):
        assert session.line_items is not None
        assert session.line_items.has_more
        assert session.line_items.url == f"/v1/checkout/sessions/{session.id}/line_items"
        assert [item.quantity for item in listed(session)] == list(range(1, EXPANDED + 1))


@pytest.mark.parametrize("size", [1, EXPANDED])
def test_ten_line_items_are_all(shop: Shop, size: int) -> None:
    session = shop.session(line_items=cart(shop, size), expand=["line_items"])
    assert session.line_items is not None
    assert (len(listed(session)), session.line_items.has_more) == (size, False)


def test_one_more_call_lists_the_others(
    sdk: stripe.StripeClient, twelve: stripe.checkout.Session
) -> None:
    first = listed(retrieved(sdk, twelve.id, ["line_items"]))
    rest = sdk.v1.checkout.sessions.line_items.list(
        twelve.id,
        {"limit": 100, "starting_after": first[-1].id, "expand": ["data.price.product"]},
    )
    assert not rest.has_more
    assert [item.quantity for item in rest] == [11, 12]
    products: list[Any] = [item.price and item.price.product for item in rest]
    assert [product.name for product in products] == ["Mug", "Mug"]


def test_line_items_are_paged_in_the_cart_order(
    sdk: stripe.StripeClient, twelve: stripe.checkout.Session
) -> None:
    line_items = sdk.v1.checkout.sessions.line_items.list(twelve.id, {"limit": 5})
    assert line_items.has_more
    assert [item.quantity for item in line_items.auto_paging_iter()] == list(range(1, 13))


def test_a_hundred_line_items_take_one_call(sdk: stripe.StripeClient, shop: Shop) -> None:
    price = shop.price()
    session = shop.session(line_items=[{"price": price.id, "quantity": 1}] * 100)
    page = sdk.v1.checkout.sessions.line_items.list(session.id, {"limit": 100})
    assert (len(page.data), page.has_more) == (100, False)


def test_expanded_refunds_are_the_latest_ten(sdk: stripe.StripeClient, shop: Shop) -> None:
    intent = str(shop.paid_session().payment_intent)
    for amount in range(1, 13):
        sdk.v1.refunds.create({"payment_intent": intent, "amount": amount})
    [charge] = sdk.v1.charges.list({"payment_intent": intent, "expand": ["data.refunds"]}).data
    assert charge.refunds is not None
    assert charge.refunds.has_more
    assert [refund.amount for refund in charge.refunds.data] == list(range(12, 2, -1))


def test_list_expands_the_price_of_a_line_item(
    sdk: stripe.StripeClient, twelve: stripe.checkout.Session
) -> None:
    session = found(sdk, twelve.id, ["line_items.data.price"])
    assert [item.price.unit_amount for item in listed(session)] == list(range(100, 110))


def test_list_cannot_expand_the_product_of_a_line_item(sdk: stripe.StripeClient) -> None:
    """A list's `data` is one of the four levels."""
    path = "data.line_items.data.price.product"
    message = f"You cannot expand more than 4 levels of a property. Property: {path}"
    with refused(400, message, code="property_expansion_max_depth"):
        sdk.v1.checkout.sessions.list({"expand": [path]})


def test_line_item_has_the_declared_fields(simulator: Running, shop: Shop) -> None:
    session = shop.session(
        line_items=[{"price": shop.price(250).id, "quantity": 3, "metadata": {"gift": "yes"}}]
    )
    [item] = simulator.get(f"/v1/checkout/sessions/{session.id}/line_items")["data"]
    assert not list(differences(stripe.LineItem, item, "item"))
    assert item["id"].startswith("li_")
    assert item["object"] == "item"
    assert item["description"] == "Mug"
    assert (item["currency"], item["quantity"], item["metadata"]) == ("usd", 3, {"gift": "yes"})
    assert (item["amount_subtotal"], item["amount_total"]) == (750, 750)
    assert (item["amount_discount"], item["amount_tax"]) == (0, 0)


def test_amounts_of_a_session_add_up(sdk: stripe.StripeClient, shop: Shop) -> None:
    mug = shop.price()
    half_cents = sdk.v1.prices.create(
        {"product": str(mug.product), "currency": "usd", "unit_amount_decimal": Decimal("10.5")}
    )
    items = [*cart(shop, 3), {"price": half_cents.id, "quantity": 3}]
    session = shop.session(line_items=items, expand=["line_items"])
    totals = session.total_details
    assert totals is not None
    assert session.amount_subtotal == sum(item.amount_subtotal for item in listed(session))
    assert session.amount_subtotal == 100 + 2 * 101 + 3 * 102 + 32
    assert (totals.amount_discount, totals.amount_shipping, totals.amount_tax) == (0, 0, 0)
    assert session.amount_total == session.amount_subtotal

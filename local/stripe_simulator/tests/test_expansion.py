"""`expand`: objects in the place of their ids."""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Shop
from support.refusals import refused


def test_id_stays_an_id_unless_expanded(shop: Shop) -> None:
    assert isinstance(shop.paid_session().payment_intent, str)


def test_expansion_goes_through_objects(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = sdk.v1.checkout.sessions.retrieve(
        shop.paid_session().id,
        {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]},
    )
    intent: Any = session.payment_intent
    assert intent.latest_charge.balance_transaction.amount == 3000
    assert session.line_items is not None
    assert [item.quantity for item in session.line_items.data] == [2]


def test_list_is_expanded_under_data(sdk: stripe.StripeClient, shop: Shop) -> None:
    shop.paid_session()
    shop.paid_session()
    listed = sdk.v1.checkout.sessions.list({"expand": ["data.payment_intent"]})
    statuses = [session.payment_intent.status for session in listed.data]  # type: ignore[union-attr]
    assert statuses == ["succeeded", "succeeded"]


def test_new_object_is_expanded(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug"})
    price = sdk.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 100, "expand": ["product"]}
    )
    assert isinstance(price.product, stripe.Product)
    assert price.product.name == "Mug"


def test_null_stays_null(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = sdk.v1.checkout.sessions.retrieve(
        shop.session().id, {"expand": ["payment_intent", "customer"]}
    )
    assert (session.payment_intent, session.customer) == (None, None)


def test_expansion_is_of_one_response_only(sdk: stripe.StripeClient, shop: Shop) -> None:
    id_ = shop.paid_session().id
    sdk.v1.checkout.sessions.retrieve(id_, {"expand": ["payment_intent"]})
    assert isinstance(sdk.v1.checkout.sessions.retrieve(id_).payment_intent, str)


def test_price_includes_its_currencies_where_asked(sdk: stripe.StripeClient, shop: Shop) -> None:
    id_ = shop.price(1500).id
    assert "currency_options" not in sdk.v1.prices.retrieve(id_).to_dict()
    price = sdk.v1.prices.retrieve(id_, {"expand": ["currency_options", "tiers"]}).to_dict()
    assert price["currency_options"]["usd"]["unit_amount"] == 1500
    # Not null: a price of one amount has none.
    assert "tiers" not in price
    session = shop.session(sdk.v1.prices.retrieve(id_))
    path = "line_items.data.price.currency_options"
    shown: Any = sdk.v1.checkout.sessions.retrieve(session.id, {"expand": [path]})
    assert shown.line_items.data[0].price.currency_options["usd"].unit_amount == 1500


@pytest.mark.parametrize("path", ["colour", "status", "payment_intent.colour"])
def test_what_is_no_object_is_not_expanded(sdk: stripe.StripeClient, shop: Shop, path: str) -> None:
    with refused(400, f"This property cannot be expanded ({path})."):
        sdk.v1.checkout.sessions.retrieve(shop.session().id, {"expand": [path]})


def test_list_error_suggests_data_expansion(sdk: stripe.StripeClient) -> None:
    message = (
        "This property cannot be expanded (customer). You may want to try expanding "
        "'data.customer' instead."
    )
    with refused(400, message):
        sdk.v1.charges.list({"expand": ["customer"]})


def test_expansion_goes_four_levels_deep(sdk: stripe.StripeClient, shop: Shop) -> None:
    path = "payment_intent.latest_charge.balance_transaction.source"
    id_ = shop.paid_session().id
    sdk.v1.checkout.sessions.retrieve(id_, {"expand": [path]})
    deeper = f"{path}.customer"
    message = f"You cannot expand more than 4 levels of a property. Property: {deeper}"
    with refused(400, message, code="property_expansion_max_depth"):
        sdk.v1.checkout.sessions.retrieve(id_, {"expand": [deeper]})


def test_level_of_a_list_counts(sdk: stripe.StripeClient, shop: Shop) -> None:
    shop.paid_session()
    path = "data.payment_intent.latest_charge.balance_transaction"
    sdk.v1.checkout.sessions.list({"expand": [path]})
    deeper = f"{path}.source"
    message = f"You cannot expand more than 4 levels of a property. Property: {deeper}"
    with refused(400, message, code="property_expansion_max_depth"):
        sdk.v1.checkout.sessions.list({"expand": [deeper]})


def test_refused_expansion_makes_nothing(sdk: stripe.StripeClient) -> None:
    with refused(400, "This property cannot be expanded (colour)."):
        sdk.v1.products.create({"name": "Mug", "expand": ["colour"]})
    assert not sdk.v1.products.list().data

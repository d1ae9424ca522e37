"""Products, prices and customers: how they change and go."""

from typing import TYPE_CHECKING

import stripe

from stripe_simulator.testing import Shop
from support.refusals import refused

if TYPE_CHECKING:
    from stripe.params import PriceListParams


def test_product_goes(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug"})
    assert sdk.v1.products.delete(product.id).deleted is True
    with refused(404, f"No such product: '{product.id}'", code="resource_missing", param="id"):
        sdk.v1.products.retrieve(product.id)


def test_product_with_prices_stays(sdk: stripe.StripeClient, shop: Shop) -> None:
    product = str(shop.price().product)
    message = "This product cannot be deleted because it has one or more user-created prices."
    with refused(400, message):
        sdk.v1.products.delete(product)
    assert sdk.v1.products.retrieve(product).name == "Mug"


def test_product_may_have_an_id_of_the_shop(sdk: stripe.StripeClient) -> None:
    assert sdk.v1.products.create({"name": "Mug", "id": "mug"}).id == "mug"
    with refused(400, "Product already exists.", code="resource_already_exists", param="id"):
        sdk.v1.products.create({"name": "Mug", "id": "mug"})


def test_update_event_has_previous_values(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug"})
    sdk.v1.products.update(product.id, {"name": "Cup"})
    event = sdk.v1.events.list({"type": "product.updated"}).data[0]
    assert event.data.object["name"] == "Cup"
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes["name"] == "Mug"


def test_customer_goes(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"email": "jenny@example.com"})
    assert sdk.v1.customers.delete(customer.id).deleted is True
    assert not sdk.v1.customers.list().data


def test_price_has_one_amount(sdk: stripe.StripeClient, shop: Shop) -> None:
    message = "You may only specify one of these parameters: unit_amount, unit_amount_decimal."
    with refused(400, message, param="unit_amount"):
        shop.price(100, unit_amount_decimal="100.5")


def test_charge_takes_metadata_of_its_own(sdk: stripe.StripeClient, shop: Shop) -> None:
    shop.paid_session()
    charge = sdk.v1.charges.list().data[0]
    assert sdk.v1.charges.update(charge.id, {"metadata": {"a": "1"}}).metadata["a"] == "1"


def test_events_are_listed_by_type(sdk: stripe.StripeClient, shop: Shop) -> None:
    shop.paid_session()
    listed = sdk.v1.events.list({"types": ["price.created", "charge.*"]}).data
    types = [event.type for event in listed]
    assert types == ["charge.updated", "charge.succeeded", "price.created"]


def test_prices_are_listed_by_lookup_key(sdk: stripe.StripeClient, shop: Shop) -> None:
    mug, cup = (shop.price(lookup_key=key) for key in ("mug", "cup"))
    shop.price()
    listed = sdk.v1.prices.list({"lookup_keys": ["mug", "cup", "staff_tv"]}).data
    assert [price.id for price in listed] == [cup.id, mug.id]


def test_prices_are_listed_by_activity_and_type(sdk: stripe.StripeClient, shop: Shop) -> None:
    sold, archived = shop.price(), shop.price()
    sdk.v1.prices.update(archived.id, {"active": False})
    monthly = shop.price(recurring={"interval": "month"})

    def ids(params: "PriceListParams") -> list[str]:
        return [price.id for price in sdk.v1.prices.list(params).data]

    assert ids({"active": True}) == [monthly.id, sold.id]
    assert ids({"active": False}) == [archived.id]
    assert ids({"type": "one_time"}) == [archived.id, sold.id]
    assert ids({"active": True, "type": "recurring"}) == [monthly.id]


def test_price_of_an_archived_product_is_listed_as_active(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    """https://github.com/stripe/stripe-node/issues/2131"""
    price = shop.price()
    sdk.v1.products.update(str(price.product), {"active": False})
    [listed] = sdk.v1.prices.list({"active": True, "expand": ["data.product"]}).data
    assert isinstance(listed.product, stripe.Product)
    assert (listed.active, listed.product.active) == (True, False)


def test_listed_prices_expand_the_product_with_its_metadata(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    price = shop.price()
    sdk.v1.products.update(str(price.product), {"metadata": {"sellable": "true"}})
    [listed] = sdk.v1.prices.list({"expand": ["data.product"]}).data
    assert isinstance(listed.product, stripe.Product)
    assert listed.product.metadata.to_dict() == {"sellable": "true"}
    assert listed.metadata.to_dict() == {}


def test_lookup_key_may_be_removed(sdk: stripe.StripeClient, shop: Shop) -> None:
    price = shop.price(lookup_key="mug")
    assert sdk.v1.prices.update(price.id, {"lookup_key": ""}).lookup_key is None
    assert sdk.v1.prices.list({"lookup_keys": ["mug"]}).data == []

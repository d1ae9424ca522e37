"""Products, prices and customers: how they change and go."""

import stripe

from tests.simulator.harness import Shop, refused


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


def test_update_says_what_was_before(sdk: stripe.StripeClient) -> None:
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
    assert [event.type for event in listed] == ["charge.succeeded", "price.created"]

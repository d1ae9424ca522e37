"""local/shop/products.json: what the local shop sells, for us and for the real Stripe CLI."""

import pytest
import stripe

from local.shop import catalogue
from local.shop.stripe_account import LOOKUP_KEY, STAFF_LOOKUP_KEY, UNIT_AMOUNT
from stripe_simulator.testing import Running, fast, running
from tests.support.documents import Json
from tests.support.stripe_cli import StripeCli

PICTURES_URL = "https://shop.example/pictures"
PICTURES = {path.name for path in catalogue.PRODUCTS.parent.glob("*.svg")}


def for_sale(sdk: stripe.StripeClient) -> dict[str, Json]:
    """By the price's lookup key: what a customer sees of it, and whether it is sold."""
    prices = sdk.v1.prices.list({"limit": 100, "expand": ["data.product"]}).data
    found: dict[str, Json] = {}
    for price in prices:
        assert isinstance(price.product, stripe.Product)
        assert price.lookup_key is not None
        found[price.lookup_key] = {
            "amount": (price.unit_amount, price.currency),
            "sellable": price.product.metadata.to_dict().get("sellable"),
            "name": price.product.name,
            "about": price.product.description,
            "pictures": price.product.images,
        }
    return found


def test_the_shop_sells_what_the_file_names(sdk: stripe.StripeClient) -> None:
    ids = catalogue.stock(sdk, PICTURES_URL)
    sold = for_sale(sdk)
    assert sold[LOOKUP_KEY]["amount"] == (UNIT_AMOUNT, "eur")
    assert sdk.v1.prices.retrieve(ids[f"{LOOKUP_KEY}_price"]).lookup_key == LOOKUP_KEY
    assert sold.pop(STAFF_LOOKUP_KEY)["sellable"] is None
    assert {one["sellable"] for one in sold.values()} == {"true"}
    shown = {picture for one in sold.values() for picture in one["pictures"]}
    assert shown == {f"{PICTURES_URL}/{name}" for name in PICTURES}


def test_without_an_address_products_have_no_pictures(sdk: stripe.StripeClient) -> None:
    catalogue.stock(sdk, None)
    assert all(one["pictures"] == [] for one in for_sale(sdk).values())


@pytest.mark.enable_socket
def test_the_stripe_cli_makes_the_same(simulator: Running, stripe_cli: StripeCli) -> None:
    catalogue.stock(simulator.sdk, PICTURES_URL)
    with running(fast()) as other:
        stripe_cli.fixtures(
            catalogue.PRODUCTS,
            api_base=other.url,
            api_key=other.secret_key,
            PICTURES_URL=PICTURES_URL,
        )
        assert for_sale(other.sdk) == for_sale(simulator.sdk)

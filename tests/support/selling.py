"""Prices with the products that a shop's page shows."""

from tests.support.documents import Json
from tests.support.stripe_objects import price

SELLABLE = {"sellable": "true"}


def product(**changes: object) -> Json:
    """Return a product as the API expands it in a price."""
    return {
        "id": "prod_1Mug",
        "object": "product",
        "active": True,
        "description": "Stoneware",
        "images": ["https://shop.example/mug.png"],
        "metadata": {},
        "name": "Mug",
        **changes,
    }


def sold(price_id: str = "price_1Mug", **changes: object) -> Json:
    return price(id=price_id, **{"product": product(), **changes})


def entry(price_id: str = "price_1Mug", **changes: object) -> Json:
    """Return the entry of `sold` in the list."""
    return {
        "price": price_id,
        "lookup_key": "mug",
        "product": {
            "name": "Mug",
            "description": "Stoneware",
            "images": ["https://shop.example/mug.png"],
        },
        "unit_amount": 2100,
        "currency": "eur",
        **changes,
    }

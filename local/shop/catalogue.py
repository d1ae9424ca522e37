"""The local shop's products: local/shop/products.json, in the format of `stripe fixtures`."""

import stripe

from local.paths import ROOT
from stripe_simulator import fixtures

PRODUCTS = ROOT / "local" / "shop" / "products.json"
PICTURES_URL = "PICTURES_URL"


def stock(client: stripe.StripeClient, pictures_url: str | None) -> dict[str, str]:
    """Create the file's objects; return their ids by fixture name. Raise FixturesError.

    `pictures_url` is where the file's pictures are served; without it products have none.
    """
    wares = fixtures.read(PRODUCTS)
    if pictures_url is None:
        for ware in wares:
            ware.params.pop("images", None)
    made = fixtures.play(client, wares, {PICTURES_URL: pictures_url} if pictures_url else {})
    return {name: each["id"] for name, each in made.items()}

"""What the local shop sells: local/shop/products.json, in the format of `stripe fixtures`."""

import stripe

from local.paths import ROOT
from stripe_simulator import fixtures

PRODUCTS = ROOT / "local" / "shop" / "products.json"
PICTURES_URL = "PICTURES_URL"


def stock(client: stripe.StripeClient, pictures_url: str | None) -> dict[str, str]:
    """Make what the file names; give the ids by the fixtures' names. Raise FixturesError.

    Without `pictures_url`, where the file's pictures are served, products have none.
    """
    wares = fixtures.read(PRODUCTS)
    if pictures_url is None:
        for ware in wares:
            ware.params.pop("images", None)
    made = fixtures.play(client, wares, {PICTURES_URL: pictures_url} if pictures_url else {})
    return {name: each["id"] for name, each in made.items()}

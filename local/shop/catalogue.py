"""What the local shop sells: local/shop/products.json, in the format of `stripe fixtures`.

https://docs.stripe.com/cli/fixtures
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import stripe

from local.paths import ROOT

PRODUCTS = ROOT / "local" / "shop" / "products.json"
PICTURES_URL = "PICTURES_URL"
# `${name:field}` of what an earlier fixture made, or `${.env:VARIABLE}`.
QUERY = re.compile(r"\$\{([^|}]+):([^|}]+)\}")

type Json = dict[str, Any]


def stock(client: stripe.StripeClient, pictures_url: str | None) -> dict[str, str]:
    """Make what the file names; give the ids by the fixtures' names.

    Without `pictures_url`, where the file's pictures are served, products have none.
    """
    made: dict[str, Json] = {}
    for fixture in json.loads(PRODUCTS.read_text())["fixtures"]:
        params: Json = fixture["params"]
        if pictures_url is None:
            params.pop("images", None)
        else:
            made[".env"] = {PICTURES_URL: pictures_url}
        filled = _filled(params, made)
        made[fixture["name"]] = client.raw_request(
            fixture["method"], fixture["path"], **filled
        ).data
    return {name: each["id"] for name, each in made.items() if name != ".env"}


def _filled(value: Any, made: Mapping[str, Json]) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, dict):
        return {key: _filled(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, made) for each in value]
    if isinstance(value, str):
        return QUERY.sub(lambda match: str(made[match[1]][match[2]]), value)
    return value

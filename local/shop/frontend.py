"""The frontend that may call the local API: the storefront, or FRONTEND_ORIGIN."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from local.machine.processes import LocalCloudError
from local.paths import ROOT

NAME = "FRONTEND_ORIGIN"
DEFAULT_ORIGIN = "http://localhost:3000"


@dataclass(frozen=True)
class Frontend:
    """`pictures_url` is the base URL of the pictures of the local shop's products.

    `orders_url` is the URL where the live view reads orders (local/shop/order_reader.py).
    """

    origin: str = DEFAULT_ORIGIN
    pictures_url: str | None = None
    orders_url: str | None = None


NO_FRONTEND = Frontend()


def frontend_origin(environment: Mapping[str, str]) -> str:
    """Return a valid origin; raise LocalCloudError for one that no browser sends.

    The rule is that of the parameter AllowedOrigins, read from template.yaml.
    """
    origin = environment.get(NAME, DEFAULT_ORIGIN)
    if not re.fullmatch(_allowed_pattern(), origin):
        raise LocalCloudError(
            f"{NAME} must be one origin as browsers send it, such as http://localhost:5173 or "
            f"https://shop.example, without a path or a slash at the end: it is {origin!r}."
        )
    return origin


def _allowed_pattern() -> str:
    parameter = (ROOT / "template.yaml").read_text().partition("\n  AllowedOrigins:\n")[2]
    return parameter.partition("AllowedPattern: ")[2].partition("\n")[0]

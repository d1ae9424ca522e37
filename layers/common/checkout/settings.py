"""What the stack's parameters say, read once from the environment and checked."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from checkout.errors import Misconfigured

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Settings:
    """`stack` marks our sessions at Stripe; without a `stripe_api_base` it is Stripe itself."""

    orders_table: str
    stripe_secret_arn: str
    stack: str
    mode: Literal["test", "live"]
    allowed_origins: frozenset[str]
    default_success_url: str
    default_cancel_url: str
    stripe_api_base: str | None
    only_marked_prices: bool = True
    allow_free_orders: bool = False

    @property
    def livemode(self) -> bool:
        return self.mode == "live"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raise Misconfigured, naming the variable, when one is missing or malformed."""

        def required(name: str) -> str:
            return required_setting(name, environment)

        mode = required("STRIPE_MODE")
        if mode not in ("test", "live"):
            raise Misconfigured("STRIPE_MODE must be test or live.")
        api_base = environment.get("STRIPE_API_BASE", "").strip()
        if api_base and not LOOPBACK.fullmatch(api_base):
            raise Misconfigured("STRIPE_API_BASE must be empty or a loopback address.")
        urls = {name: required(name) for name in ("DEFAULT_SUCCESS_URL", "DEFAULT_CANCEL_URL")}
        try:
            origins = frozenset(
                origin(entry.strip()) for entry in required("ALLOWED_ORIGINS").split(",")
            )
            elsewhere = [name for name, url in urls.items() if origin(url) not in origins]
        except ValueError as error:
            raise Misconfigured(f"Each of ALLOWED_ORIGINS and {', '.join(urls)} {error}.") from None
        if elsewhere:
            raise Misconfigured(f"{elsewhere[0]} is not on one of the ALLOWED_ORIGINS.")
        return cls(
            orders_table=required("ORDERS_TABLE"),
            stripe_secret_arn=required("STRIPE_SECRET_ARN"),
            stack=required("CHECKOUT_STACK"),
            mode=cast("Literal['test', 'live']", mode),
            allowed_origins=origins,
            default_success_url=urls["DEFAULT_SUCCESS_URL"],
            default_cancel_url=urls["DEFAULT_CANCEL_URL"],
            stripe_api_base=api_base or None,
            only_marked_prices=environment.get("SELLABLE_PRICES", "marked") != "all",
            allow_free_orders=environment.get("ALLOW_FREE_ORDERS", "false") == "true",
        )


def required_setting(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Read a variable; raise Misconfigured, naming it, when it is missing or blank."""
    value = environment.get(name, "").strip()
    if not value:
        raise Misconfigured(f"The environment variable {name} is missing or empty.")
    return value


def origin(url: str) -> str:
    """Give `scheme://host[:port]` as browsers write it: lower case, no default port.

    Raise ValueError for whatever is not an absolute http(s) URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("must be an absolute http or https URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # Python 3.13.0 reads a host after whatever stands before its bracket.
    if parts.netloc.startswith("[") != host.startswith("["):
        raise ValueError("must be an absolute http or https URL")
    if parts.port in (None, DEFAULT_PORTS[parts.scheme]):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{parts.port}"

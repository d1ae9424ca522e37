"""Settings from the stack's parameters, read from the environment and validated."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from checkout.errors import Misconfigured

DEFAULT_URLS = ("DEFAULT_SUCCESS_URL", "DEFAULT_CANCEL_URL")
DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")

# An origin as browsers send it: lower case, no default port, nothing after host and port, and https
# except on the loopback. API Gateway's CORS compares strings, so any other spelling would match no
# browser. template.yaml has the same pattern. A name whose last label begins with a digit would be
# read as an IPv4 address.
# https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
# https://url.spec.whatwg.org/#ends-in-a-number-checker
PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
LABEL_END = "([a-z0-9-]{0,61}[a-z0-9])?"
OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
HOST = rf"(([a-z0-9]{LABEL_END}\.)*[a-z]{LABEL_END}|({OCTET}\.){{3}}{OCTET}|\[::1\])"
ORIGIN = (
    rf"(https://{HOST}(:(?!443\b){PORT})?"
    rf"|http://(localhost|127\.0\.0\.1|\[::1\])(:(?!80\b){PORT})?)"
)
# Any URL on such an origin, in the characters of RFC 3986 and the braces of Stripe's template.
RETURN_URL = ORIGIN + r"([/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}]*)?"


@dataclass(frozen=True, slots=True)
class Settings:
    """`stack` marks our sessions at Stripe; an empty `stripe_api_base` means Stripe itself."""

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
        """Read the settings; raise Misconfigured with the variable that is missing or malformed."""

        def required(name: str) -> str:
            return required_setting(name, environment)

        mode = required("STRIPE_MODE")
        if mode not in ("test", "live"):
            raise Misconfigured("STRIPE_MODE must be test or live.")
        api_base = environment.get("STRIPE_API_BASE", "").strip()
        if api_base and not LOOPBACK.fullmatch(api_base):
            raise Misconfigured("STRIPE_API_BASE must be empty or a loopback address.")
        if api_base and environment.get("ENVIRONMENT") != "local":
            raise Misconfigured("STRIPE_API_BASE must be empty unless ENVIRONMENT is local.")
        origins = _origins(environment)
        urls = {name: environment.get(name, "") for name in DEFAULT_URLS}
        for name, url in urls.items():
            required(name)
            if not re.fullmatch(RETURN_URL, url):
                raise Misconfigured(f"{name} must be a URL on one of the ALLOWED_ORIGINS.")
            if origin(url) not in origins:
                raise Misconfigured(f"{name} is not on one of the ALLOWED_ORIGINS.")
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
    """Read a variable; raise Misconfigured with its name if it is missing or blank."""
    value = environment.get(name, "").strip()
    if not value:
        raise Misconfigured(f"The environment variable {name} is missing or empty.")
    return value


def _origins(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the allowed origins unchanged, as API Gateway compares them."""
    required_setting("ALLOWED_ORIGINS", environment)
    origins = environment["ALLOWED_ORIGINS"].split(",")
    if not all(re.fullmatch(ORIGIN, entry) for entry in origins):
        raise Misconfigured(
            "Each of ALLOWED_ORIGINS must be as browsers send it: https://host or "
            "https://host:port, in lower case, without a path, a slash or the port 443; "
            "http only for localhost, 127.0.0.1 and [::1]."
        )
    return frozenset(origins)


def origin(url: str) -> str:
    """Return a URL's `scheme://host[:port]` as browsers write it: lower case, no default port.

    Raise ValueError for anything but an absolute http(s) URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("must be an absolute http or https URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # Python 3.13.0 accepts any text before the bracket of an IPv6 host.
    if parts.netloc.startswith("[") != host.startswith("["):
        raise ValueError("must be an absolute http or https URL")
    if parts.port in (None, DEFAULT_PORTS[parts.scheme]):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{parts.port}"

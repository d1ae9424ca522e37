"""Return URLs: Stripe may send the customer only to our own frontends."""

import re
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from checkout.settings import origin

TEMPLATE = "{CHECKOUT_SESSION_ID}"
ENCODED_TEMPLATE = re.compile(r"%7BCHECKOUT_SESSION_ID%7D", re.IGNORECASE)
# urlsplit drops tabs and newlines, and browsers read a backslash as a slash: with any of them,
# urlsplit and browsers see different hosts. Allowed are RFC 3986's characters, and the braces of
# Stripe's template.
URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%{}]+")


def on_allowed_origin(url: str, allowed_origins: frozenset[str]) -> str:
    """Return the URL unchanged; raise ValueError, with the fix, if its origin is not allowed."""
    if not URL_CHARACTERS.fullmatch(url):
        raise ValueError("must be a URL of printable ASCII; percent-encode everything else")
    if "@" in urlsplit(url).netloc:
        raise ValueError("must not contain a user name or password")
    if origin(url) not in allowed_origins:
        raise ValueError("must be on one of the stack's allowed origins")
    return url


def with_session_id(success_url: str) -> str:
    """Add `session_id={CHECKOUT_SESSION_ID}` where it is missing.

    Stripe replaces the literal template only, so an encoded one is decoded here.
    https://docs.stripe.com/payments/checkout/custom-success-page
    """
    url = ENCODED_TEMPLATE.sub(TEMPLATE, success_url)
    if TEMPLATE in url:
        return url
    parts = urlsplit(url)
    if any(name == "session_id" for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise ValueError(
            f"its session_id must be {TEMPLATE}, which Stripe replaces, or be left out"
        )
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}session_id={TEMPLATE}"))

"""Secret keys, as a Bearer token or as the user name of Basic authentication."""

import base64
import binascii
import hmac
from collections.abc import Sequence

from local.stripe_simulator.api.errors import Unauthenticated

SHOWN_CHARACTERS = 4


def authenticate(authorization: str | None, secret_keys: Sequence[str]) -> None:
    given = _key(authorization)
    if given is None:
        raise Unauthenticated(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or "
            "we can help at https://support.stripe.com/."
        )
    if not any(hmac.compare_digest(given.encode(), key.encode()) for key in secret_keys):
        raise Unauthenticated(f"Invalid API Key provided: {_masked(given)}")


def _key(authorization: str | None) -> str | None:
    scheme, _, credentials = (authorization or "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip() or None
        case "basic":
            return _user_name(credentials.strip())
        case _:
            return None


def _user_name(credentials: str) -> str | None:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return decoded.partition(":")[0] or None


def _masked(key: str) -> str:
    """`sk_test_******1234`: the kind of key and its last characters, as Stripe shows it."""
    kind, underscore, secret = key.rpartition("_")
    if len(secret) <= 2 * SHOWN_CHARACTERS:
        return f"{kind}{underscore}{'*' * len(secret)}"
    hidden = "*" * (len(secret) - SHOWN_CHARACTERS)
    return f"{kind}{underscore}{hidden}{secret[-SHOWN_CHARACTERS:]}"

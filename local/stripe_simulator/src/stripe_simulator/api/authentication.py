"""Authentication by API key, as a Bearer token or as the user name of Basic authentication."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence

from stripe_simulator.api.errors import Unauthenticated
from stripe_simulator.api.masking import masked
from stripe_simulator.api.permissions import RestrictedKey

TEST_KEY = re.compile(r"sk_test_\w+", re.ASCII)


def authenticate(
    authorization: str | None, secret_keys: Sequence[str], restricted: RestrictedKey | None
) -> RestrictedKey | None:
    """Return the caller's restricted key, None for a secret key, which may do anything.

    If no secret keys are configured, every `sk_test_…` is accepted.
    """
    given = given_key(authorization)
    if given is None:
        raise Unauthenticated(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or "
            "we can help at https://support.stripe.com/."
        )
    if any(_same(given, key) for key in secret_keys):
        return None
    if not secret_keys and TEST_KEY.fullmatch(given):
        return None
    if restricted is not None and _same(given, restricted.key):
        return restricted
    raise Unauthenticated(f"Invalid API Key provided: {masked(given)}")


def _same(given: str, key: str) -> bool:
    return hmac.compare_digest(given.encode(), key.encode())


def given_key(authorization: str | None) -> str | None:
    """Return the key of an `Authorization` header, valid or not."""
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

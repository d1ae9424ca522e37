"""Checks a request's headers for the API version and the account."""

import re

from starlette.datastructures import Headers

from stripe_simulator.api.errors import AccountInvalid, InvalidRequest
from stripe_simulator.api.masking import masked
from stripe_simulator.settings import API_VERSIONS

PREVIEW = re.compile(r"\d{4}-\d{2}-\d{2}\.preview")
# The v2 API's name is Stripe-Context: https://docs.stripe.com/context
ACCOUNT_HEADERS = ("stripe-account", "stripe-context")


def require_known(headers: Headers, account_id: str, key: str) -> None:
    """Raise StripeError for an unknown API version, and for another account: this one has no
    connected accounts.
    """
    # A version may be followed by previews: `2026-10-28.endive; some_beta=v1`.
    version = headers.get("stripe-version", "").partition(";")[0].strip()
    if version and version not in API_VERSIONS and not PREVIEW.fullmatch(version):
        raise InvalidRequest(f"Invalid Stripe API version: {version}")
    for name in ACCOUNT_HEADERS:
        account = headers.get(name)
        if account and account != account_id:
            raise AccountInvalid(masked(key), account)

"""The countries that a customer can choose."""

from typing import get_args

from babel import Locale
from stripe.params.checkout import SessionCreateParamsShippingAddressCollection

_TERRITORIES = Locale("en").territories
(_CODE,) = get_args(
    SessionCreateParamsShippingAddressCollection.__annotations__["allowed_countries"]
)
# Stripe's countries. "ZZ" is its code for an unknown one.
_CODES = {
    code for literal in get_args(_CODE) for code in get_args(literal) if code in _TERRITORIES
} - {"ZZ"}
COUNTRIES: dict[str, str] = dict(
    sorted(((code, str(_TERRITORIES[code])) for code in _CODES), key=lambda one: one[1])
)
# By currency; Stripe's page preselects the country of the customer's IP address.
_OF_CURRENCY = {"aud": "AU", "cad": "CA", "eur": "DE", "gbp": "GB", "jpy": "JP", "sek": "SE"}


def usual(currency: str) -> str:
    """Return the preselected country."""
    return _OF_CURRENCY.get(currency, "US")

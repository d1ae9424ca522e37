"""Lists of Stripe's values, from the SDK's types."""

from typing import get_args

import stripe
from stripe.params import CustomerCreateTaxIdParams
from stripe.params.checkout import SessionCreateParamsShippingAddressCollection


def _values(annotation: object) -> tuple[str, ...]:
    """Return the strings of a literal type, nested in unions and lists."""
    inner = get_args(annotation)
    if not inner:
        return (annotation,) if isinstance(annotation, str) else ()
    return tuple(value for one in inner for value in _values(one))


COUNTRIES = _values(
    SessionCreateParamsShippingAddressCollection.__annotations__["allowed_countries"]
)
LOCALES = _values(stripe.checkout.Session.__annotations__["locale"])
TAX_ID_TYPES = _values(CustomerCreateTaxIdParams.__annotations__["type"])
FONTS = _values(
    stripe.params.checkout.SessionCreateParamsBrandingSettings.__annotations__["font_family"]
)

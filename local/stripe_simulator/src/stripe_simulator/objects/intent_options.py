"""What a PaymentIntent may be made with besides its amount."""

from typing import Literal

from pydantic import Field

from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Boolean, Integer, Text

type PaymentMethodType = Literal["card", "sepa_debit"]


class AutomaticPaymentMethods(Fields):
    enabled: Boolean
    allow_redirects: Literal["always", "never"] = "always"


class OfflineAcceptance(Fields):
    """Stripe's has no fields."""


class OnlineAcceptance(Fields):
    ip_address: Text | None = None
    user_agent: Text | None = None


class CustomerAcceptance(Fields):
    accepted_at: Integer | None = None
    offline: OfflineAcceptance | None = None
    online: OnlineAcceptance | None = None
    type: Literal["offline", "online"]


class MandateData(Fields):
    """How the customer of a bank debit agreed to it; the simulator takes any word for it."""

    customer_acceptance: CustomerAcceptance


class CardOptions(Fields):
    capture_method: Literal["manual"] | None = None
    request_three_d_secure: Literal["any", "automatic", "challenge"] = "automatic"


class PaymentMethodOptions(Fields):
    card: CardOptions = Field(default_factory=CardOptions)


def switched_on(currency: str, *, manual: bool) -> list[PaymentMethodType]:
    """The account's payment methods that fit: it has all of the simulator's switched on. None of
    them redirects the customer, so that none needs a `return_url`.
    """
    return ["card", "sepa_debit"] if currency == "eur" and not manual else ["card"]

"""Options of a PaymentIntent besides its amount."""

from typing import Literal

from pydantic import Field

from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Boolean, Integer, Text

type PaymentMethodType = Literal["card", "sepa_debit"]


class AutomaticPaymentMethods(Fields):
    enabled: Boolean
    allow_redirects: Literal["always", "never"] = "always"


class OfflineAcceptance(Fields):
    """A hash that has no fields at Stripe either."""


class OnlineAcceptance(Fields):
    ip_address: Text | None = None
    user_agent: Text | None = None


class CustomerAcceptance(Fields):
    accepted_at: Integer | None = None
    offline: OfflineAcceptance | None = None
    online: OnlineAcceptance | None = None
    type: Literal["offline", "online"]


class MandateData(Fields):
    """The mandate of a bank debit; the simulator does not check it."""

    customer_acceptance: CustomerAcceptance


class CardOptions(Fields):
    capture_method: Literal["manual"] | None = None
    request_three_d_secure: Literal["any", "automatic", "challenge"] = "automatic"


class PaymentMethodOptions(Fields):
    card: CardOptions = Field(default_factory=CardOptions)


def switched_on(currency: str, *, manual: bool) -> list[PaymentMethodType]:
    """Return the payment method types for a payment; all of the simulator's are enabled. None of
    them redirects the customer, so none needs a `return_url`.
    """
    return ["card", "sepa_debit"] if currency == "eur" and not manual else ["card"]

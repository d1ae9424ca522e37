"""The customer's input on the payment page, and its validation.

Programs post the form too. Missing fields have defaults (a card's expiry and CVC, the country);
given ones are validated like a customer's input.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stripe_simulator.api.errors import StripeError
from stripe_simulator.api.values import is_email
from stripe_simulator.documents import Json
from stripe_simulator.objects.checkout_details import Details
from stripe_simulator.objects.payment_pages import ConfirmPage
from stripe_simulator.page import countries
from stripe_simulator.page.fields import Asked

# Field names, with the ids of Stripe's own page, which public end-to-end tests use.
IDS = {
    "email": "email",
    "card_number": "cardNumber",
    "card_expiry": "cardExpiry",
    "card_cvc": "cardCvc",
    "iban": "iban",
    "name": "billingName",
    "country": "billingCountry",
    "postal_code": "billingPostalCode",
}
EXPIRY = re.compile(r"\s*(\d{1,2})\s*[/-]?\s*(\d{4}|\d{2})\s*")
TRY_ANOTHER = "Your card was declined. Try another card."
# Field and message by Stripe's decline code, else error code. Reasons to hide from customers:
# https://docs.stripe.com/declines/codes
MESSAGES = {
    "generic_decline": ("card_number", TRY_ANOTHER),
    "lost_card": ("card_number", TRY_ANOTHER),
    "stolen_card": ("card_number", TRY_ANOTHER),
    "insufficient_funds": ("card_number", "Your card has insufficient funds. Try another card."),
    "expired_card": ("card_expiry", "Your card has expired. Try another card."),
    "incorrect_cvc": ("card_cvc", "Your card's security code is incorrect."),
    "incorrect_number": ("card_number", "Your card number is incorrect."),
    "invalid_cvc": ("card_cvc", "Your card's security code is invalid."),
    "invalid_expiry_month": ("card_expiry", "Your card's expiration month is invalid."),
    "invalid_expiry_year": ("card_expiry", "Your card's expiration date is in the past."),
    "invalid_bank_account_iban": ("iban", "Your IBAN is invalid. Check each character."),
    "processing_error": (
        "",
        "We couldn't process your card, and nothing was charged. Try again in a moment.",
    ),
}
NOT_CHARGED = "Something went wrong, and nothing was charged. Try again in a moment."


@dataclass(frozen=True)
class Mistake:
    """`code` is Stripe's, from its API or its browser library."""

    message: str
    code: str


type Mistakes = Mapping[str, Mistake]
"""Mistakes by field name; "" is the whole form."""


@dataclass(frozen=True)
class Typed:
    """The form of one session; a missing field is None."""

    session: Json
    values: Mapping[str, str]
    asked: Asked = field(default_factory=Asked)
    known_email: str | None = None
    """The e-mail address given by the merchant, which can't be changed."""

    def get(self, name: str) -> str | None:
        if name == "email" and self.known_email:
            return self.known_email
        value = self.values.get(name)
        return value.strip() if value is not None else None

    @property
    def method(self) -> str:
        types: list[str] = self.session["payment_method_types"]
        method = self.values.get("method", types[0])
        return method if method in types else types[0]

    @property
    def country(self) -> str:
        return self.get("country") or countries.usual(self.session["currency"])

    @property
    def saved_method(self) -> str | None:
        """Return the id of the chosen saved payment method."""
        return self.get("saved_method") or None

    def details(self) -> Details:
        """Return the details as parameters of the API; raise StripeError."""
        given = self.asked.parameters(dict(self.values))
        if self.session["automatic_tax"]["enabled"] or "billing_address" in given:
            code = self.get("postal_code")
            billing = {"country": self.country} | ({"postal_code": code} if code else {})
            given["billing_address"] = given.get("billing_address", {}) | billing
        if "tax_id" in given:
            given["tax_id"]["type"] = self.get("tax_id_type") or "eu_vat"
        email = self.get("email")
        if email and is_email(email):
            given["email"] = email
        return ConfirmPage.read(given)

    def mistakes(self) -> Mistakes:
        """Return the mistakes that can be found without the bank."""
        found: dict[str, Mistake] = {}
        email = self.get("email")
        if not email:
            found["email"] = Mistake("Enter your email address.", "incomplete_email")
        elif not is_email(email):
            message = "Your email address is incomplete. Example: name@example.com"
            found["email"] = Mistake(message, "email_invalid")
        if self.session["amount_total"] == 0 or self.saved_method:
            return found
        found |= self._card() if self.method == "card" else self._bank_account()
        if self.get("country") is not None and self.get("country") not in countries.COUNTRIES:
            found["country"] = Mistake("Select your country.", "incomplete_country")
        return found

    def payment_method(self) -> Json:
        """Return the parameters of the payment method."""
        address = {"country": self.country, "postal_code": self.get("postal_code") or ""}
        address |= {name: self.get(name) or "" for name in ("line1", "line2", "city", "state")}
        details = {
            "address": address,
            "email": self.get("email") or "",
            "name": self.get("name") or "",
        }
        if self.method == "sepa_debit":
            account = {"iban": self.get("iban")}
            return {"type": "sepa_debit", "sepa_debit": account, "billing_details": details}
        card: Json = {"number": self.get("card_number")}
        if self.get("card_cvc") is not None:
            card["cvc"] = self.get("card_cvc")
        if (expiry := EXPIRY.fullmatch(self.get("card_expiry") or "")) is not None:
            card |= {"exp_month": int(expiry[1]), "exp_year": int(expiry[2])}
        return {"type": "card", "card": card, "billing_details": details}

    def _card(self) -> dict[str, Mistake]:
        found = {}
        if not self.get("card_number"):
            found["card_number"] = Mistake("Enter your card number.", "incomplete_number")
        expiry = self.get("card_expiry")
        if expiry is not None and EXPIRY.fullmatch(expiry) is None:
            message = "Enter your card's expiration date: month and year."
            found["card_expiry"] = Mistake(message, "incomplete_expiry")
        if self.get("card_cvc") == "":
            found["card_cvc"] = Mistake("Enter your card's security code.", "incomplete_cvc")
        if self.get("name") == "":
            found["name"] = Mistake("Enter the name on your card.", "incomplete_name")
        return found

    def _bank_account(self) -> dict[str, Mistake]:
        found = {}
        if not self.get("iban"):
            found["iban"] = Mistake("Enter your IBAN.", "incomplete_iban")
        if not self.get("name"):
            message = "Enter the name of the account's holder."
            found["name"] = Mistake(message, "incomplete_name")
        return found


def refused(error: StripeError, asked: Asked) -> Mistakes:
    """Return Stripe's error as a message for the customer, at its field."""
    for code in (error.details.get("decline_code"), error.code):
        if isinstance(code, str) and code in MESSAGES:
            field, message = MESSAGES[code]
            return {field: Mistake(message, error.code or code)}
    if name := asked.named(error.param):
        return {name: Mistake(error.message, error.code or error.type)}
    return {"": Mistake(NOT_CHARGED, error.code or error.type)}

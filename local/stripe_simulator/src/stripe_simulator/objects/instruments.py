"""Stripe's test values: cards and bank accounts with a known outcome.

https://docs.stripe.com/testing lists all; these are the ones with different outcomes here.
"""

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str


@dataclass(frozen=True)
class Dispute:
    """The kind of dispute: an inquiry does not withdraw the money, a chargeback does."""

    reason: str
    inquiry: bool = False


@dataclass(frozen=True)
class Instrument:
    """A card or a bank account, with the outcome of its payments."""

    type: Literal["card", "sepa_debit"]
    last4: str
    country: str
    brand: str = ""
    bank_code: str = ""
    decline: Decline | None = None
    authenticates: bool = False
    """True if the customer must authenticate before each payment."""
    settles: bool = True
    refunds: Literal["succeed", "fail", "pend"] = "succeed"
    dispute: Dispute | None = None


DECLINED = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT_FUNDS = Decline(
    "card_declined", "insufficient_funds", "Your card has insufficient funds."
)
VISA = Instrument("card", "4242", "US", brand="visa")


def _declining(last4: str, code: str, decline_code: str, message: str) -> Instrument:
    return replace(VISA, last4=last4, decline=Decline(code, decline_code, message))


def _authenticating(last4: str, decline: Decline | None = None) -> Instrument:
    return replace(VISA, last4=last4, authenticates=True, decline=decline)


CARD_NUMBERS = {
    "4242424242424242": VISA,
    "5555555555554444": replace(VISA, last4="4444", brand="mastercard"),
    "378282246310005": replace(VISA, last4="0005", brand="amex"),
    "4000000000000002": replace(VISA, last4="0002", decline=DECLINED),
    "4000000000009995": replace(VISA, last4="9995", decline=INSUFFICIENT_FUNDS),
    "4000000000009987": _declining("9987", "card_declined", "lost_card", "Your card was declined."),
    "4000000000009979": _declining(
        "9979", "card_declined", "stolen_card", "Your card was declined."
    ),
    "4000000000000069": _declining(
        "0069", "expired_card", "expired_card", "Your card has expired."
    ),
    "4000000000000127": _declining(
        "0127", "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
    ),
    "4000000000000119": _declining(
        "0119",
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "4000000000003220": _authenticating("3220"),
    "4000000000003063": _authenticating("3063"),
    "4000002500003155": _authenticating("3155"),
    "4000002760003184": _authenticating("3184"),
    "4000008260003178": _authenticating("3178", INSUFFICIENT_FUNDS),
    "4000008400001629": _authenticating("1629", DECLINED),
    "4000000000000259": replace(VISA, last4="0259", dispute=Dispute("fraudulent")),
    "4000000000002685": replace(VISA, last4="2685", dispute=Dispute("product_not_received")),
    "4000000000001976": replace(VISA, last4="1976", dispute=Dispute("general", inquiry=True)),
    "4000000000005126": replace(VISA, last4="5126", refunds="fail"),
    "4000000000007726": replace(VISA, last4="7726", refunds="pend"),
}

# The names in `tok_...` and `pm_card_...`.
CARD_NAMES = {
    "visa": "4242424242424242",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "chargeDeclined": "4000000000000002",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedStolenCard": "4000000000009979",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "threeDSecure2Required": "4000000000003220",
    "threeDSecureRequired": "4000000000003063",
    "threeDSecureRequiredChargeDeclined": "4000008400001629",
    "authenticationRequired": "4000002760003184",
    "authenticationRequiredOnSetup": "4000002500003155",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
    "createDisputeInquiry": "4000000000001976",
    "refundFail": "4000000000005126",
    "pendingRefund": "4000000000007726",
}

FAILING_IBANS = frozenset(
    {"AT861904300235473202", "DE62370400440532013001", "IT60X0542811101000000123456"}
)
DISPUTED_IBANS = frozenset({"AT591904300235473203", "DE35370400440532013002"})
IBAN_LENGTHS = {"AT": 20, "DE": 22, "ES": 24, "FR": 27, "IE": 22, "IT": 27, "NL": 18}


def card_of_token(token: str) -> Instrument | None:
    return _card_named(token.removeprefix("tok_")) if token.startswith("tok_") else None


def card_of_payment_method(id_: str) -> Instrument | None:
    """Return the card of `pm_card_visa`, `pm_card_visa_chargeDeclined` and the like, else None."""
    if not id_.startswith("pm_card_"):
        return None
    return _card_named(id_.removeprefix("pm_card_").removeprefix("visa_"))


def _card_named(name: str) -> Instrument | None:
    return CARD_NUMBERS[CARD_NAMES[name]] if name in CARD_NAMES else None


def card_of_number(number: str) -> Instrument | None:
    return CARD_NUMBERS.get(number.replace(" ", ""))


def account_of_iban(iban: str) -> Instrument | None:
    compact = iban.replace(" ", "").upper()
    country = compact[:2]
    if IBAN_LENGTHS.get(country) != len(compact) or not compact.isalnum():
        return None
    return Instrument(
        "sepa_debit",
        compact[-4:],
        country,
        bank_code=compact[4:9],
        settles=compact not in FAILING_IBANS,
        dispute=Dispute("debit_not_authorized") if compact in DISPUTED_IBANS else None,
    )

"""Payment methods: a card or a bank account, with its owner."""

import re
import zlib
from datetime import UTC, datetime
from typing import Annotated, Literal

import stripe
from pydantic import AfterValidator, Field

from stripe_simulator.api.errors import CardDeclined, InvalidRequest, NoSuchObject
from stripe_simulator.api.parameters import Fields, Parameters, missing
from stripe_simulator.api.values import Integer, Metadata, Text
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import instruments
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.instruments import Instrument
from stripe_simulator.objects.people import BillingDetails, billing_details
from stripe_simulator.objects.shapes import declared

EXPIRY_YEAR = 2034
EXPIRY_MONTH = 12
MONTHS = 12
MAX_YEARS = 50
CENTURY = 2000
YEARS_OF_CENTURY = 100


def _four_digits(year: int) -> int:
    return year + CENTURY if 0 <= year < YEARS_OF_CENTURY else year


type Year = Annotated[Integer, AfterValidator(_four_digits)]


class Card(Fields):
    token: Text | None = None
    number: Text | None = None
    exp_month: Integer = EXPIRY_MONTH
    exp_year: Year = EXPIRY_YEAR
    cvc: Text | None = None


class SepaDebit(Fields):
    iban: Text


class CreatePaymentMethod(Parameters):
    type: Literal["card", "sepa_debit"]
    card: Card | None = None
    sepa_debit: SepaDebit | None = None
    billing_details: BillingDetails | None = None
    allow_redisplay: Literal["always", "limited", "unspecified"] = "unspecified"
    metadata: Metadata = Field(default_factory=dict)


def create(account: Account, parameters: CreatePaymentMethod) -> Json:
    instrument = _instrument(parameters)
    if parameters.card is not None:
        _require_current(account, parameters.card)
        _require_cvc(parameters.card, instrument)
    expiry = (
        (parameters.card.exp_month, parameters.card.exp_year)
        if parameters.card
        else (EXPIRY_MONTH, EXPIRY_YEAR)
    )
    return _make(account, instrument, parameters, expiry)


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.payment_methods.retrieve(id_)


def named(account: Account, id_: str, param: str) -> Json:
    """Return a payment method by id, or create one for a test card's name (`pm_card_visa`)."""
    instrument = instruments.card_of_payment_method(id_)
    if instrument is None:
        return account.payment_methods.named(id_, param)
    parameters = CreatePaymentMethod(type="card")
    return _make(account, instrument, parameters, (EXPIRY_MONTH, EXPIRY_YEAR))


def _make(
    account: Account,
    instrument: Instrument,
    parameters: CreatePaymentMethod,
    expiry: tuple[int, int],
) -> Json:
    details = _card(instrument, expiry) if instrument.type == "card" else _sepa_debit(instrument)
    method = declared(
        stripe.PaymentMethod,
        **{instrument.type: details},
        allow_redisplay=parameters.allow_redisplay,
        billing_details=billing_details(parameters.billing_details),
        created=account.now(),
        id=new_id("pm"),
        livemode=account.livemode,
        metadata=parameters.metadata,
        type=instrument.type,
    )
    account.instruments[method["id"]] = instrument
    return account.payment_methods.add(method)


def _instrument(parameters: CreatePaymentMethod) -> Instrument:
    if parameters.type == "sepa_debit":
        return _bank_account(parameters)
    card = parameters.card
    if card is None:
        raise missing("card")
    if card.token is not None:
        found = instruments.card_of_token(card.token)
        if found is None:
            raise NoSuchObject("token", card.token, param="card[token]", status=400)
        return found
    if card.number is None:
        raise missing("card[number]")
    found = instruments.card_of_number(card.number)
    if found is None:
        raise CardDeclined(
            "Your card number is incorrect.",
            code="incorrect_number",
            details={"param": "number"},
        )
    return found


def _require_current(account: Account, card: Card) -> None:
    """Refuse invalid expiry dates and CVCs: https://docs.stripe.com/testing#invalid-data"""
    now = datetime.fromtimestamp(account.clock(), UTC)
    if not 1 <= card.exp_month <= MONTHS:
        raise _invalid("expiration month", "invalid_expiry_month", "exp_month")
    if not now.year <= card.exp_year <= now.year + MAX_YEARS:
        raise _invalid("expiration year", "invalid_expiry_year", "exp_year")
    if (card.exp_year, card.exp_month) < (now.year, now.month):
        raise _invalid("expiration month", "invalid_expiry_month", "exp_month")


def _require_cvc(card: Card, instrument: Instrument) -> None:
    digits = r"\d{3,4}" if instrument.brand == "amex" else r"\d{3}"
    if card.cvc is not None and not re.fullmatch(digits, card.cvc, re.ASCII):
        raise _invalid("security code", "invalid_cvc", "cvc")


def _invalid(what: str, code: str, param: str) -> CardDeclined:
    return CardDeclined(f"Your card's {what} is invalid.", code=code, details={"param": param})


def _bank_account(parameters: CreatePaymentMethod) -> Instrument:
    if parameters.sepa_debit is None:
        raise missing("sepa_debit")
    details = parameters.billing_details
    for name in ("name", "email"):
        if not getattr(details, name, None):
            raise missing(f"billing_details[{name}]")
    found = instruments.account_of_iban(parameters.sepa_debit.iban)
    if found is None:
        raise InvalidRequest(
            "The IBAN you provided is invalid.",
            param="sepa_debit[iban]",
            code="invalid_bank_account_iban",
        )
    return found


def _card(instrument: Instrument, expiry: tuple[int, int]) -> Json:
    exp_month, exp_year = expiry
    return declared(
        stripe.PaymentMethod.Card,
        brand=instrument.brand,
        checks=declared(stripe.PaymentMethod.Card.Checks, cvc_check="unchecked"),
        country=instrument.country,
        display_brand=instrument.brand,
        exp_month=exp_month,
        exp_year=exp_year,
        fingerprint=fingerprint(instrument),
        funding="credit",
        last4=instrument.last4,
        networks={"available": [instrument.brand], "preferred": None},
        three_d_secure_usage={"supported": True},
    )


def _sepa_debit(instrument: Instrument) -> Json:
    return declared(
        stripe.PaymentMethod.SepaDebit,
        bank_code=instrument.bank_code,
        branch_code="",
        country=instrument.country,
        fingerprint=fingerprint(instrument),
        generated_from={"charge": None, "setup_attempt": None},
        last4=instrument.last4,
    )


def fingerprint(instrument: Instrument) -> str:
    """Return a fingerprint, equal for equal cards, in Stripe's length."""
    value = f"{instrument.type}{instrument.brand}{instrument.country}{instrument.last4}"
    return f"{zlib.crc32(value.encode()):016X}"

"""Charges: one attempt to take a payment, with the refunded amount."""

import stripe
from pydantic import Field

from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import MetadataChanges, Period, Text, TextOrUnset
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import balance_transactions, metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.balance_transactions import Movement
from stripe_simulator.objects.instruments import Decline, Instrument
from stripe_simulator.objects.payment_methods import fingerprint
from stripe_simulator.objects.shapes import declared, pick

COPIED_FROM_INTENT = (
    *("amount", "currency", "customer", "description", "receipt_email", "shipping"),
    *("statement_descriptor", "statement_descriptor_suffix", "transfer_group"),
)
BANK_REFUSAL = Decline(
    "insufficient_funds",
    "insufficient_funds",
    "The customer's account has insufficient funds to cover this payment.",
)


class UpdateCharge(Parameters):
    description: TextOrUnset = None
    metadata: MetadataChanges = Field(default_factory=dict)
    receipt_email: TextOrUnset = None


class ListCharges(ListParameters):
    created: Period | None = None
    customer: Text | None = None
    payment_intent: Text | None = None


def make(account: Account, intent: Json, method: Json) -> Json:
    """Create a pending charge of a PaymentIntent, with a copy of its current metadata."""
    id_ = new_id("ch")
    charge = declared(
        stripe.Charge,
        **pick(intent, COPIED_FROM_INTENT),
        amount_captured=0,
        amount_refunded=0,
        billing_details=dict(method["billing_details"]),
        calculated_statement_descriptor="SIMULATOR",
        captured=False,
        created=account.now(),
        disputed=False,
        fraud_details={},
        id=id_,
        livemode=account.livemode,
        metadata=dict(intent["metadata"]),
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(method, account.instruments[method["id"]]),
        radar_options={},
        receipt_url=f"https://pay.stripe.com/receipts/payment/{id_}",
        refunded=False,
        status="pending",
    )
    return account.charges.add(charge)


def await_bank(account: Account, charge: Json) -> None:
    """Mark a bank debit as captured, which Stripe does before the bank responds."""
    charge.update(
        amount_captured=charge["amount"], captured=True, outcome=_outcome(None), paid=False
    )
    account.record("charge.pending", charge, None)


def authorize(account: Account, charge: Json, capture_before: int) -> None:
    """Authorize a charge: the amount is reserved until `capture_before`."""
    details = charge["payment_method_details"]
    charge.update(
        outcome=_outcome(None),
        paid=True,
        payment_method_details=details
        | {"card": details["card"] | {"capture_before": capture_before}},
        status="succeeded",
    )
    account.record("charge.succeeded", charge, None)


def capture(account: Account, charge: Json, amount: int) -> None:
    """Capture an authorized amount, or a part of it."""
    _collect(account, charge, amount)
    account.record("charge.captured", charge, None)


def succeed(account: Account, charge: Json) -> None:
    charge.update(outcome=_outcome(None), paid=True, status="succeeded")
    _collect(account, charge, charge["amount"])
    account.record("charge.succeeded", charge, None)


def succeed_early(account: Account, charge: Json) -> None:
    """Mark a charge as succeeded; its balance transaction and an event follow later.

    https://docs.stripe.com/payments/payment-intents/asynchronous-capture
    """
    amount = charge["amount"]
    charge.update(
        amount_captured=amount,
        captured=True,
        outcome=_outcome(None),
        paid=True,
        status="succeeded",
    )
    account.record("charge.succeeded", charge, None)

    def book() -> None:
        changes = {"balance_transaction": _booked(account, charge, amount)}
        account.update("charge.updated", charge, changes)

    account.schedule.after(account.settings.balance_transaction_seconds, book)


def _collect(account: Account, charge: Json, amount: int) -> None:
    transaction = _booked(account, charge, amount)
    charge.update(amount_captured=amount, balance_transaction=transaction, captured=True)


def _booked(account: Account, charge: Json, amount: int) -> str:
    """Create a balance transaction; return its id."""
    movement = Movement("charge", "charge", amount, balance_transactions.fee(amount))
    id_: str = balance_transactions.make(account, movement, charge)["id"]
    return id_


def fail(account: Account, charge: Json, decline: Decline) -> None:
    charge.update(
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=_outcome(decline),
        paid=False,
        status="failed",
    )
    account.record("charge.failed", charge, None)


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.charges.retrieve(id_)


def update(account: Account, parameters: UpdateCharge, id_: str) -> Json:
    return metadata.update(account, account.charges.retrieve(id_), parameters)


def list_(account: Account, parameters: ListCharges) -> Json:
    charges = account.charges.newest_first()
    return page(
        charges,
        parameters,
        url="/v1/charges",
        noun="charge",
        keep=matches(parameters, "created", "customer", "payment_intent"),
    )


def _outcome(decline: Decline | None) -> Json:
    if decline is None:
        return declared(
            stripe.Charge.Outcome,
            network_status="approved_by_network",
            risk_level="normal",
            risk_score=20,
            seller_message="Payment complete.",
            type="authorized",
        )
    return declared(
        stripe.Charge.Outcome,
        network_decline_code="01",
        network_status="declined_by_network",
        reason=decline.decline_code,
        risk_level="normal",
        risk_score=20,
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )


def _details(method: Json, instrument: Instrument) -> Json:
    """Return the details hash with the method's own type only, as in Stripe's responses."""
    if instrument.type == "sepa_debit":
        return {"type": "sepa_debit", "sepa_debit": _sepa_debit(method["sepa_debit"])}
    card = declared(
        stripe.Charge.PaymentMethodDetails.Card,
        **pick(method["card"], ("brand", "country", "exp_month", "exp_year", "funding", "last4")),
        checks=declared(stripe.Charge.PaymentMethodDetails.Card.Checks, cvc_check="pass"),
        extended_authorization={"status": "disabled"},
        fingerprint=fingerprint(instrument),
        incremental_authorization={"status": "unavailable"},
        multicapture={"status": "unavailable"},
        network=instrument.brand,
        network_token={"used": False},
        overcapture={"maximum_amount_capturable": 0, "status": "unavailable"},
    )
    return {"type": "card", "card": card}


def _sepa_debit(details: Json) -> Json:
    return declared(
        stripe.Charge.PaymentMethodDetails.SepaDebit,
        **pick(details, ("bank_code", "branch_code", "country", "fingerprint", "last4")),
        mandate=new_id("mandate"),
    )

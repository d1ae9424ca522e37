"""Refunds of charges, full or partial.

pending ──> succeeded ──> failed

A card's refund succeeds at once, a bank debit's when the bank has sent it. A refund can fail after
it succeeded: then its amount no longer counts as refunded.
"""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import Metadata, MetadataChanges, Period, Positive, Text
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import balance_transactions, metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.balance_transactions import Movement
from stripe_simulator.objects.currencies import written
from stripe_simulator.objects.instruments import Instrument
from stripe_simulator.objects.shapes import declared, pick

COPIED_FROM_CHARGE = ("currency", "customer", "payment_intent", "payment_method")
# The card network's reference of the refund, in its length.
REFERENCE = "74".ljust(23, "0")


class CreateRefund(Parameters):
    amount: Positive | None = None
    charge: Text | None = None
    metadata: Metadata = Field(default_factory=dict)
    payment_intent: Text | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class UpdateRefund(Parameters):
    metadata: MetadataChanges = Field(default_factory=dict)


class ListRefunds(ListParameters):
    charge: Text | None = None
    created: Period | None = None
    payment_intent: Text | None = None


def create(account: Account, parameters: CreateRefund) -> Json:
    charge = _charge(account, parameters)
    _require_refundable(account, charge)
    amount = _amount(charge, parameters.amount)
    instrument = account.instruments[charge["payment_method"]]
    refund = _make(account, charge, instrument, parameters, amount)
    _count(charge, amount)
    account.record("refund.created", refund, None)
    account.record("charge.refunded", charge, None)
    account.schedule.after(
        account.settings.refund_seconds, lambda: _go_on(account, refund, charge, instrument)
    )
    return refund


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.refunds.retrieve(id_)


def update(account: Account, parameters: UpdateRefund, id_: str) -> Json:
    refund = account.refunds.retrieve(id_)
    _update(account, refund, metadata.merged(refund, parameters.given()))
    return refund


def cancel(account: Account, _: Parameters, id_: str) -> Json:
    """Refuse: only refunds that wait for the customer can be canceled, not a card's or debit's."""
    account.refunds.retrieve(id_)
    raise InvalidRequest("Canceling this refund is unsupported.")


def list_(account: Account, parameters: ListRefunds) -> Json:
    refunds = account.refunds.newest_first()
    return page(
        refunds,
        parameters,
        url="/v1/refunds",
        noun="refund",
        keep=matches(parameters, "charge", "created", "payment_intent"),
    )


def _charge(account: Account, parameters: CreateRefund) -> Json:
    if parameters.charge is not None and parameters.payment_intent is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: charge, payment_intent."
        )
    if parameters.charge is not None:
        return _successful(account.charges.retrieve(parameters.charge))
    if parameters.payment_intent is not None:
        intent = account.payment_intents.retrieve(parameters.payment_intent)
        if intent["latest_charge"] is None:
            raise _unsuccessful(intent["id"])
        return _successful(account.charges[intent["latest_charge"]])
    raise InvalidRequest(
        "One of the following params should be provided for this request: payment_intent or charge."
    )


def _successful(charge: Json) -> Json:
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise _unsuccessful(charge["payment_intent"])
    return charge


def _unsuccessful(intent_id: str) -> InvalidRequest:
    return InvalidRequest(
        f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
    )


def _require_refundable(account: Account, charge: Json) -> None:
    disputes = [one for one in account.disputes if one["charge"] == charge["id"]]
    if not all(dispute["is_charge_refundable"] for dispute in disputes):
        raise InvalidRequest(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if charge["refunded"]:
        raise InvalidRequest(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )


def _amount(charge: Json, asked: int | None) -> int:
    """Return the amount to refund, by default all that is left."""
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    if asked is None:
        return left
    if asked > left:
        what = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        currency = charge["currency"]
        raise InvalidRequest(
            f"Refund amount ({written(asked, currency)}) is greater than {what} "
            f"({written(left, currency)})",
            param="amount",
        )
    return asked


def _make(
    account: Account, charge: Json, instrument: Instrument, parameters: CreateRefund, amount: int
) -> Json:
    """Create the object; it does not copy metadata from the charge or the PaymentIntent."""
    card = instrument.type == "card"
    pending = instrument.refunds == "pend" or not card
    refund = declared(
        stripe.Refund,
        **pick(charge, COPIED_FROM_CHARGE),
        amount=amount,
        charge=charge["id"],
        created=account.now(),
        destination_details=_destination(card=card, pending=pending),
        id=new_id("re" if card else "pyr"),
        metadata=parameters.metadata,
        pending_reason="processing" if pending else None,
        reason=parameters.reason,
        status="pending" if pending else "succeeded",
    )
    account.refunds.add(refund)
    described = f" ({charge['description']})" if charge["description"] else ""
    movement = Movement(
        "refund" if card else "payment_refund",
        "refund",
        -amount,
        description=f"REFUND FOR {'CHARGE' if card else 'PAYMENT'}{described}",
    )
    transaction = balance_transactions.make(account, movement, refund)
    refund["balance_transaction"] = transaction["id"]
    return refund


def _destination(*, card: bool, pending: bool) -> Json:
    if not card:
        return {"type": "sepa_debit"}
    if pending:
        return {"type": "card", "card": {"type": "pending"}}
    return {
        "type": "card",
        "card": {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        },
    }


def _count(charge: Json, amount: int) -> None:
    refunded = charge["amount_refunded"] + amount
    charge.update(amount_refunded=refunded, refunded=refunded == charge["amount_captured"])


def _go_on(account: Account, refund: Json, charge: Json, instrument: Instrument) -> None:
    """Schedule the next state of a refund."""
    if instrument.refunds == "fail":
        _fail(account, refund, charge)
        return
    changes: Json = {}
    if refund["status"] == "pending":
        changes = {"pending_reason": None, "status": "succeeded"}
    details = refund["destination_details"]
    if details["type"] == "card":
        card = details["card"] | {
            "reference": REFERENCE,
            "reference_status": "available",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
        changes["destination_details"] = details | {"card": card}
    _update(account, refund, changes)


def _fail(account: Account, refund: Json, charge: Json) -> None:
    movement = Movement(
        "refund_failure",
        "refund_failure",
        refund["amount"],
        description=f"REFUND FAILURE FOR {charge['id']}",
    )
    transaction = balance_transactions.make(account, movement, refund)
    _count(charge, -refund["amount"])
    changes = {
        "failure_balance_transaction": transaction["id"],
        "failure_reason": "unknown",
        "status": "failed",
    }
    _update(account, refund, changes)
    account.record("refund.failed", refund, None)


def _update(account: Account, refund: Json, changes: Json) -> None:
    """Change a refund; Stripe sends two events for it, one with an older type."""
    previous = account.update("refund.updated", refund, changes)
    account.record("charge.refund.updated", refund, previous)

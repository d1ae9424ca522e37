"""Manual capture: money is reserved with the payment and taken later, in full or in part.

requires_capture ─┬─> succeeded   captured; what is not captured is released
                  └─> canceled    by the merchant, or after a week

https://docs.stripe.com/payments/place-a-hold-on-a-payment-method. A release is not a refund:
https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest, UnexpectedState
from stripe_simulator.api.parameters import Parameters
from stripe_simulator.api.values import MetadataChanges, Positive, Text
from stripe_simulator.documents import Json
from stripe_simulator.objects import charges, dispute_cases, metadata
from stripe_simulator.objects.account import Account

# For a customer-initiated payment with any of the test cards' brands.
AUTHORIZATION_SECONDS = 7 * 24 * 60 * 60
STATUS = "requires_capture"

type CaptureMethod = Literal["automatic", "automatic_async", "manual"]


class CapturePaymentIntent(Parameters):
    amount_to_capture: Positive | None = None
    metadata: MetadataChanges = Field(default_factory=dict)
    statement_descriptor: Text | None = None
    statement_descriptor_suffix: Text | None = None


def is_manual(intent: Json) -> bool:
    card = (intent["payment_method_options"] or {}).get("card") or {}
    return "manual" in {intent["capture_method"], card.get("capture_method")}


def require_capturable_types(types: Sequence[str]) -> None:
    """Raise InvalidRequest for a payment method type without manual capture."""
    if "sepa_debit" in types:
        raise InvalidRequest(
            "The payment method type sepa_debit does not support manual capture.",
            param="payment_method_types",
        )


def authorize(account: Account, intent: Json, charge: Json) -> None:
    ends = account.now() + AUTHORIZATION_SECONDS
    charges.authorize(account, charge, ends)
    intent.update(amount_capturable=intent["amount"], status=STATUS)
    account.record("payment_intent.amount_capturable_updated", intent, None)
    _schedule_end(account, intent, ends)


def resume(account: Account) -> None:
    """Schedule the expiry of a snapshot's authorizations."""
    for intent in account.payment_intents:
        if intent["status"] == STATUS:
            card = account.charges[intent["latest_charge"]]["payment_method_details"]["card"]
            _schedule_end(account, intent, card["capture_before"])


def capture(account: Account, parameters: CapturePaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    _require_uncaptured(intent)
    amount = parameters.amount_to_capture or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        raise InvalidRequest(
            f"The amount to capture ({amount}) is greater than the amount capturable "
            f"({intent['amount_capturable']}).",
            param="amount_to_capture",
            code="amount_too_large",
        )
    changes = metadata.merged(intent, parameters.given())
    changes.pop("amount_to_capture", None)
    charge = account.charges[intent["latest_charge"]]
    charges.capture(account, charge, amount)
    dispute_cases.open_if_disputed(account, charge)
    intent.update(changes, amount_capturable=0, amount_received=amount, status="succeeded")
    for session in account.sessions:
        # Stripe sends no event for the session.
        if session["payment_intent"] == id_:
            session["payment_status"] = "paid"
    account.record("payment_intent.succeeded", intent, None)
    return intent


def cancel(account: Account, intent: Json, reason: str | None) -> None:
    """Cancel a PaymentIntent and release the reserved amount."""
    intent.update(
        amount_capturable=0,
        canceled_at=account.now(),
        cancellation_reason=reason,
        next_action=None,
        status="canceled",
    )
    account.record("payment_intent.canceled", intent, None)


def expire(account: Account, intent: Json) -> None:
    if intent["status"] != STATUS:
        return
    account.record("charge.expired", account.charges[intent["latest_charge"]], None)
    cancel(account, intent, "expired")


def _schedule_end(account: Account, intent: Json, ends: int) -> None:
    account.schedule.at(ends, lambda: expire(account, intent))


def _require_uncaptured(intent: Json) -> None:
    if intent["status"] == STATUS:
        return
    state = (
        f"has a status of {intent['status']}. Only a PaymentIntent with one of the following "
        f"statuses may be captured: {STATUS}."
    )
    if intent["status"] == "succeeded":
        state = "has already been captured."
    raise UnexpectedState(f"This PaymentIntent could not be captured because it {state}", intent)

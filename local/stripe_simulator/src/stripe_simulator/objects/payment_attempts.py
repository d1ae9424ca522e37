"""What an attempt to pay does to a PaymentIntent.

requires_payment_method ─┬─> succeeded                     a card
          ▲              ├─> processing ─┬─> succeeded     a bank debit
          │              │               │
          └── declined ──┴─── refused ───┘
"""

from collections.abc import Callable

import stripe

from stripe_simulator.api.errors import DOC_URL, CardDeclined, InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.objects import charges, dispute_cases
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.charges import BANK_REFUSAL
from stripe_simulator.objects.instruments import Decline
from stripe_simulator.objects.shapes import declared

CONFIRMABLE = ("requires_payment_method", "requires_confirmation")


def attempt(
    account: Account, intent: Json, method: Json, on_settled: Callable[[], None] = lambda: None
) -> None:
    """Pay with a method. A declined card is recorded, then raised.

    `on_settled` is called when a bank has responded; a card is settled at once.
    """
    _require_confirmable(intent, method)
    instrument = account.instruments[method["id"]]
    charge = charges.make(account, intent, method)
    intent.update(
        last_payment_error=None,
        latest_charge=charge["id"],
        payment_method=method["id"],
        status="processing",
    )
    if instrument.decline is not None:
        _fail(account, intent, charge, instrument.decline)
        raise _declined(intent, charge, method, instrument.decline)
    if instrument.type == "card":
        _succeed(account, intent, charge)
        return
    account.record("payment_intent.processing", intent, None)
    charges.await_bank(account, charge)

    def settle() -> None:
        if instrument.settles:
            _succeed(account, intent, charge)
        else:
            _fail(account, intent, charge, BANK_REFUSAL)
        on_settled()

    account.schedule.after(account.settings.async_payment_seconds, settle)


def _require_confirmable(intent: Json, method: Json) -> None:
    if intent["status"] not in CONFIRMABLE:
        raise InvalidRequest(
            f"This PaymentIntent's status is {intent['status']}, but must be one of the "
            f"following to be confirmed: {', '.join(CONFIRMABLE)}.",
            code="payment_intent_unexpected_state",
        )
    if method["type"] not in intent["payment_method_types"]:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this "
            f"PaymentIntent. Please attach a PaymentMethod of one of the following types: "
            f"{', '.join(intent['payment_method_types'])}.",
            param="payment_method",
        )


def _succeed(account: Account, intent: Json, charge: Json) -> None:
    charges.succeed(account, charge)
    dispute_cases.open_if_disputed(account, charge)
    intent.update(amount_received=intent["amount"], status="succeeded")
    account.record("payment_intent.succeeded", intent, None)


def _fail(account: Account, intent: Json, charge: Json, decline: Decline) -> None:
    charges.fail(account, charge, decline)
    method = account.payment_methods[charge["payment_method"]]
    intent.update(
        last_payment_error=declared(
            stripe.PaymentIntent.LastPaymentError,
            **_reason(charge, decline),
            payment_method=dict(method),
            type="card_error" if method["type"] == "card" else "invalid_request_error",
        ),
        payment_method=None,
        status="requires_payment_method",
    )
    account.record("payment_intent.payment_failed", intent, None)


def _declined(intent: Json, charge: Json, method: Json, decline: Decline) -> CardDeclined:
    details = _reason(charge, decline) | {
        "payment_intent": dict(intent),
        "payment_method": dict(method),
    }
    return CardDeclined(decline.message, code=decline.code, details=details)


def _reason(charge: Json, decline: Decline) -> Json:
    return {
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": DOC_URL + decline.code.replace("_", "-"),
        "message": decline.message,
    }

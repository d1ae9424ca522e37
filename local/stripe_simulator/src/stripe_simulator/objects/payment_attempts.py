"""The effects of an attempt to pay on a PaymentIntent.

requires_payment_method ─┬─> requires_action               a card of 3D Secure (`authentication`)
          ▲              ├─> succeeded                     a card
          ▲              ├─> requires_capture              a card to capture later (`captures`)
          │              ├─> processing ─┬─> succeeded     a bank debit
          │              │               │
          └── declined ──┴─── refused ───┘
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import stripe

from stripe_simulator.api.errors import DOC_URL, CardDeclined, InvalidRequest, UnexpectedState
from stripe_simulator.documents import Json
from stripe_simulator.objects import authentication, captures, charges, dispute_cases
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.charges import BANK_REFUSAL
from stripe_simulator.objects.instruments import Decline, Instrument
from stripe_simulator.objects.shapes import declared

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


@dataclass(frozen=True)
class Circumstances:
    """The context of an attempt. `on_settled` is called after the bank's response, for a card at
    once.
    """

    on_settled: Callable[[], None] = lambda: None
    off_session: bool = False
    return_url: str | None = None


ORDINARY = Circumstances()


def attempt(
    account: Account, intent: Json, method: Json, circumstances: Circumstances = ORDINARY
) -> None:
    """Pay with a payment method. A decline is recorded, then raised."""
    _require_confirmable(intent, method)
    instrument = account.instruments[method["id"]]
    if instrument.authenticates and not circumstances.off_session:
        authentication.challenge(account, intent, method, circumstances.return_url)
        return
    if instrument.authenticates:
        instrument = replace(instrument, decline=authentication.REQUIRED)
    _charge(account, intent, method, instrument, circumstances.on_settled)


def authenticated(account: Account, intent: Json) -> None:
    """Continue the attempt after authentication. A decline is recorded, then raised."""
    method = account.payment_methods[intent["payment_method"]]
    intent["next_action"] = None
    _charge(account, intent, method, account.instruments[method["id"]], lambda: None)


def _charge(
    account: Account,
    intent: Json,
    method: Json,
    instrument: Instrument,
    on_settled: Callable[[], None],
) -> None:
    charge = charges.make(account, intent, method)
    intent.update(
        last_payment_error=None,
        next_action=None,
        latest_charge=charge["id"],
        payment_method=method["id"],
        status="processing",
    )
    if instrument.decline is not None:
        _fail(account, intent, charge, instrument.decline)
        raise _declined(intent, charge, method, instrument.decline)
    if instrument.type == "card":
        if captures.is_manual(intent):
            captures.authorize(account, intent, charge)
        else:
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
        raise UnexpectedState(
            f"This PaymentIntent's status is {intent['status']}, but must be one of the "
            f"following to be confirmed: {', '.join(CONFIRMABLE)}.",
            intent,
        )
    if method["type"] not in intent["payment_method_types"]:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this "
            f"PaymentIntent. Please attach a PaymentMethod of one of the following types: "
            f"{', '.join(intent['payment_method_types'])}.",
            param="payment_method",
        )


def _succeed(account: Account, intent: Json, charge: Json) -> None:
    card = charge["payment_method_details"]["type"] == "card"
    if card and intent["capture_method"] == "automatic_async":
        charges.succeed_early(account, charge)
    else:
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

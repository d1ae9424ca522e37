"""Payment of a Checkout Session: the first attempt creates the PaymentIntent."""

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.objects import (
    authentication,
    checkout_amounts,
    checkout_choices,
    checkout_details,
    checkout_people,
    invoices,
    payment_attempts,
    payment_intents,
)
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_details import Details
from stripe_simulator.objects.checkout_places import closed
from stripe_simulator.objects.payment_attempts import Circumstances
from stripe_simulator.objects.shapes import pick

CARD_OPTIONS = ("capture_method", "request_three_d_secure")


def pay(
    account: Account,
    session: Json,
    method: Json | None,
    expected_amount: int | None,
    details: Details,
) -> None:
    """Pay a session; `method` is None only if nothing is due. A decline leaves it open."""
    require_open(session)
    billing = _billing_address(method, details)
    checkout_choices.apply(account, session, details, billing.get("country"))
    _require_payable(session, method, expected_amount)
    checkout_details.require_complete(account, session, details, billing)
    checkout_details.write(session, details, billing, method)
    checkout_people.make_or_update(account, session)
    if session["amount_total"] == 0 or method is None:
        _complete(account, session, "no_payment_required")
        return
    intent = _intent(account, session)
    account.checkout[session["id"]].save_method = details.save_payment_method
    circumstances = Circumstances(on_settled=lambda: _settle(account, session, intent))
    payment_attempts.attempt(account, intent, method, circumstances)
    if not awaits_authentication(account, session):
        _finish(account, session, intent, method)


def awaits_authentication(account: Account, session: Json) -> bool:
    """True for an open session that waits for the customer's authentication."""
    intent = account.payment_intents.find(session["payment_intent"] or "")
    return intent is not None and intent["status"] == authentication.STATUS


def authenticate(account: Account, intent: Json, *, passed: bool) -> None:
    """Process the customer's authentication, for a session or a separate PaymentIntent. A decline
    that follows is recorded, then raised.
    """
    if not passed:
        authentication.refuse(account, intent)
        return
    method = account.payment_methods[intent["payment_method"]]
    payment_attempts.authenticated(account, intent)
    for session in account.sessions:
        if session["payment_intent"] == intent["id"]:
            _finish(account, session, intent, method)


def _finish(account: Account, session: Json, intent: Json, method: Json) -> None:
    checkout_people.save_method(account, session, method)
    _complete(account, session, "paid" if intent["status"] == "succeeded" else "unpaid")


def success_url(session: Json) -> str:
    """Return the URL that a paying customer goes to: return_url for a page of the merchant's.

    Only the literal template is replaced: a percent-encoded one stays as it is.
    """
    url: str = session["success_url"] or session["return_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _billing_address(method: Json | None, details: Details) -> Json:
    """Return the customer's billing address, else the payment method's."""
    if details.billing_address is not None:
        return details.billing_address.model_dump()
    return ((method or {}).get("billing_details") or {}).get("address") or {}


def require_open(session: Json) -> None:
    if session["status"] == "complete":
        raise InvalidRequest(
            "You cannot confirm this Checkout Session because it has already been completed.",
            code="checkout_session_already_completed",
        )
    if session["status"] == "expired":
        raise InvalidRequest("This Checkout Session has expired.", code="checkout_session_expired")


def _require_payable(session: Json, method: Json | None, expected_amount: int | None) -> None:
    if expected_amount is not None and expected_amount != session["amount_total"]:
        raise InvalidRequest(
            f"The expected amount ({expected_amount}) does not match the amount of this Checkout "
            f"Session ({session['amount_total']}).",
            param="expected_amount",
            code="checkout_amount_mismatch",
        )
    if session["amount_total"] == 0:
        return
    if method is None:
        raise InvalidRequest(
            "Missing required param: payment_method.",
            param="payment_method",
            code="parameter_missing",
        )
    if method["type"] not in session["payment_method_types"]:
        raise InvalidRequest(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this Checkout "
            f"Session: it accepts {', '.join(session['payment_method_types'])}.",
            param="payment_method",
        )
    checkout_people.require_own_method(session, method)


def _intent(account: Account, session: Json) -> Json:
    """Return the session's PaymentIntent; the first attempt creates it."""
    if session["payment_intent"] is not None:
        intent = account.payment_intents[session["payment_intent"]]
        intent.update(pick(session, ("customer",)), amount=session["amount_total"])
        return intent
    values = dict(account.checkout[session["id"]].payment_intent_data)
    if (collected := (session["collected_information"] or {}).get("shipping_details")) is not None:
        values["shipping"] = collected
    card = (session["payment_method_options"] or {}).get("card") or {}
    intent = payment_intents.make(
        account,
        values
        | pick(session, ("currency", "customer", "payment_method_types"))
        | {
            "amount": session["amount_total"],
            "payment_method_options": {"card": pick(card, CARD_OPTIONS)},
        },
    )
    session["payment_intent"] = intent["id"]
    return intent


def _complete(account: Account, session: Json, payment_status: str) -> None:
    checkout_amounts.redeem(account, session)
    session.update(closed(), payment_status=payment_status, status="complete")
    if session["invoice_creation"]["enabled"] and payment_status != "unpaid":
        invoices.make_paid(account, session)
    account.record("checkout.session.completed", session, None)


def _settle(account: Account, session: Json, intent: Json) -> None:
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        if session["invoice_creation"]["enabled"]:
            invoices.make_paid(account, session)
        account.record("checkout.session.async_payment_succeeded", session, None)
    else:
        account.record("checkout.session.async_payment_failed", session, None)

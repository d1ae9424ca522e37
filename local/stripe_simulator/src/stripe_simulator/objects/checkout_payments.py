"""Paying a Checkout Session: the PaymentIntent begins here, with the first attempt."""

import stripe

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.objects import customers, payment_attempts, payment_intents
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_places import closed
from stripe_simulator.objects.shapes import declared, pick


def pay(
    account: Account,
    session: Json,
    method: Json | None,
    expected_amount: int | None,
    email: str | None = None,
) -> None:
    """`method` is None only where nothing is due: then `email` is what the customer typed. A
    declined card leaves the session open.
    """
    _require_payable(session, method, expected_amount)
    details = _customer_details(session, method, email)
    _make_customer(account, session, details)
    if session["amount_total"] == 0 or method is None:
        _complete(account, session, details, "no_payment_required")
        return
    intent = _intent(account, session)
    payment_attempts.attempt(
        account, intent, method, on_settled=lambda: _settle(account, session, intent)
    )
    paid = intent["status"] == "succeeded"
    _complete(account, session, details, "paid" if paid else "unpaid")


def success_url(session: Json) -> str:
    """Give where a customer who paid is sent: the return_url, from a page of the merchant's.

    Only the literal template is replaced: a percent-encoded one stays as it is.
    """
    url: str = session["success_url"] or session["return_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _require_payable(session: Json, method: Json | None, expected_amount: int | None) -> None:
    if session["status"] == "complete":
        raise InvalidRequest(
            "You cannot confirm this Checkout Session because it has already been completed.",
            code="checkout_session_already_completed",
        )
    if session["status"] == "expired":
        raise InvalidRequest("This Checkout Session has expired.", code="checkout_session_expired")
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


def _make_customer(account: Account, session: Json, details: Json) -> None:
    if session["customer"] is not None or not account.checkout[session["id"]].customer_creation:
        return
    customer = customers.make(account, pick(details, ("address", "email", "name", "phone")))
    session["customer"] = customer["id"]


def _intent(account: Account, session: Json) -> Json:
    """The session's PaymentIntent: made by its first attempt, and kept by the next."""
    if session["payment_intent"] is not None:
        return account.payment_intents[session["payment_intent"]]
    values = account.checkout[session["id"]].payment_intent_data
    intent = payment_intents.make(
        account,
        values
        | pick(session, ("currency", "customer", "payment_method_types"))
        | {"amount": session["amount_total"], "capture_method": "automatic_async"},
    )
    session["payment_intent"] = intent["id"]
    return intent


def _complete(account: Account, session: Json, details: Json, payment_status: str) -> None:
    session.update(
        closed(),
        customer_details=details,
        payment_status=payment_status,
        status="complete",
    )
    account.record("checkout.session.completed", session, None)


def _settle(account: Account, session: Json, intent: Json) -> None:
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        account.record("checkout.session.async_payment_succeeded", session, None)
    else:
        account.record("checkout.session.async_payment_failed", session, None)


def _customer_details(session: Json, method: Json | None, email: str | None) -> Json:
    given = method["billing_details"] if method else {"email": email}
    return declared(
        stripe.checkout.Session.CustomerDetails,
        **pick(given, ("address", "name", "phone")),
        email=session["customer_email"] or given.get("email"),
        tax_exempt="none",
        tax_ids=[],
    )

"""Payments, Checkout Sessions, refunds and disputes."""

from collections.abc import Iterable

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.parameters import Parameters
from stripe_simulator.dashboard.amounts import minor_units
from stripe_simulator.dashboard.screens import Action, Ask, Form, Screen, filled, latest
from stripe_simulator.documents import Json
from stripe_simulator.objects import (
    captures,
    checkout_sessions,
    dispute_cases,
    payment_intents,
    refunds,
)
from stripe_simulator.objects.captures import CapturePaymentIntent
from stripe_simulator.objects.instruments import Dispute
from stripe_simulator.objects.payment_intents import CancelPaymentIntent
from stripe_simulator.objects.refunds import CreateRefund
from stripe_simulator.simulator import Simulator

REASONS = ("fraudulent", "product_not_received", "general")


def payments(simulator: Simulator, ask: Ask) -> Json:
    intents = reversed(simulator.account.payment_intents)
    return {"payments": latest(intents, ask.query, "id", "latest_charge", "customer")}


def payment(simulator: Simulator, ask: Ask) -> Json:
    """Show a payment, by the id of its PaymentIntent or of one of its charges."""
    account = simulator.account
    intent = _intent(simulator, ask.id)
    id_ = intent["id"]
    sessions = [one for one in account.sessions if one["payment_intent"] == id_]
    return {
        "charges": _of(reversed(account.charges), id_),
        "disputes": _of(reversed(account.disputes), id_),
        "events": latest((one for one in reversed(simulator.log.events) if _about(one, id_)), ""),
        "payment": intent,
        "reasons": REASONS,
        "refunds": _of(reversed(account.refunds), id_),
        "session": sessions[0] if sessions else None,
    }


def sessions(simulator: Simulator, ask: Ask) -> Json:
    every = reversed(simulator.account.sessions)
    names = ("id", "payment_intent", "client_reference_id", "customer")
    return {"sessions": latest(every, ask.query, *names)}


def session(simulator: Simulator, ask: Ask) -> Json:
    found = simulator.account.sessions.retrieve(ask.id)
    every = reversed(simulator.log.events)
    return {
        "events": latest((one for one in every if one["data"]["object"]["id"] == ask.id), ""),
        "items": simulator.account.checkout[ask.id].line_items,
        "session": found,
    }


def refund_list(simulator: Simulator, ask: Ask) -> Json:
    every = reversed(simulator.account.refunds)
    return {"refunds": latest(every, ask.query, "id", "charge", "payment_intent")}


def dispute_list(simulator: Simulator, ask: Ask) -> Json:
    every = reversed(simulator.account.disputes)
    return {"disputes": latest(every, ask.query, "id", "charge", "payment_intent")}


def capture(simulator: Simulator, id_: str, form: Form) -> str:
    """Capture the typed amount, or all that is reserved."""
    intent = _intent(simulator, id_)
    parameters = _typed_amount(form, intent, "amount_to_capture")
    captures.capture(simulator.account, CapturePaymentIntent.read(parameters), intent["id"])
    return f"/dashboard/payments/{intent['id']}"


def cancel(simulator: Simulator, id_: str, form: Form) -> str:
    intent = _intent(simulator, id_)
    reason = {"cancellation_reason": form["reason"]} if form.get("reason") else {}
    payment_intents.cancel(simulator.account, CancelPaymentIntent.read(reason), intent["id"])
    return f"/dashboard/payments/{intent['id']}"


def refund(simulator: Simulator, id_: str, form: Form) -> str:
    """Refund the typed amount, or the whole payment."""
    intent = _intent(simulator, id_)
    parameters: Json = {"payment_intent": intent["id"], **filled(form, "reason")}
    parameters |= _typed_amount(form, intent, "amount")
    refunds.create(simulator.account, CreateRefund.read(parameters))
    return f"/dashboard/payments/{intent['id']}"


def dispute(simulator: Simulator, id_: str, form: Form) -> str:
    """Open a dispute, as by the customer's bank, for any card."""
    account = simulator.account
    intent = _intent(simulator, id_)
    if intent["status"] != "succeeded":
        raise InvalidRequest("Only a payment that succeeded can be disputed.")
    reason = form.get("reason", "")
    if reason not in REASONS:
        raise InvalidRequest(f"Choose a reason: {', '.join(REASONS)}.", param="reason")
    kind = Dispute(reason, inquiry=form.get("inquiry") == "true")
    dispute_cases.open_(account, account.charges[intent["latest_charge"]], kind)
    return f"/dashboard/payments/{intent['id']}"


def win(simulator: Simulator, id_: str, _: Form) -> str:
    dispute_cases.close(simulator.account, _open_dispute(simulator, id_), won=True)
    return "/dashboard/disputes"


def lose(simulator: Simulator, id_: str, _: Form) -> str:
    """Lose a dispute; an inquiry becomes a chargeback, which is open again."""
    found = _open_dispute(simulator, id_)
    if dispute_cases.is_inquiry(found):
        dispute_cases.escalate(simulator.account, found)
    else:
        dispute_cases.close(simulator.account, found)
    return "/dashboard/disputes"


def expire(simulator: Simulator, id_: str, _: Form) -> str:
    checkout_sessions.expire(simulator.account, Parameters(), id_)
    return f"/dashboard/sessions/{id_}"


def _intent(simulator: Simulator, id_: str) -> Json:
    """Return a PaymentIntent, by its own id or by that of one of its charges."""
    account = simulator.account
    charge = account.charges.find(id_)
    return account.payment_intents.retrieve(charge["payment_intent"] if charge else id_)


def _typed_amount(form: Form, intent: Json, name: str) -> Json:
    """Return the form's amount as this parameter; without an amount, Stripe's default applies."""
    typed = form.get("amount", "")
    return {name: minor_units(typed, intent["currency"])} if typed.strip() else {}


def _open_dispute(simulator: Simulator, id_: str) -> Json:
    found = simulator.account.disputes.retrieve(id_)
    if found["status"] in dispute_cases.CLOSED:
        raise InvalidRequest("This dispute is already closed.")
    return found


def _of(objects: Iterable[Json], intent_id: str) -> list[Json]:
    return latest((one for one in objects if one["payment_intent"] == intent_id), "")


def _about(event: Json, intent_id: str) -> bool:
    object_ = event["data"]["object"]
    return intent_id in {object_["id"], object_.get("payment_intent")}


PAYMENTS = Screen("/dashboard/payments", "payments.html", payments)
PAYMENT = Screen("/dashboard/payments/{id}", "payment.html", payment)
SESSIONS = Screen("/dashboard/sessions", "sessions.html", sessions)
SESSION = Screen("/dashboard/sessions/{id}", "session.html", session)
REFUNDS = Screen("/dashboard/refunds", "refunds.html", refund_list)
DISPUTES = Screen("/dashboard/disputes", "disputes.html", dispute_list)
SCREENS = (PAYMENTS, PAYMENT, SESSIONS, SESSION, REFUNDS, DISPUTES)
ACTIONS = (
    Action("/dashboard/payments/{id}/capture", capture, PAYMENT, "The payment was captured."),
    Action("/dashboard/payments/{id}/cancel", cancel, PAYMENT, "The payment was canceled."),
    Action("/dashboard/payments/{id}/refund", refund, PAYMENT, "The refund was created."),
    Action("/dashboard/payments/{id}/dispute", dispute, PAYMENT, "The dispute was opened."),
    Action("/dashboard/disputes/{id}/win", win, DISPUTES, "The dispute was won."),
    Action("/dashboard/disputes/{id}/lose", lose, DISPUTES, "The dispute was lost."),
    Action("/dashboard/sessions/{id}/expire", expire, SESSION, "The session has expired."),
)

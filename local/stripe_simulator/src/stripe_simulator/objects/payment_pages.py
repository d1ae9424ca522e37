"""Payment pages: a Checkout Session on the customer's side, as used by Stripe's own page.

Undocumented; the requests of the Stripe CLI's triggers define it.
"""

from stripe_simulator.api.parameters import Parameters
from stripe_simulator.api.values import Integer, Text
from stripe_simulator.documents import Json
from stripe_simulator.objects import checkout_choices, checkout_payments, payment_methods
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_choices import Choices
from stripe_simulator.objects.checkout_details import Details
from stripe_simulator.objects.shapes import pick

SHOWN = (
    *("amount_subtotal", "amount_total", "cancel_url", "currency", "customer_email", "livemode"),
    *("mode", "payment_intent", "payment_method_types", "payment_status", "status", "url"),
)


class UpdatePage(Choices, Parameters):
    pass


class ConfirmPage(Details, Parameters):
    expected_amount: Integer | None = None
    payment_method: Text | None = None


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return _page(account.sessions.retrieve(id_))


def update(account: Account, parameters: UpdatePage, id_: str) -> Json:
    """Apply the customer's choices before payment."""
    session = account.sessions.retrieve(id_)
    checkout_payments.require_open(session)
    billing = parameters.billing_address
    checkout_choices.apply(account, session, parameters, billing.country if billing else None)
    return _page(session)


def confirm(account: Account, parameters: ConfirmPage, id_: str) -> Json:
    session = account.sessions.retrieve(id_)
    method = None
    if parameters.payment_method is not None:
        method = payment_methods.named(account, parameters.payment_method, "payment_method")
    checkout_payments.pay(account, session, method, parameters.expected_amount, parameters)
    return _page(session)


def _page(session: Json) -> Json:
    return pick(session, SHOWN) | {
        "id": session["id"].replace("cs_", "ppage_", 1),
        "object": "payment_page",
        "session_id": session["id"],
        "success_url": checkout_payments.success_url(session),
    }

"""3D Secure: the bank authenticates the customer before a card payment.

requires_action ─┬─> the attempt goes on     authenticated
                 └─> requires_payment_method  not authenticated

https://docs.stripe.com/payments/3d-secure/authentication-flow
"""

import stripe

from stripe_simulator.api.call import current_call
from stripe_simulator.api.errors import DOC_URL
from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.instruments import Decline
from stripe_simulator.objects.shapes import declared

STATUS = "requires_action"
PATH = "/3d_secure"
# The decline of a payment without the customer present.
REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
FAILED = "payment_intent_authentication_failure"


def challenge(account: Account, intent: Json, method: Json, return_url: str | None) -> None:
    """Require authentication, on a page of the simulator."""
    intent.update(
        last_payment_error=None,
        next_action=next_action(intent["id"], return_url),
        payment_method=method["id"],
        status=STATUS,
    )
    account.record("payment_intent.requires_action", intent, None)


def refuse(account: Account, intent: Json) -> None:
    """Fail the attempt: the customer did not authenticate, and no charge was created."""
    method = account.payment_methods[intent["payment_method"]]
    intent.update(
        last_payment_error=declared(
            stripe.PaymentIntent.LastPaymentError,
            code=FAILED,
            doc_url=DOC_URL + FAILED.replace("_", "-"),
            message=(
                "The provided PaymentMethod has failed authentication. You can provide "
                "payment_method_data or a new PaymentMethod to attempt to fulfill this "
                "PaymentIntent again."
            ),
            payment_method=dict(method),
            type="invalid_request_error",
        ),
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    account.record("payment_intent.payment_failed", intent, None)


def next_action(intent_id: str, return_url: str | None) -> Json:
    call = current_call.get()
    url = f"{call.base_url if call else ''}{PATH}/{intent_id}"
    if return_url is None:
        sdk = {"stripe_js": url, "type": "three_d_secure_redirect"}
        return {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    redirect = {"return_url": return_url, "url": url}
    return {"type": "redirect_to_url", "redirect_to_url": redirect}

"""Effects of a Checkout Session on its customer: create, update, save the payment method."""

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.objects import customers, saved_methods
from stripe_simulator.objects.account import Account


def require_own_method(session: Json, method: Json) -> None:
    """Refuse a payment method saved by another customer."""
    if method.get("customer") not in {None, session["customer"]}:
        raise InvalidRequest(
            f"The payment method `{method['id']}` belongs to another customer, and can not be "
            "used for this Checkout Session.",
            param="payment_method",
        )


def make_or_update(account: Account, session: Json) -> None:
    """Create or update the customer; a session with an invoice always creates one."""
    facts = account.checkout[session["id"]]
    details = session["customer_details"]
    shipping = (session["collected_information"] or {}).get("shipping_details")
    values = {"address": details["address"], "name": details["name"], "shipping": shipping}
    if session["customer"] is None:
        if facts.customer_creation or session["invoice_creation"]["enabled"]:
            values |= {"email": details["email"], "phone": details["phone"]}
            session["customer"] = customers.make(account, values)["id"]
        return
    customer = account.customers.find(session["customer"])
    changes = {
        name: value
        for name, value in values.items()
        if value is not None and facts.customer_update.get(name) == "auto"
    }
    if customer is not None and changes:
        account.update("customer.updated", customer, changes)


def save_method(account: Account, session: Json, method: Json) -> None:
    """Attach the payment method if the merchant (`setup_future_usage`) or the customer wants it.

    https://docs.stripe.com/payments/checkout/save-during-payment
    """
    facts = account.checkout[session["id"]]
    offered = session["saved_payment_method_options"] or {}
    kept = facts.save_method and offered.get("payment_method_save") == "enabled"
    options = (session["payment_method_options"] or {}).get(method["type"]) or {}
    usage = facts.payment_intent_data.get("setup_future_usage") or options.get("setup_future_usage")
    if session["customer"] is None or method.get("customer") or not (kept or usage):
        return
    method["allow_redisplay"] = "always" if kept else "limited"
    saved_methods.give(account, method, session["customer"])


def offered_methods(account: Account, session: Json) -> list[Json]:
    """Return the saved payment methods of the session's customer, filtered by its options."""
    offered = session["saved_payment_method_options"] or {}
    filters = offered.get("allow_redisplay_filters") or ["always"]
    return [
        method
        for method in saved_methods.of_customer(account, session["customer"])
        if method["allow_redisplay"] in filters
        and method["type"] in session["payment_method_types"]
    ]

"""Payments with manual capture: the money is reserved first and captured later.

Only the PaymentIntent shows their state:

    PaymentIntent       order         money
    requires_capture    authorized    reserved, for about seven days
    succeeded           paid          captured, in full or in part; the rest was released
    canceled            canceled      released, by the merchant or because the time was over

https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# https://docs.stripe.com/api/payment_intents/object#payment_intent_object-capture_method
MANUAL = ("manual", "manual_preferred")

type Json = Mapping[str, Any]


def is_captured_separately(payment_intent: Json) -> bool:
    """True if the payment, or one of its payment methods, is captured separately."""
    options = payment_intent.get("payment_method_options") or {}
    said_by = [payment_intent, *(one for one in options.values() if isinstance(one, Mapping))]
    return any(one.get("capture_method") in MANUAL for one in said_by)


def without_releases(refunds: Iterable[Json]) -> Iterator[Json]:
    """Leave out refunds that only release a reservation; each has its PaymentIntent expanded."""
    for refund in refunds:
        payment_intent = refund.get("payment_intent")
        if payment_intent is None or not _is_release(refund, payment_intent):
            yield refund


def _is_release(refund: Json, payment_intent: Json) -> bool:
    """True if a refund only releases a reservation.

    Stripe creates one for the uncaptured amount if a program with an API version before
    2025-03-31.basil captures or cancels. All refunds of a canceled authorization are releases. A
    partial capture has one for the rest, without a balance transaction, as no money moved.
    https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
    """
    if not is_captured_separately(payment_intent):
        return False
    received = payment_intent["amount_received"]
    if received == 0:
        return True
    rest = payment_intent["amount"] - received
    no_money = refund["status"] == "succeeded" and refund.get("balance_transaction") is None
    return bool(no_money and refund["amount"] == rest)

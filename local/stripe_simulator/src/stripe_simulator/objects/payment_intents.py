"""PaymentIntents: one payment. What an attempt does to one is in `payment_attempts`."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.lists import page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters
from stripe_simulator.api.values import (
    Array,
    Boolean,
    Currency,
    Email,
    Metadata,
    MetadataChanges,
    Period,
    Positive,
    Text,
    TextOrUnset,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata, payment_attempts, payment_methods
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.currencies import MAXIMUM, minimum, written
from stripe_simulator.objects.people import Shipping
from stripe_simulator.objects.shapes import declared

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action")

type PaymentMethodType = Literal["card", "sepa_debit"]


class IntentData(Fields):
    """What a Checkout Session may say about the PaymentIntent that it will make."""

    description: Text | None = None
    metadata: Metadata = Field(default_factory=dict)
    receipt_email: Email | None = None
    setup_future_usage: Literal["off_session", "on_session"] | None = None
    shipping: Shipping | None = None
    statement_descriptor: Text | None = None
    statement_descriptor_suffix: Text | None = None
    transfer_group: Text | None = None


class AutomaticPaymentMethods(Fields):
    enabled: Boolean
    allow_redirects: Literal["always", "never"] = "always"


class CreatePaymentIntent(IntentData, Parameters):
    amount: Positive
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    capture_method: Literal["automatic", "automatic_async"] = "automatic_async"
    confirm: Boolean = False
    currency: Currency
    customer: Text | None = None
    off_session: Boolean = False
    payment_method: Text | None = None
    payment_method_types: Array[PaymentMethodType] | None = None
    return_url: Text | None = None


class UpdatePaymentIntent(Parameters):
    description: TextOrUnset = None
    metadata: MetadataChanges = Field(default_factory=dict)
    receipt_email: TextOrUnset = None
    shipping: Shipping | None = None


class ConfirmPaymentIntent(Parameters):
    off_session: Boolean = False
    payment_method: Text | None = None
    receipt_email: Email | None = None
    return_url: Text | None = None


class CancelPaymentIntent(Parameters):
    cancellation_reason: (
        Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None
    ) = None


class ListPaymentIntents(ListParameters):
    created: Period | None = None
    customer: Text | None = None


def create(account: Account, parameters: CreatePaymentIntent) -> Json:
    _require_chargeable(parameters.amount, parameters.currency)
    if parameters.confirm and parameters.payment_method is None:
        raise InvalidRequest(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You "
            "can either update the PaymentIntent with a payment method and then confirm it "
            "again, or confirm it again directly with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    if parameters.customer is not None:
        account.customers.named(parameters.customer, "customer")
    method = None
    if parameters.payment_method is not None:
        method = payment_methods.named(account, parameters.payment_method, "payment_method")
    values = parameters.model_dump(
        include={"amount", "capture_method", "currency", "customer", *IntentData.model_fields}
    )
    automatic = parameters.automatic_payment_methods
    intent = make(
        account,
        values
        | {
            "automatic_payment_methods": automatic.model_dump() if automatic else None,
            "payment_method": method["id"] if method else None,
            "payment_method_types": parameters.payment_method_types or ["card"],
            "status": "requires_confirmation" if method else "requires_payment_method",
        },
    )
    if method is not None and parameters.confirm:
        payment_attempts.attempt(account, intent, method)
    return intent


def make(account: Account, values: Json) -> Json:
    id_ = new_id("pi")
    intent = declared(
        stripe.PaymentIntent,
        **(
            {
                "capture_method": "automatic_async",
                "metadata": {},
                "status": "requires_payment_method",
            }
            | values
        ),
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        client_secret=new_id(f"{id_}_secret", 25),
        confirmation_method="automatic",
        created=account.now(),
        id=id_,
        livemode=account.livemode,
        payment_method_options={},
    )
    account.payment_intents.add(intent)
    account.record("payment_intent.created", intent, None)
    return intent


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.payment_intents.retrieve(id_)


def update(account: Account, parameters: UpdatePaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    intent.update(metadata.merged(intent, parameters.given()))
    return intent


def confirm(account: Account, parameters: ConfirmPaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    _require_not_checkouts(account, intent, "confirm")
    method_id = parameters.payment_method or intent["payment_method"]
    if method_id is None:
        raise InvalidRequest(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = payment_methods.named(account, method_id, "payment_method")
    payment_attempts.attempt(account, intent, method)
    return intent


def cancel(account: Account, parameters: CancelPaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    _require_not_checkouts(account, intent, "cancel")
    if intent["status"] not in CANCELABLE:
        raise InvalidRequest(
            f"You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may "
            f"be canceled: {', '.join(CANCELABLE)}.",
            code="payment_intent_unexpected_state",
        )
    close(account, intent, parameters.cancellation_reason)
    return intent


def close(account: Account, intent: Json, reason: str | None) -> None:
    intent.update(canceled_at=account.now(), cancellation_reason=reason, status="canceled")
    account.record("payment_intent.canceled", intent, None)


def list_(account: Account, parameters: ListPaymentIntents) -> Json:
    def kept(intent: Json) -> bool:
        return (parameters.created is None or intent["created"] in parameters.created) and (
            parameters.customer is None or intent["customer"] == parameters.customer
        )

    intents = account.payment_intents.newest_first()
    return page(intents, parameters, url="/v1/payment_intents", noun="payment_intent", keep=kept)


def _require_chargeable(amount: int, currency: str) -> None:
    least = minimum(currency)
    if amount < least:
        raise InvalidRequest(
            f"Amount must be at least {written(least, currency)} {currency}",
            param="amount",
            code="amount_too_small",
        )
    if amount > MAXIMUM:
        raise InvalidRequest(
            f"Amount must be no more than {written(MAXIMUM, currency)} {currency}",
            param="amount",
            code="amount_too_large",
        )


def _require_not_checkouts(account: Account, intent: Json, verb: str) -> None:
    if any(session["payment_intent"] == intent["id"] for session in account.sessions):
        raise InvalidRequest(
            f"You cannot {verb} this PaymentIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.",
            code="payment_intent_unexpected_state",
        )

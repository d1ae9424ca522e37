"""PaymentIntents. `payment_attempts` has the effects of an attempt to pay."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest, UnexpectedState
from stripe_simulator.api.lists import matches, page
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
from stripe_simulator.objects import captures, metadata, payment_attempts, payment_methods
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.captures import CaptureMethod
from stripe_simulator.objects.currencies import MAXIMUM, minimum, written
from stripe_simulator.objects.intent_options import (
    AutomaticPaymentMethods,
    MandateData,
    PaymentMethodOptions,
    PaymentMethodType,
    switched_on,
)
from stripe_simulator.objects.payment_attempts import Circumstances
from stripe_simulator.objects.people import Shipping
from stripe_simulator.objects.shapes import declared

UPDATABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (
    *("requires_payment_method", "requires_capture", "requires_confirmation"),
    "requires_action",
)


class IntentData(Fields):
    """A Checkout Session's `payment_intent_data`."""

    capture_method: CaptureMethod = "automatic_async"
    description: Text | None = None
    metadata: Metadata = Field(default_factory=dict)
    receipt_email: Email | None = None
    setup_future_usage: Literal["off_session", "on_session"] | None = None
    shipping: Shipping | None = None
    statement_descriptor: Text | None = None
    statement_descriptor_suffix: Text | None = None
    transfer_group: Text | None = None


class CreatePaymentIntent(IntentData, Parameters):
    amount: Positive
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    confirm: Boolean = False
    confirmation_method: Literal["automatic", "manual"] = "automatic"
    currency: Currency
    customer: Text | None = None
    mandate_data: MandateData | None = None
    off_session: Boolean = False
    payment_method: Text | None = None
    payment_method_options: PaymentMethodOptions = Field(default_factory=PaymentMethodOptions)
    payment_method_types: Array[PaymentMethodType] | None = None
    return_url: Text | None = None


class UpdatePaymentIntent(Parameters):
    amount: Positive | None = None
    description: TextOrUnset = None
    metadata: MetadataChanges = Field(default_factory=dict)
    receipt_email: TextOrUnset = None
    shipping: Shipping | None = None


class ConfirmPaymentIntent(Parameters):
    mandate_data: MandateData | None = None
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
    if parameters.capture_method == "manual":
        captures.require_capturable_types(parameters.payment_method_types or ())
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
        include={
            *("amount", "confirmation_method", "currency", "customer"),
            *IntentData.model_fields,
        }
    )
    intent = make(
        account,
        values
        | _methods(parameters)
        | {
            "payment_method": method["id"] if method else None,
            "status": "requires_confirmation" if method else "requires_payment_method",
        },
    )
    if method is not None and parameters.confirm:
        payment_attempts.attempt(account, intent, method, _circumstances(parameters))
    return intent


def _methods(parameters: CreatePaymentIntent) -> Json:
    """Return the payment methods; automatic ones by default, since 2023-08-16."""
    automatic, types = parameters.automatic_payment_methods, parameters.payment_method_types
    if automatic is None and types is None:
        automatic = AutomaticPaymentMethods(enabled=True)
    manual = parameters.capture_method == "manual"
    return {
        "automatic_payment_methods": automatic and automatic.model_dump(),
        "payment_method_options": parameters.payment_method_options.model_dump(exclude_none=True),
        "payment_method_types": types or switched_on(parameters.currency, manual=manual),
    }


def make(account: Account, values: Json) -> Json:
    id_ = new_id("pi")
    intent = declared(
        stripe.PaymentIntent,
        **(
            {
                "capture_method": "automatic_async",
                "confirmation_method": "automatic",
                "metadata": {},
                "payment_method_options": {},
                "status": "requires_payment_method",
            }
            | values
        ),
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        client_secret=new_id(f"{id_}_secret", 25),
        created=account.now(),
        id=id_,
        livemode=account.livemode,
    )
    account.payment_intents.add(intent)
    account.record("payment_intent.created", intent, None)
    return intent


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.payment_intents.retrieve(id_)


def update(account: Account, parameters: UpdatePaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    if parameters.amount is not None:
        _require_updatable(intent)
        _require_chargeable(parameters.amount, intent["currency"])
    intent.update(metadata.merged(intent, parameters.given()))
    return intent


def confirm(account: Account, parameters: ConfirmPaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    _require_not_checkouts(account, intent, "confirm")
    method_id = parameters.payment_method or intent["payment_method"]
    if method_id is None:
        raise UnexpectedState(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            intent,
        )
    method = payment_methods.named(account, method_id, "payment_method")
    payment_attempts.attempt(account, intent, method, _circumstances(parameters))
    return intent


def _circumstances(parameters: CreatePaymentIntent | ConfirmPaymentIntent) -> Circumstances:
    return Circumstances(off_session=parameters.off_session, return_url=parameters.return_url)


def cancel(account: Account, parameters: CancelPaymentIntent, id_: str) -> Json:
    intent = account.payment_intents.retrieve(id_)
    # https://docs.stripe.com/api/payment_intents/cancel: with a session only if uncaptured.
    if intent["status"] != captures.STATUS:
        _require_not_checkouts(account, intent, "cancel")
    if intent["status"] not in CANCELABLE:
        raise UnexpectedState(
            f"You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may "
            f"be canceled: {', '.join(CANCELABLE)}.",
            intent,
        )
    captures.cancel(account, intent, parameters.cancellation_reason)
    return intent


def list_(account: Account, parameters: ListPaymentIntents) -> Json:
    intents = account.payment_intents.newest_first()
    return page(
        intents,
        parameters,
        url="/v1/payment_intents",
        noun="payment_intent",
        keep=matches(parameters, "created", "customer"),
    )


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


def _require_updatable(intent: Json) -> None:
    if intent["status"] not in UPDATABLE:
        raise UnexpectedState(
            f"This PaymentIntent's amount could not be updated because it has a status of "
            f"{intent['status']}. You may only update the amount of a PaymentIntent with one of "
            f"the following statuses: {', '.join(UPDATABLE)}.",
            intent,
        )


def _require_not_checkouts(account: Account, intent: Json, verb: str) -> None:
    if any(session["payment_intent"] == intent["id"] for session in account.sessions):
        raise UnexpectedState(
            f"You cannot {verb} this PaymentIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.",
            intent,
        )

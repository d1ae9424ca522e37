"""SetupIntents: check and save a payment method without a payment.

requires_payment_method ──> requires_confirmation ─┬─> succeeded
          ▲                                        ├─> requires_action   a card of 3D Secure
          └── declined ────────────────────────────┘

All but `succeeded` can be canceled. Authentication is not simulated here.
"""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import DOC_URL, CardDeclined, InvalidRequest
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import (
    Array,
    Boolean,
    Metadata,
    MetadataChanges,
    Period,
    Text,
    TextOrUnset,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import authentication, metadata, payment_methods, saved_methods
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.instruments import Decline
from stripe_simulator.objects.intent_options import (
    AutomaticPaymentMethods,
    MandateData,
    PaymentMethodType,
)
from stripe_simulator.objects.shapes import declared

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


class CreateSetupIntent(Parameters):
    automatic_payment_methods: AutomaticPaymentMethods | None = None
    confirm: Boolean = False
    customer: Text | None = None
    description: Text | None = None
    mandate_data: MandateData | None = None
    metadata: Metadata = Field(default_factory=dict)
    payment_method: Text | None = None
    payment_method_types: Array[PaymentMethodType] | None = None
    return_url: Text | None = None
    usage: Literal["off_session", "on_session"] = "off_session"


class UpdateSetupIntent(Parameters):
    description: TextOrUnset = None
    metadata: MetadataChanges = Field(default_factory=dict)


class ConfirmSetupIntent(Parameters):
    mandate_data: MandateData | None = None
    payment_method: Text | None = None
    return_url: Text | None = None


class CancelSetupIntent(Parameters):
    cancellation_reason: Literal["abandoned", "duplicate", "requested_by_customer"] | None = None


class ListSetupIntents(ListParameters):
    created: Period | None = None
    customer: Text | None = None
    payment_method: Text | None = None


def create(account: Account, parameters: CreateSetupIntent) -> Json:
    if parameters.customer is not None:
        account.customers.named(parameters.customer, "customer")
    method = None
    if parameters.payment_method is not None:
        method = payment_methods.named(account, parameters.payment_method, "payment_method")
    automatic, types = parameters.automatic_payment_methods, parameters.payment_method_types
    if automatic is None and types is None:
        automatic = AutomaticPaymentMethods(enabled=True)
    id_ = new_id("seti")
    intent = declared(
        stripe.SetupIntent,
        **parameters.model_dump(include={"customer", "description", "metadata", "usage"}),
        automatic_payment_methods=automatic and automatic.model_dump(),
        client_secret=new_id(f"{id_}_secret", 25),
        created=account.now(),
        id=id_,
        livemode=account.livemode,
        payment_method=method and method["id"],
        payment_method_types=types or ["card", "sepa_debit"],
        status="requires_confirmation" if method else "requires_payment_method",
    )
    account.setup_intents.add(intent)
    account.record("setup_intent.created", intent, None)
    if parameters.confirm:
        _confirm(account, intent, parameters.return_url)
    return intent


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.setup_intents.retrieve(id_)


def update(account: Account, parameters: UpdateSetupIntent, id_: str) -> Json:
    intent = account.setup_intents.retrieve(id_)
    intent.update(metadata.merged(intent, parameters.given()))
    return intent


def confirm(account: Account, parameters: ConfirmSetupIntent, id_: str) -> Json:
    intent = account.setup_intents.retrieve(id_)
    if parameters.payment_method is not None:
        method = payment_methods.named(account, parameters.payment_method, "payment_method")
        intent["payment_method"] = method["id"]
    _confirm(account, intent, parameters.return_url)
    return intent


def cancel(account: Account, parameters: CancelSetupIntent, id_: str) -> Json:
    intent = account.setup_intents.retrieve(id_)
    _require(intent, "canceled")
    intent.update(
        cancellation_reason=parameters.cancellation_reason, next_action=None, status="canceled"
    )
    account.record("setup_intent.canceled", intent, None)
    return intent


def list_(account: Account, parameters: ListSetupIntents) -> Json:
    intents = account.setup_intents.newest_first()
    return page(
        intents,
        parameters,
        url="/v1/setup_intents",
        noun="setupintent",
        keep=matches(parameters, "created", "customer", "payment_method"),
    )


def _confirm(account: Account, intent: Json, return_url: str | None) -> None:
    _require(intent, "confirmed")
    if intent["payment_method"] is None:
        raise InvalidRequest(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    method = account.payment_methods[intent["payment_method"]]
    instrument = account.instruments[method["id"]]
    if instrument.decline is not None and not instrument.authenticates:
        _decline(account, intent, method, instrument.decline)
    if instrument.authenticates:
        intent.update(
            next_action=authentication.next_action(intent["id"], return_url),
            status=authentication.STATUS,
        )
        account.record("setup_intent.requires_action", intent, None)
        return
    intent.update(last_setup_error=None, next_action=None, status="succeeded")
    if intent["customer"] is not None and method.get("customer") is None:
        saved_methods.give(account, method, intent["customer"])
    account.record("setup_intent.succeeded", intent, None)


def _decline(account: Account, intent: Json, method: Json, decline: Decline) -> None:
    reason = {
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": DOC_URL + decline.code.replace("_", "-"),
        "message": decline.message,
        "payment_method": dict(method),
    }
    intent.update(
        last_setup_error=declared(stripe.SetupIntent.LastSetupError, **reason, type="card_error"),
        payment_method=None,
        status="requires_payment_method",
    )
    account.record("setup_intent.setup_failed", intent, None)
    details = reason | {"setup_intent": dict(intent)}
    raise CardDeclined(decline.message, code=decline.code, details=details)


def _require(intent: Json, end: str) -> None:
    if intent["status"] not in CONFIRMABLE:
        raise InvalidRequest(
            f"This SetupIntent's status is {intent['status']}, but must be one of the following "
            f"to be {end}: {', '.join(CONFIRMABLE)}.",
            code="setup_intent_unexpected_state",
        )

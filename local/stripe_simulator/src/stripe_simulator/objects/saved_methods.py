"""Saved payment methods, which are attached to a customer."""

from typing import Literal

from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest, NoSuchObject
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters, missing
from stripe_simulator.api.values import Integer, MetadataChanges, Text
from stripe_simulator.documents import Json
from stripe_simulator.objects import metadata, payment_methods
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.people import BillingDetails

type Redisplay = Literal["always", "limited", "unspecified"]


class AttachPaymentMethod(Parameters):
    customer: Text | None = None


class CardChanges(Fields):
    exp_month: Integer | None = None
    exp_year: Integer | None = None


class UpdatePaymentMethod(Parameters):
    allow_redisplay: Redisplay | None = None
    billing_details: BillingDetails | None = None
    card: CardChanges | None = None
    metadata: MetadataChanges = Field(default_factory=dict)


class ListOfCustomer(ListParameters):
    allow_redisplay: Redisplay | None = None
    type: Text | None = None


class ListPaymentMethods(ListOfCustomer):
    customer: Text | None = None


def attach(account: Account, parameters: AttachPaymentMethod, id_: str) -> Json:
    if parameters.customer is None:
        raise missing("customer")
    account.customers.named(parameters.customer, "customer")
    method = payment_methods.named(account, id_, "payment_method")
    if method.get("customer") is not None:
        raise InvalidRequest(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    give(account, method, parameters.customer)
    return method


def detach(account: Account, _: Parameters, id_: str) -> Json:
    method = account.payment_methods.retrieve(id_)
    if method.get("customer") is None:
        raise InvalidRequest(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            code="payment_method_unexpected_state",
        )
    account.update("payment_method.detached", method, {"customer": None})
    return method


def update(account: Account, parameters: UpdatePaymentMethod, id_: str) -> Json:
    method = account.payment_methods.retrieve(id_)
    if method.get("customer") is None:
        raise InvalidRequest(
            "You must save this PaymentMethod to a customer before you can update it.",
            code="payment_method_unexpected_state",
        )
    changes = metadata.merged(method, parameters.given())
    for name in ("billing_details", "card"):
        if changes.get(name) is not None:
            given = {key: value for key, value in changes[name].items() if value is not None}
            changes[name] = method[name] | given
    account.update("payment_method.updated", method, changes)
    return method


def list_(account: Account, parameters: ListPaymentMethods) -> Json:
    """List a customer's payment methods; without a customer Stripe lists only Treasury's: none."""
    return _page(account, parameters, parameters.customer, "/v1/payment_methods")


def list_of_customer(account: Account, parameters: ListOfCustomer, id_: str) -> Json:
    account.customers.retrieve(id_)
    return _page(account, parameters, id_, f"/v1/customers/{id_}/payment_methods")


def retrieve_of_customer(account: Account, _: Parameters, id_: str, method_id: str) -> Json:
    account.customers.retrieve(id_)
    method = account.payment_methods.find(method_id)
    if method is None or method.get("customer") != id_:
        raise NoSuchObject("PaymentMethod", method_id, param="payment_method")
    return method


def give(account: Account, method: Json, customer: str) -> None:
    method["customer"] = customer
    account.record("payment_method.attached", method, None)


def of_customer(account: Account, customer: str | None) -> list[Json]:
    """Newest first."""
    return [
        one
        for one in account.payment_methods.newest_first()
        if customer is not None and one.get("customer") == customer
    ]


def _page(account: Account, parameters: ListOfCustomer, customer: str | None, url: str) -> Json:
    kept = matches(parameters, "allow_redisplay", "type")
    methods = of_customer(account, customer)
    return page(methods, parameters, url=url, noun="payment_method", keep=kept)

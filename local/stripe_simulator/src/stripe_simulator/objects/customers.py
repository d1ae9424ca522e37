"""Customers."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import (
    Array,
    Email,
    Metadata,
    MetadataChanges,
    Period,
    Text,
    TextOrUnset,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.people import Address, Shipping
from stripe_simulator.objects.shapes import declared


class CreateCustomer(Parameters):
    address: Address | None = None
    description: TextOrUnset = None
    email: Email | None = None
    metadata: Metadata = Field(default_factory=dict)
    name: TextOrUnset = None
    phone: TextOrUnset = None
    preferred_locales: Array[Text] = Field(default_factory=list)
    shipping: Shipping | None = None
    tax_exempt: Literal["exempt", "none", "reverse"] = "none"


class UpdateCustomer(CreateCustomer):
    metadata: MetadataChanges = Field(default_factory=dict)


class ListCustomers(ListParameters):
    created: Period | None = None
    email: Text | None = None


def create(account: Account, parameters: CreateCustomer) -> Json:
    return make(account, parameters.model_dump(exclude={"expand"}))


def make(account: Account, values: Json) -> Json:
    id_ = new_id("cus", 14)
    customer = declared(
        stripe.Customer,
        **({"metadata": {}, "preferred_locales": [], "tax_exempt": "none"} | values),
        balance=0,
        created=account.now(),
        delinquent=False,
        id=id_,
        invoice_prefix=id_[-8:].upper(),
        invoice_settings=declared(stripe.Customer.InvoiceSettings),
        livemode=account.livemode,
        next_invoice_sequence=1,
    )
    account.customers.add(customer)
    account.record("customer.created", customer, None)
    return customer


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    """Return a customer; a deleted one is returned as deleted."""
    return account.deleted_customers.find(id_) or account.customers.retrieve(id_)


def update(account: Account, parameters: UpdateCustomer, id_: str) -> Json:
    return metadata.update(account, account.customers.retrieve(id_), parameters)


def delete(account: Account, _: Parameters, id_: str) -> Json:
    customer = account.customers.retrieve(id_)
    account.customers.remove(id_)
    account.record("customer.deleted", customer, None)
    return account.deleted_customers.add({"id": id_, "object": "customer", "deleted": True})


def list_(account: Account, parameters: ListCustomers) -> Json:
    customers = account.customers.newest_first()
    return page(
        customers,
        parameters,
        url="/v1/customers",
        noun="customer",
        keep=matches(parameters, "created", "email"),
    )

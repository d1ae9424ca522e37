"""Shipping rates."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters, missing
from stripe_simulator.api.values import (
    Boolean,
    Currency,
    Metadata,
    MetadataChanges,
    NonNegative,
    Period,
    Positive,
    Text,
    Text100,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.prices import TaxBehavior
from stripe_simulator.objects.shapes import declared


class Bound(Fields):
    unit: Literal["business_day", "day", "hour", "month", "week"]
    value: Positive


class DeliveryEstimate(Fields):
    maximum: Bound | None = None
    minimum: Bound | None = None


class FixedAmount(Fields):
    amount: NonNegative
    currency: Currency


class ShippingRateData(Fields):
    """The data of a shipping rate, created by itself or with a Checkout Session."""

    delivery_estimate: DeliveryEstimate | None = None
    display_name: Text100
    fixed_amount: FixedAmount | None = None
    metadata: Metadata = Field(default_factory=dict)
    tax_behavior: TaxBehavior = "unspecified"
    tax_code: Text | None = None
    type: Literal["fixed_amount"] = "fixed_amount"


class CreateShippingRate(ShippingRateData, Parameters):
    pass


class UpdateShippingRate(Parameters):
    active: Boolean = True
    metadata: MetadataChanges = Field(default_factory=dict)
    tax_behavior: TaxBehavior = "unspecified"


class ListShippingRates(ListParameters):
    active: Boolean | None = None
    created: Period | None = None
    currency: Currency | None = None


def create(account: Account, parameters: CreateShippingRate) -> Json:
    return make(account, parameters)


def fixed_amount(data: ShippingRateData, prefix: str = "") -> Json:
    """Return amount and currency; `prefix` is the data's parameter, for errors."""
    if data.fixed_amount is None:
        raise missing(f"{prefix}[fixed_amount]" if prefix else "fixed_amount")
    return data.fixed_amount.model_dump()


def make(account: Account, data: ShippingRateData) -> Json:
    fixed = fixed_amount(data)
    rate = declared(
        stripe.ShippingRate,
        **data.model_dump(exclude={"expand", "fixed_amount"}),
        active=True,
        created=account.now(),
        fixed_amount=fixed,
        id=new_id("shr"),
        livemode=account.livemode,
    )
    return account.shipping_rates.add(rate)


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.shipping_rates.retrieve(id_)


def update(account: Account, parameters: UpdateShippingRate, id_: str) -> Json:
    rate = account.shipping_rates.retrieve(id_)
    rate.update(metadata.merged(rate, parameters.given()))
    return rate


def list_(account: Account, parameters: ListShippingRates) -> Json:
    plain = matches(parameters, "active", "created")
    currency = parameters.currency

    def kept(rate: Json) -> bool:
        return plain(rate) and currency in {None, rate["fixed_amount"]["currency"]}

    rates = account.shipping_rates.newest_first()
    return page(rates, parameters, url="/v1/shipping_rates", noun="shipping_rate", keep=kept)

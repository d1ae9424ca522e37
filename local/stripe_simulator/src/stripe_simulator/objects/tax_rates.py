"""Tax rates of the merchant, and those of automatic tax by country."""

from fractions import Fraction
from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import (
    Boolean,
    Metadata,
    MetadataChanges,
    Percent,
    Period,
    Text,
    Text50,
    TextOrUnset,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared

# The simulated rates of automatic tax in percent, one per country for all products, also listed in
# the README. In other countries the merchant is not registered, and the tax is 0.
AUTOMATIC: dict[str, tuple[str, str, str]] = {
    "AT": ("20", "vat", "VAT"),
    "AU": ("10", "gst", "GST"),
    "CA": ("5", "gst", "GST"),
    "CH": ("8.1", "vat", "VAT"),
    "DE": ("19", "vat", "VAT"),
    "ES": ("21", "vat", "VAT"),
    "FR": ("20", "vat", "VAT"),
    "GB": ("20", "vat", "VAT"),
    "IE": ("23", "vat", "VAT"),
    "IT": ("22", "vat", "VAT"),
    "JP": ("10", "jct", "JCT"),
    "NL": ("21", "vat", "VAT"),
    "SE": ("25", "vat", "VAT"),
    "US": ("8.25", "sales_tax", "Sales Tax"),
}

type TaxType = Literal[
    "amusement_tax",
    "communications_tax",
    "gst",
    "hst",
    "igst",
    "jct",
    "lease_tax",
    "mass_transit_parking_tax",
    "parking_tax",
    "pst",
    "qst",
    "retail_delivery_fee",
    "rst",
    "sales_tax",
    "service_tax",
    "vat",
]


class CreateTaxRate(Parameters):
    active: Boolean = True
    country: Text | None = None
    description: Text | None = None
    display_name: Text50
    inclusive: Boolean
    jurisdiction: Text50 | None = None
    metadata: Metadata = Field(default_factory=dict)
    percentage: Percent
    state: Text | None = None
    tax_type: TaxType | None = None


class UpdateTaxRate(Parameters):
    active: Boolean = True
    country: TextOrUnset = None
    description: TextOrUnset = None
    display_name: Text50 = ""
    jurisdiction: TextOrUnset = None
    metadata: MetadataChanges = Field(default_factory=dict)
    state: TextOrUnset = None
    tax_type: TaxType | None = None


class ListTaxRates(ListParameters):
    active: Boolean | None = None
    created: Period | None = None
    inclusive: Boolean | None = None


def create(account: Account, parameters: CreateTaxRate) -> Json:
    rate = _make(account, parameters.model_dump(exclude={"expand"}))
    account.record("tax_rate.created", rate, None)
    return rate


def automatic(account: Account, country: str, *, inclusive: bool) -> Json:
    """Return a country's rate; it is created at its first use."""
    percentage, tax_type, name = AUTOMATIC.get(country, ("0", None, "Tax"))
    for rate in account.automatic_tax_rates:
        if (rate["country"], rate["inclusive"]) == (country, inclusive):
            return rate
    values = {
        "active": False,
        "country": country,
        "display_name": name,
        "inclusive": inclusive,
        "jurisdiction": country,
        "metadata": {},
        "percentage": float(percentage),
        "tax_type": tax_type,
    }
    return account.automatic_tax_rates.add(_shape(account, values))


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.automatic_tax_rates.find(id_) or account.tax_rates.retrieve(id_)


def update(account: Account, parameters: UpdateTaxRate, id_: str) -> Json:
    return metadata.update(account, account.tax_rates.retrieve(id_), parameters)


def list_(account: Account, parameters: ListTaxRates) -> Json:
    rates = account.tax_rates.newest_first()
    return page(
        rates,
        parameters,
        url="/v1/tax_rates",
        noun="tax_rate",
        keep=matches(parameters, "active", "created", "inclusive"),
    )


def percent(rate: Json) -> Fraction:
    return Fraction(str(rate["percentage"]))


def _make(account: Account, values: Json) -> Json:
    return account.tax_rates.add(_shape(account, values))


def _shape(account: Account, values: Json) -> Json:
    return declared(
        stripe.TaxRate,
        **values,
        created=account.now(),
        effective_percentage=values["percentage"],
        id=new_id("txr"),
        livemode=account.livemode,
        rate_type="percentage",
    )

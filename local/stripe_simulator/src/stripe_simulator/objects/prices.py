"""Prices of products."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import stripe
from pydantic import AfterValidator, Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters
from stripe_simulator.api.values import (
    Array,
    Boolean,
    Currency,
    Metadata,
    MetadataChanges,
    NonNegative,
    Period,
    Positive,
    Text,
    TextOrUnset,
    refusal,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata, products
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.products import ProductData
from stripe_simulator.objects.shapes import declared, pick

MAX_LOOKUP_KEYS = 10

type TaxBehavior = Literal["exclusive", "inclusive", "unspecified"]


def _decimal(value: str) -> str:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise refusal(f"Invalid decimal: {value}", "parameter_invalid_decimal") from None
    if not amount.is_finite() or amount < 0:
        raise refusal(f"Invalid non-negative decimal: {value}", "parameter_invalid_decimal")
    return value


type Amount = Annotated[Text, AfterValidator(_decimal)]


class Recurring(Fields):
    interval: Literal["day", "week", "month", "year"]
    interval_count: Positive = 1
    usage_type: Literal["licensed", "metered"] = "licensed"


class PriceData(Fields):
    """The data of a price that is created with a line item."""

    currency: Currency
    product: Text | None = None
    product_data: ProductData | None = None
    recurring: Recurring | None = None
    tax_behavior: TaxBehavior = "unspecified"
    unit_amount: NonNegative | None = None
    unit_amount_decimal: Amount | None = None


class CreatePrice(PriceData, Parameters):
    active: Boolean = True
    billing_scheme: Literal["per_unit"] = "per_unit"
    lookup_key: Text | None = None
    metadata: Metadata = Field(default_factory=dict)
    nickname: Text | None = None
    transfer_lookup_key: Boolean = False


class UpdatePrice(Parameters):
    active: Boolean = True
    lookup_key: TextOrUnset = None
    metadata: MetadataChanges = Field(default_factory=dict)
    nickname: TextOrUnset = None
    tax_behavior: TaxBehavior = "unspecified"
    transfer_lookup_key: Boolean = False


class RecurringFilter(Fields):
    interval: Literal["day", "week", "month", "year"] | None = None


class ListPrices(ListParameters):
    active: Boolean | None = None
    created: Period | None = None
    currency: Currency | None = None
    lookup_keys: Array[Text] | None = None
    product: Text | None = None
    recurring: RecurringFilter | None = None
    type: Literal["one_time", "recurring"] | None = None


def create(account: Account, parameters: CreatePrice) -> Json:
    free_lookup_key(account, parameters.lookup_key, transfer=parameters.transfer_lookup_key)
    extra = parameters.model_dump(include={"active", "lookup_key", "metadata", "nickname"})
    return make(account, parameters, "", extra)


def check(account: Account, data: PriceData, prefix: str) -> str:
    """Validate as `make` does; return the unit amount."""
    _require_product(account, data, prefix)
    _, unit_amount_decimal = _amounts(data, prefix)
    return unit_amount_decimal


def make(account: Account, data: PriceData, prefix: str, extra: Json) -> Json:
    """Create a price; `prefix` is the data's parameter, for errors: `line_items[0][price_data]`."""
    _require_product(account, data, prefix)
    unit_amount, unit_amount_decimal = _amounts(data, prefix)
    price = declared(
        stripe.Price,
        **({"active": True, "metadata": {}} | extra),
        billing_scheme="per_unit",
        created=account.now(),
        currency=data.currency,
        id=new_id("price"),
        livemode=account.livemode,
        product=_product(account, data),
        recurring=_recurring(data.recurring),
        tax_behavior=data.tax_behavior,
        type="recurring" if data.recurring else "one_time",
        unit_amount=unit_amount,
        unit_amount_decimal=unit_amount_decimal,
    )
    account.prices.add(price)
    account.record("price.created", price, None)
    return price


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.prices.retrieve(id_)


def update(account: Account, parameters: UpdatePrice, id_: str) -> Json:
    price = account.prices.retrieve(id_)
    if parameters.lookup_key != price["lookup_key"]:
        free_lookup_key(account, parameters.lookup_key, transfer=parameters.transfer_lookup_key)
    changes = metadata.merged(price, parameters.given())
    changes.pop("transfer_lookup_key", None)
    account.update("price.updated", price, changes)
    return price


def list_(account: Account, parameters: ListPrices) -> Json:
    keys = parameters.lookup_keys
    if keys is not None and len(keys) > MAX_LOOKUP_KEYS:
        raise InvalidRequest(
            f"Array lookup_keys exceeded maximum {MAX_LOOKUP_KEYS} allowed elements.",
            param="lookup_keys",
        )

    plain = matches(parameters, "active", "created", "currency", "product", "type")
    recurring = parameters.recurring

    def kept(price: Json) -> bool:
        return (
            plain(price)
            and (keys is None or price["lookup_key"] in keys)
            and (recurring is None or _recurs(price, recurring.interval))
        )

    prices = account.prices.newest_first()
    return page(prices, parameters, url="/v1/prices", noun="price", keep=kept)


def currency_options(price: Json) -> Json:
    """Return the price's currency options: here only its own currency."""
    amounts = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    return {price["currency"]: pick(price, amounts)}


def _recurs(price: Json, interval: str | None) -> bool:
    recurring = price["recurring"]
    return recurring is not None and interval in {None, recurring["interval"]}


def _amounts(data: PriceData, prefix: str) -> tuple[int | None, str]:
    if data.unit_amount is not None and data.unit_amount_decimal is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
            param=_within(prefix, "unit_amount"),
        )
    if data.unit_amount is not None:
        return data.unit_amount, str(data.unit_amount)
    if data.unit_amount_decimal is not None:
        amount = Decimal(data.unit_amount_decimal)
        whole = int(amount) if amount == int(amount) else None
        return whole, data.unit_amount_decimal
    raise InvalidRequest(
        "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
    )


def _require_product(account: Account, data: PriceData, prefix: str) -> None:
    if data.product is not None and data.product_data is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: product, product_data.",
            param=_within(prefix, "product"),
        )
    if data.product is not None:
        account.products.named(data.product, _within(prefix, "product"))
    elif data.product_data is None:
        raise InvalidRequest(
            "You must specify either `product` or `product_data` when creating a price."
        )


def _product(account: Account, data: PriceData) -> str | None:
    if data.product_data is None:
        return data.product
    id_: str = products.make(account, data.product_data.model_dump())["id"]
    return id_


def _recurring(recurring: Recurring | None) -> Json | None:
    if recurring is None:
        return None
    return declared(stripe.Price.Recurring, **recurring.model_dump())


def free_lookup_key(account: Account, key: str | None, *, transfer: bool) -> None:
    """Refuse a lookup key in use, or take it from its price with `transfer`."""
    holder = next((price for price in account.prices if key and price["lookup_key"] == key), None)
    if holder is None:
        return
    if not transfer:
        raise InvalidRequest(
            f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key"
        )
    account.update("price.updated", holder, {"lookup_key": None})


def _within(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name

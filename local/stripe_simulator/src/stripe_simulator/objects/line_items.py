"""Line items of a Checkout Session, with an existing price or a new one (`price_data`)."""

from decimal import ROUND_HALF_UP, Decimal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Array, Boolean, Metadata, Positive, Text
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import prices
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.prices import PriceData
from stripe_simulator.objects.shapes import declared


class AdjustableQuantity(Fields):
    enabled: Boolean
    maximum: Positive | None = None
    minimum: Positive | None = None


class LineItem(Fields):
    adjustable_quantity: AdjustableQuantity | None = None
    metadata: Metadata | None = None
    price: Text | None = None
    price_data: PriceData | None = None
    quantity: Positive | None = None
    tax_rates: Array[Text] = Field(default_factory=list)


def amounts(account: Account, items: list[LineItem]) -> tuple[list[int], str]:
    """Return the items' amounts and common currency; refuse items that can't be sold."""
    currency = _currency(account, items[0], "line_items[0]")
    each = [
        _amount(account, item, f"line_items[{index}]", currency) for index, item in enumerate(items)
    ]
    return each, currency


def make_all(account: Account, items: list[LineItem]) -> list[Json]:
    """Create line items; `amounts` must have accepted them."""
    return [
        make(account, _price(account, item, f"line_items[{index}]"), item.quantity or 1, item)
        for index, item in enumerate(items)
    ]


def product(account: Account, item: LineItem) -> str | None:
    """Return an accepted item's product id; None if it is not created yet."""
    if item.price is None:
        return item.price_data.product if item.price_data else None
    id_: str = account.prices[item.price]["product"]
    return id_


def _amount(account: Account, item: LineItem, param: str, currency: str) -> int:
    if item.price is not None and item.price_data is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: price, price_data.", param=param
        )
    if item.price_data is not None and item.price_data.recurring is not None:
        raise _recurring(param)
    if item.price_data is not None:
        unit_amount = prices.check(account, item.price_data, f"{param}[price_data]")
    else:
        price = _named(account, item, param)
        require_sellable(account, price, param)
        unit_amount = price["unit_amount_decimal"]
    if item.quantity is None:
        raise InvalidRequest(f"Quantity is required. Add `quantity` to `{param}`", param=param)
    if _currency(account, item, param) != currency:
        raise InvalidRequest(
            f"The price specified only supports `{_currency(account, item, param)}`. This doesn't "
            f"match the expected currency: `{currency}`.",
            param=f"{param}[price]",
        )
    _require_tax_rates(account, item, param)
    return times(unit_amount, item.quantity)


def _require_tax_rates(account: Account, item: LineItem, param: str) -> None:
    behavior = item.price_data.tax_behavior if item.price_data else None
    if item.price is not None:
        behavior = account.prices[item.price]["tax_behavior"]
    for position, id_ in enumerate(item.tax_rates):
        rate = account.tax_rates.named(id_, f"{param}[tax_rates][{position}]")
        if not rate["active"]:
            raise InvalidRequest(
                f"The tax rate `{id_}` is inactive. This field only accepts active tax rates.",
                param=f"{param}[tax_rates][{position}]",
            )
        if behavior == ("exclusive" if rate["inclusive"] else "inclusive"):
            raise InvalidRequest(
                "One or more prices has a `tax_behavior` that conflicts with the tax rates that "
                "apply to the corresponding line item."
            )


def _currency(account: Account, item: LineItem, param: str) -> str:
    if item.price_data is not None:
        return item.price_data.currency
    currency: str = _named(account, item, param)["currency"]
    return currency


def _named(account: Account, item: LineItem, param: str) -> Json:
    if item.price is None:
        raise InvalidRequest(
            "You must provide one of `price` or `price_data` for each line item when using prices.",
            param=param,
        )
    return account.prices.named(item.price, f"{param}[price]")


def _price(account: Account, item: LineItem, param: str) -> Json:
    if item.price_data is None:
        return _named(account, item, param)
    # It can't be used again: Stripe creates it as inactive.
    return prices.make(account, item.price_data, f"{param}[price_data]", {"active": False})


def require_sellable(account: Account, price: Json, param: str) -> None:
    if not price["active"]:
        raise InvalidRequest(
            "The price specified is inactive. This field only accepts active prices.",
            param=f"{param}[price]",
        )
    if not account.products[price["product"]]["active"]:
        raise InvalidRequest(
            f"Price `{price['id']}` is not available to be purchased because its product is not "
            "active.",
            param=f"{param}[price]",
        )
    if price["type"] == "recurring":
        raise _recurring(param)


def _recurring(param: str) -> InvalidRequest:
    """`param` is the item's, as in client-side Checkout, where it is `items[0]`:
    https://github.com/dayhaysoos/use-shopping-cart/issues/224
    """
    return InvalidRequest(
        "You specified `payment` mode but passed a recurring price. Either switch to "
        "`subscription` mode or use only one-time prices.",
        param=param,
    )


def make(account: Account, price: Json, quantity: int, item: LineItem) -> Json:
    """Create a line item; `checkout_amounts` sets its discounts and taxes."""
    amount = times(price["unit_amount_decimal"], quantity)
    made = declared(
        stripe.LineItem,
        adjustable_quantity=item.adjustable_quantity and item.adjustable_quantity.model_dump(),
        amount_discount=0,
        amount_subtotal=amount,
        amount_tax=0,
        amount_total=amount,
        currency=price["currency"],
        description=account.products[price["product"]]["name"],
        id=new_id("li"),
        metadata=item.metadata,
        price=price,
        quantity=quantity,
    )
    # Included only if expanded.
    return {name: value for name, value in made.items() if name not in {"discounts", "taxes"}}


def times(unit_amount: str, quantity: int) -> int:
    exact = Decimal(unit_amount) * quantity
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))

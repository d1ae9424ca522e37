"""Offers of a Checkout Session: discounts, shipping and optional items."""

from dataclasses import dataclass

import stripe

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.objects import checkout_amounts, coupons, line_items, shipping_rates
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_options import Options, ShippingOption
from stripe_simulator.objects.shapes import declared


@dataclass(frozen=True)
class Offers:
    """The validated offers, before objects are created. `shipping`: the first option's amount."""

    coupon: Json | None
    promotion_code: Json | None
    shipping: int


def read(account: Account, options: Options, currency: str) -> Offers:
    """Validate the offers for this currency; raise InvalidRequest."""
    _require_optional_items(account, options, currency)
    amounts = [
        _shipping_amount(account, option, f"shipping_options[{position}]", currency)
        for position, option in enumerate(options.shipping_options)
    ]
    coupon, promotion_code = _discount(account, options, currency)
    return Offers(coupon, promotion_code, amounts[0] if amounts else 0)


def make(account: Account, session: Json, options: Options, offers: Offers) -> None:
    """Create the offers' objects; the first shipping option is preselected."""
    rates = [_shipping_rate(account, option) for option in options.shipping_options]
    session["shipping_options"] = [
        {"shipping_amount": rate["fixed_amount"]["amount"], "shipping_rate": rate["id"]}
        for rate in rates
    ]
    account.checkout[session["id"]].shipping_rate = rates[0]["id"] if rates else None
    session["optional_items"] = [
        declared(stripe.checkout.Session.OptionalItem, **item.model_dump(exclude_none=True))
        for item in options.optional_items
    ] or None
    if offers.coupon is not None:
        checkout_amounts.give_discount(account, session, offers.coupon, offers.promotion_code)


def _discount(account: Account, options: Options, currency: str) -> tuple[Json | None, Json | None]:
    if not options.discounts:
        return None, None
    [given] = options.discounts
    if (given.coupon is None) == (given.promotion_code is None):
        raise InvalidRequest(
            "You must specify one of these parameters: coupon, promotion_code.",
            param="discounts[0]",
        )
    if given.coupon is not None:
        param = "discounts[0][coupon]"
        coupon = account.coupons.named(given.coupon, param)
        coupons.require_redeemable(coupon, currency, param)
        return coupon, None
    param = "discounts[0][promotion_code]"
    code = account.promotion_codes.named(given.promotion_code or "", param)
    if not code["active"]:
        raise InvalidRequest("This promotion code is inactive.", param=param)
    coupon = account.coupons.named(code["promotion"]["coupon"], param)
    coupons.require_redeemable(coupon, currency, param)
    return coupon, code


def _shipping_amount(account: Account, option: ShippingOption, param: str, currency: str) -> int:
    if (option.shipping_rate is None) == (option.shipping_rate_data is None):
        raise InvalidRequest(
            "You must specify one of these parameters: shipping_rate, shipping_rate_data.",
            param=param,
        )
    if option.shipping_rate_data is not None:
        fixed = shipping_rates.fixed_amount(
            option.shipping_rate_data, f"{param}[shipping_rate_data]"
        )
    else:
        rate = account.shipping_rates.named(option.shipping_rate or "", f"{param}[shipping_rate]")
        if not rate["active"]:
            raise InvalidRequest(
                "The shipping rate specified is inactive. This field only accepts active "
                "shipping rates.",
                param=f"{param}[shipping_rate]",
            )
        fixed = rate["fixed_amount"]
    if fixed["currency"] != currency:
        raise InvalidRequest(
            f"The shipping rate specified only supports `{fixed['currency']}`. This doesn't match "
            f"the expected currency: `{currency}`.",
            param=param,
        )
    amount: int = fixed["amount"]
    return amount


def _shipping_rate(account: Account, option: ShippingOption) -> Json:
    if option.shipping_rate_data is not None:
        return shipping_rates.make(account, option.shipping_rate_data)
    return account.shipping_rates[option.shipping_rate or ""]


def _require_optional_items(account: Account, options: Options, currency: str) -> None:
    for position, item in enumerate(options.optional_items):
        param = f"optional_items[{position}]"
        price = account.prices.named(item.price, f"{param}[price]")
        line_items.require_sellable(account, price, param)
        if price["currency"] != currency:
            raise InvalidRequest(
                f"The price specified only supports `{price['currency']}`. This doesn't match the "
                f"expected currency: `{currency}`.",
                param=f"{param}[price]",
            )

"""The customer's choices in a Checkout Session that change its amounts."""

import copy

from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest, StripeError
from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Array, NonNegative, Positive, Text, TextOrUnset
from stripe_simulator.documents import Json
from stripe_simulator.objects import (
    checkout_amounts,
    checkout_settings,
    line_items,
    promotion_codes,
)
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.line_items import LineItem
from stripe_simulator.objects.people import Address

# https://docs.stripe.com/payments/checkout/adjustable-quantity
MOST = 99


class ItemQuantity(Fields):
    id: Text
    quantity: Positive


class OptionalQuantity(Fields):
    price: Text
    quantity: NonNegative


class ShippingTo(Fields):
    address: Address = Field(default_factory=Address)
    name: TextOrUnset = None


class Choices(Fields):
    """The customer's choices; one that is left out does not change."""

    billing_address: Address | None = None
    line_items: Array[ItemQuantity] = Field(default_factory=list)
    optional_items: Array[OptionalQuantity] = Field(default_factory=list)
    promotion_code: TextOrUnset = None
    shipping: ShippingTo | None = None
    shipping_rate: Text | None = None


def apply(account: Account, session: Json, choices: Choices, billed_in: str | None = None) -> None:
    """Apply all choices, or none if one is refused. `billed_in` is the billing country."""
    id_ = session["id"]
    before = copy.deepcopy((session, account.checkout[id_]))
    try:
        for chosen in choices.line_items:
            _adjust(account, session, chosen)
        for added in choices.optional_items:
            _add(account, session, added)
        if choices.shipping_rate is not None:
            _ship(account, session, choices.shipping_rate)
        _locate(account, session, choices, billed_in)
        checkout_amounts.refresh(account, session)
        if "promotion_code" in choices.model_fields_set:
            _redeem(account, session, choices.promotion_code)
            checkout_amounts.refresh(account, session)
        checkout_amounts.require_chargeable(session["amount_total"], session["currency"])
    except StripeError:
        session.clear()
        session.update(before[0])
        account.checkout[id_] = before[1]
        raise


def _adjust(account: Account, session: Json, chosen: ItemQuantity) -> None:
    items = account.checkout[session["id"]].line_items
    item = next((one for one in items if one["id"] == chosen.id), None)
    if item is None:
        raise InvalidRequest(
            f"No such line item: '{chosen.id}'", param="line_items", code="resource_missing"
        )
    if item["quantity"] == chosen.quantity:
        return
    _require_within(item["adjustable_quantity"], chosen.quantity, "line_items")
    _set_quantity(item, chosen.quantity)


def _add(account: Account, session: Json, added: OptionalQuantity) -> None:
    """Add an optional item to the line items, or remove it with quantity 0."""
    offered = [one for one in session["optional_items"] or [] if one["price"] == added.price]
    if not offered:
        raise InvalidRequest(
            f"No such optional item: '{added.price}'",
            param="optional_items",
            code="resource_missing",
        )
    facts = account.checkout[session["id"]]
    item = next(
        (one for one in facts.line_items if one["id"] == facts.optional_items.get(added.price)),
        None,
    )
    if added.quantity == 0:
        if item is not None:
            facts.line_items.remove(item)
            del facts.optional_items[added.price]
        return
    if added.quantity != offered[0]["quantity"]:
        _require_within(offered[0].get("adjustable_quantity"), added.quantity, "optional_items")
    if item is None:
        price = account.prices[added.price]
        item = line_items.make(account, price, added.quantity, LineItem(price=added.price))
        facts.line_items.append(item)
        facts.optional_items[added.price] = item["id"]
    _set_quantity(item, added.quantity)


def _set_quantity(item: Json, quantity: int) -> None:
    subtotal = line_items.times(item["price"]["unit_amount_decimal"], quantity)
    item.update(quantity=quantity, amount_subtotal=subtotal)


def _require_within(adjustable: Json | None, quantity: int, param: str) -> None:
    if not adjustable or not adjustable["enabled"]:
        raise InvalidRequest("The quantity of this item can not be adjusted.", param=param)
    least = adjustable.get("minimum") or 0
    most = adjustable.get("maximum") or MOST
    if not least <= quantity <= most:
        raise InvalidRequest(f"The quantity must be between {least} and {most}.", param=param)


def _ship(account: Account, session: Json, rate: str) -> None:
    if rate not in {one["shipping_rate"] for one in session["shipping_options"]}:
        raise InvalidRequest(
            f"The shipping rate `{rate}` is not one of this Checkout Session's shipping options.",
            param="shipping_rate",
        )
    account.checkout[session["id"]].shipping_rate = rate


def _locate(account: Account, session: Json, choices: Choices, billed_in: str | None) -> None:
    """Set the customer's country for automatic tax: of shipping, else of billing.

    https://docs.stripe.com/tax/customer-locations
    """
    customer = account.customers.find(session["customer"] or "")
    shipped_to = choices.shipping.address.country if choices.shipping else None
    if session["shipping_address_collection"] is not None:
        allowed = session["shipping_address_collection"]["allowed_countries"]
        if shipped_to is not None and shipped_to not in allowed:
            raise InvalidRequest(
                f"Shipping to {shipped_to} is not possible.",
                param="shipping[address][country]",
                code="shipping_address_invalid",
            )
    facts = account.checkout[session["id"]]
    if customer and "auto" not in facts.customer_update.values():
        facts.country = checkout_settings.location(customer) or facts.country
        return
    billing = choices.billing_address.country if choices.billing_address else None
    facts.country = shipped_to or billing or billed_in or facts.country


def _redeem(account: Account, session: Json, typed: str | None) -> None:
    facts = account.checkout[session["id"]]
    if typed is None:
        if session["allow_promotion_codes"]:
            checkout_amounts.take_discount(account, session)
        return
    if not session["allow_promotion_codes"]:
        raise InvalidRequest(
            "This Checkout Session does not allow promotion codes.", param="promotion_code"
        )
    code = promotion_codes.find(account, typed)
    if code is None:
        raise InvalidRequest("This promotion code is invalid.", param="promotion_code")
    if [one["promotion_code"] for one in facts.discounts] == [code["id"]]:
        return
    promotion_codes.require_redeemable(account, code, session, "promotion_code")
    coupon = account.coupons[code["promotion"]["coupon"]]
    checkout_amounts.give_discount(account, session, coupon, code)

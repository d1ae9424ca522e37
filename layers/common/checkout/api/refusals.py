"""What the caller learns when Stripe, or the shop's own rule, refuses a cart.

A lookup key can be guessed: whatever is wrong with its price, the response is that of a key that no
price has. The id of a price cannot, and gets the true reason.
"""

import re
from typing import TYPE_CHECKING

from checkout.errors import CheckoutError, FieldError, InvalidRequest, StripeRefused
from checkout.stripe.errors import MISSING, RefusalReason, RequestRefused

if TYPE_CHECKING:
    # Not at runtime: confirm imports this module too, and would pay for pydantic.
    from checkout.api.models import CheckoutRequest

PARAM_ITEM = re.compile(r"line_items\[(?P<index>[0-9]+)\](\[(?P<field>price|quantity)\])?.*")
PARAMS_OF_FIELDS = (
    *("customer_email", "client_reference_id", "ui_mode"),
    *("success_url", "cancel_url", "return_url", "locale", "customer", "discounts"),
)
UNKNOWN_PRICE = "Stripe has no such price that is active and sold here."
PRICE_REASONS = {
    RefusalReason.INACTIVE: "This price is not active.",
    RefusalReason.PRODUCT: "The product of this price is not active.",
    RefusalReason.RECURRING: "This price is recurring: only one-time prices are sold here.",
    RefusalReason.CURRENCY: "This price is in another currency than the other items.",
}
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
CART_REASONS_BY_CODE = {
    "amount_too_small": "The total is below the minimum that Stripe charges in this currency.",
    "amount_too_large": "The total is above the maximum that Stripe charges in this currency.",
}
CART_REASONS = {
    RefusalReason.INACTIVE: "One of the prices is not active.",
    RefusalReason.PRODUCT: "The product of one of the prices is not active.",
    RefusalReason.RECURRING: "One of the prices is recurring: only one-time prices are sold here.",
    RefusalReason.CURRENCY: "All prices must be in the same currency.",
}
CUSTOMER = "The options need more of this customer: name customer_update in the options."
NO_TAX_LOCATION = "customer_tax_location_invalid"  # https://docs.stripe.com/error-codes


def invalid(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest("The body does not fit the contract.", (FieldError(pointer, detail),))


def unknown_price(request: "CheckoutRequest", index: int) -> InvalidRequest:
    """Refuse an item whose price does not exist or may not be sold, without saying which."""
    name = "price" if request.items[index].price else "lookup_key"
    return invalid(f"/items/{index}/{name}", UNKNOWN_PRICE)


def refused_request(refused: RequestRefused, request: "CheckoutRequest") -> CheckoutError:
    """Name the caller's field for the parameter that Stripe refuses, and why if that is known."""
    param = refused.param or ""
    if whole := _refused_customer(refused, request) or _refused_cart(refused, param):
        return whole
    if match := PARAM_ITEM.fullmatch(param):
        return _refused_item(refused, request, int(match["index"]), match["field"])
    name = param.partition("[")[0]
    # A default URL, which the caller did not send, is not the caller's to fix.
    if name in PARAMS_OF_FIELDS and getattr(request, name, None) is not None:
        return invalid(f"/{name}", "Stripe does not accept this value.")
    if name in request.own_options:
        return invalid(f"/options/{name}", "Stripe does not accept this value.")
    if param.startswith("metadata") and request.metadata:
        return invalid("/metadata", "Stripe does not accept this metadata.")
    return StripeRefused(f"Stripe refuses the parameter {param or None}: {refused.code}.")


def _refused_customer(refused: RequestRefused, request: "CheckoutRequest") -> InvalidRequest | None:
    """Refuse a customer of whom the options, which may be the environment's, ask for more."""
    named = getattr(request, "customer", None) is not None
    if named and (refused.code == NO_TAX_LOCATION or refused.reason is RefusalReason.CUSTOMER):
        return invalid("/customer", CUSTOMER)
    return None


def _refused_cart(refused: RequestRefused, param: str) -> InvalidRequest | None:
    if reason := CART_REASONS_BY_CODE.get(refused.code or ""):
        return invalid("/items", reason)
    # Without a parameter and a reason, nothing says that the cart is to blame.
    if param in {"", "mode", "currency", "line_items"} and refused.reason in CART_REASONS:
        return invalid("/items", CART_REASONS[refused.reason])
    if param == "line_items":
        return invalid("/items", "Stripe does not accept these items together.")
    return None


def _refused_item(
    refused: RequestRefused, request: "CheckoutRequest", index: int, field: str | None
) -> InvalidRequest:
    if field == "quantity" or (field is None and refused.reason is None):
        pointer = f"/items/{index}" + (f"/{field}" if field else "")
        return invalid(pointer, "Stripe does not accept this item.")
    by_lookup_key = request.items[index].price is None
    guessable = by_lookup_key and refused.reason is not RefusalReason.CURRENCY
    if not request.items[index].is_named:
        return invalid(f"/items/{index}", "Stripe does not accept this item.")
    if refused.code == MISSING or refused.reason not in PRICE_REASONS or guessable:
        return unknown_price(request, index)
    name = "lookup_key" if by_lookup_key else "price"
    return invalid(f"/items/{index}/{name}", PRICE_REASONS[refused.reason])

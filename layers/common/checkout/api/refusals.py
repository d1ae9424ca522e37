"""Error responses for carts that Stripe or the shop's rules refuse.

Lookup keys can be guessed, so every problem with one gets the unknown-price response. Price ids
can't be guessed and get the true reason.
"""

import re
from typing import TYPE_CHECKING

from checkout.errors import CheckoutError, FieldError, InvalidRequest, StripeRefused
from checkout.stripe.errors import MISSING, RefusalReason, RequestRefused

if TYPE_CHECKING:
    # Not at run time: confirm imports this module too, and does not need pydantic.
    from checkout.api.models import CheckoutRequest

PARAM_ITEM = re.compile(r"line_items\[(?P<index>[0-9]+)\](\[(?P<field>price|quantity)\])?.*")
PARAMS_OF_FIELDS = (
    *("customer_email", "client_reference_id", "ui_mode"),
    *("success_url", "cancel_url", "return_url", "locale", "customer", "discounts"),
)
UNKNOWN_PRICE = "This price does not exist or is not for sale."
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
    return InvalidRequest("The body does not match the schema.", (FieldError(pointer, detail),))


def unknown_price(request: "CheckoutRequest", index: int) -> InvalidRequest:
    """Return the error for a price that does not exist or is not sold, without saying which."""
    name = "price" if request.items[index].price else "lookup_key"
    return invalid(f"/items/{index}/{name}", UNKNOWN_PRICE)


def refused_request(refused: RequestRefused, request: "CheckoutRequest") -> CheckoutError:
    """Map the parameter that Stripe refused to the request's field, with the reason if known."""
    param = refused.param or ""
    if whole := _refused_customer(refused, request) or _refused_cart(refused, param):
        return whole
    if match := PARAM_ITEM.fullmatch(param):
        return _refused_item(refused, request, int(match["index"]), match["field"])
    name = param.partition("[")[0]
    # The caller can't fix a default URL that it did not send.
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
    # Blame the cart only if Stripe gave a parameter or a reason.
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

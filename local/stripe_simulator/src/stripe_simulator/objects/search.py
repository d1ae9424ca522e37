"""`/v1/{objects}/search`: https://docs.stripe.com/search

Stripe's results may be a minute old; these are always current.
"""

import base64
import binascii
from collections.abc import Callable, Iterable

from stripe_simulator.api import search_queries
from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.parameters import DEFAULT_LIMIT, Parameters
from stripe_simulator.api.search_queries import Fields
from stripe_simulator.api.values import Limit, Text
from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account


class Search(Parameters):
    limit: Limit = DEFAULT_LIMIT
    page: Text | None = None
    query: Text


CHARGES: Fields = {
    "amount": "number",
    "billing_details.address.postal_code": "token",
    "created": "number",
    "currency": "token",
    "customer": "token",
    "disputed": "token",
    "payment_method_details.*.brand": "token",
    "payment_method_details.*.exp_month": "number",
    "payment_method_details.*.exp_year": "number",
    "payment_method_details.*.fingerprint": "token",
    "payment_method_details.*.last4": "token",
    "refunded": "token",
    "status": "token",
}
CUSTOMERS: Fields = {
    "created": "number",
    "email": "string",
    "name": "string",
    "phone": "string",
}
INVOICES: Fields = {
    "created": "number",
    "currency": "token",
    "customer": "token",
    "number": "string",
    "receipt_number": "string",
    "status": "string",
    "total": "number",
}
PAYMENT_INTENTS: Fields = {
    "amount": "number",
    "created": "number",
    "currency": "token",
    "customer": "token",
    "status": "token",
}
PRICES: Fields = {
    "active": "token",
    "currency": "token",
    "lookup_key": "string",
    "product": "string",
    "type": "token",
}
PRODUCTS: Fields = {
    "active": "token",
    "description": "string",
    "name": "string",
    "shippable": "token",
    "url": "string",
}


def charges(account: Account, parameters: Search) -> Json:
    return _search(account.charges.newest_first(), parameters, "charges", CHARGES)


def customers(account: Account, parameters: Search) -> Json:
    return _search(account.customers.newest_first(), parameters, "customers", CUSTOMERS)


def invoices(account: Account, parameters: Search) -> Json:
    return _search(account.invoices.newest_first(), parameters, "invoices", INVOICES)


def payment_intents(account: Account, parameters: Search) -> Json:
    intents = account.payment_intents.newest_first()
    return _search(intents, parameters, "payment_intents", PAYMENT_INTENTS)


def prices(account: Account, parameters: Search) -> Json:
    return _search(account.prices.newest_first(), parameters, "prices", PRICES)


def products(account: Account, parameters: Search) -> Json:
    return _search(account.products.newest_first(), parameters, "products", PRODUCTS)


def _search(objects: Iterable[Json], parameters: Search, resource: str, fields: Fields) -> Json:
    matches: Callable[[Json], bool] = search_queries.parse(parameters.query, resource, fields)
    begin = _offset(parameters.page)
    found = [one for one in objects if matches(one)]
    end = begin + parameters.limit
    return {
        "object": "search_result",
        "data": found[begin:end],
        "has_more": len(found) > end,
        "next_page": _token(end) if len(found) > end else None,
        "url": f"/v1/{resource}/search",
    }


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        raise InvalidRequest("Invalid page token.", param="page") from None

"""All endpoints of the API: method, path, function, and kind of the response."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import get_type_hints

from stripe_simulator.api.gateway import Operation
from stripe_simulator.api.parameters import Parameters
from stripe_simulator.documents import Json
from stripe_simulator.objects import (
    accounts,
    balance_transactions,
    captures,
    charges,
    checkout_sessions,
    coupons,
    customers,
    disputes,
    invoices,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    promotion_codes,
    refunds,
    saved_methods,
    search,
    setup_intents,
    shipping_rates,
    tax_rates,
)
from stripe_simulator.simulator import Simulator
from stripe_simulator.webhooks import (
    cli_sessions,
    event_destinations_api,
    events_api,
    webhook_endpoints_api,
)

type Run = Callable[..., Json | Awaitable[Json]]
type Row = tuple[str, str, Run, str]

# Before the objects' paths, in which `search` would be read as an id.
SEARCHES: list[Row] = [
    ("GET", "/v1/charges/search", search.charges, "list charge"),
    ("GET", "/v1/customers/search", search.customers, "list customer"),
    ("GET", "/v1/invoices/search", search.invoices, "list invoice"),
    ("GET", "/v1/payment_intents/search", search.payment_intents, "list payment_intent"),
    ("GET", "/v1/prices/search", search.prices, "list price"),
    ("GET", "/v1/products/search", search.products, "list product"),
]
OBJECTS: list[Row] = [
    ("GET", "/v1/account", accounts.retrieve, ""),
    ("POST", "/v1/products", products.create, "product"),
    ("GET", "/v1/products", products.list_, "list product"),
    ("GET", "/v1/products/{id}", products.retrieve, "product"),
    ("POST", "/v1/products/{id}", products.update, "product"),
    ("DELETE", "/v1/products/{id}", products.delete, ""),
    ("POST", "/v1/prices", prices.create, "price"),
    ("GET", "/v1/prices", prices.list_, "list price"),
    ("GET", "/v1/prices/{id}", prices.retrieve, "price"),
    ("POST", "/v1/prices/{id}", prices.update, "price"),
    ("POST", "/v1/customers", customers.create, "customer"),
    ("GET", "/v1/customers", customers.list_, "list customer"),
    ("GET", "/v1/customers/{id}", customers.retrieve, "customer"),
    ("POST", "/v1/customers/{id}", customers.update, "customer"),
    ("DELETE", "/v1/customers/{id}", customers.delete, ""),
    ("POST", "/v1/checkout/sessions", checkout_sessions.create, "checkout.session"),
    ("GET", "/v1/checkout/sessions", checkout_sessions.list_, "list checkout.session"),
    ("GET", "/v1/checkout/sessions/{id}", checkout_sessions.retrieve, "checkout.session"),
    ("POST", "/v1/checkout/sessions/{id}", checkout_sessions.update, "checkout.session"),
    ("POST", "/v1/checkout/sessions/{id}/expire", checkout_sessions.expire, "checkout.session"),
    (
        "GET",
        "/v1/checkout/sessions/{id}/line_items",
        checkout_sessions.list_line_items,
        "list item",
    ),
    ("GET", "/v1/payment_pages/{id}", payment_pages.retrieve, ""),
    ("POST", "/v1/payment_pages/{id}", payment_pages.update, ""),
    ("POST", "/v1/payment_methods", payment_methods.create, "payment_method"),
    ("GET", "/v1/payment_methods/{id}", payment_methods.retrieve, "payment_method"),
    ("POST", "/v1/payment_intents", payment_intents.create, "payment_intent"),
    ("GET", "/v1/payment_intents", payment_intents.list_, "list payment_intent"),
    ("GET", "/v1/payment_intents/{id}", payment_intents.retrieve, "payment_intent"),
    ("POST", "/v1/payment_intents/{id}", payment_intents.update, "payment_intent"),
    ("POST", "/v1/payment_intents/{id}/confirm", payment_intents.confirm, "payment_intent"),
    ("POST", "/v1/payment_intents/{id}/capture", captures.capture, "payment_intent"),
    ("POST", "/v1/payment_intents/{id}/cancel", payment_intents.cancel, "payment_intent"),
    ("GET", "/v1/charges", charges.list_, "list charge"),
    ("GET", "/v1/charges/{id}", charges.retrieve, "charge"),
    ("POST", "/v1/charges/{id}", charges.update, "charge"),
    ("GET", "/v1/balance_transactions", balance_transactions.list_, "list balance_transaction"),
    ("GET", "/v1/balance_transactions/{id}", balance_transactions.retrieve, "balance_transaction"),
    ("POST", "/v1/refunds", refunds.create, "refund"),
    ("GET", "/v1/refunds", refunds.list_, "list refund"),
    ("GET", "/v1/refunds/{id}", refunds.retrieve, "refund"),
    ("POST", "/v1/refunds/{id}", refunds.update, "refund"),
    ("POST", "/v1/refunds/{id}/cancel", refunds.cancel, "refund"),
    ("GET", "/v1/disputes", disputes.list_, "list dispute"),
    ("GET", "/v1/disputes/{id}", disputes.retrieve, "dispute"),
    ("POST", "/v1/disputes/{id}", disputes.update, "dispute"),
    ("POST", "/v1/disputes/{id}/close", disputes.close, "dispute"),
]
OPTIONS: list[Row] = [
    ("GET", "/v1/payment_methods", saved_methods.list_, "list payment_method"),
    ("POST", "/v1/payment_methods/{id}", saved_methods.update, "payment_method"),
    ("POST", "/v1/payment_methods/{id}/attach", saved_methods.attach, "payment_method"),
    ("POST", "/v1/payment_methods/{id}/detach", saved_methods.detach, "payment_method"),
    (
        "GET",
        "/v1/customers/{id}/payment_methods",
        saved_methods.list_of_customer,
        "list payment_method",
    ),
    (
        "GET",
        "/v1/customers/{id}/payment_methods/{method}",
        saved_methods.retrieve_of_customer,
        "payment_method",
    ),
    ("POST", "/v1/setup_intents", setup_intents.create, "setup_intent"),
    ("GET", "/v1/setup_intents", setup_intents.list_, "list setup_intent"),
    ("GET", "/v1/setup_intents/{id}", setup_intents.retrieve, "setup_intent"),
    ("POST", "/v1/setup_intents/{id}", setup_intents.update, "setup_intent"),
    ("POST", "/v1/setup_intents/{id}/confirm", setup_intents.confirm, "setup_intent"),
    ("POST", "/v1/setup_intents/{id}/cancel", setup_intents.cancel, "setup_intent"),
    ("GET", "/v1/invoices", invoices.list_, "list invoice"),
    ("GET", "/v1/invoices/{id}", invoices.retrieve, "invoice"),
    ("POST", "/v1/coupons", coupons.create, "coupon"),
    ("GET", "/v1/coupons", coupons.list_, "list coupon"),
    ("GET", "/v1/coupons/{id}", coupons.retrieve, "coupon"),
    ("POST", "/v1/coupons/{id}", coupons.update, "coupon"),
    ("DELETE", "/v1/coupons/{id}", coupons.delete, ""),
    ("POST", "/v1/promotion_codes", promotion_codes.create, "promotion_code"),
    ("GET", "/v1/promotion_codes", promotion_codes.list_, "list promotion_code"),
    ("GET", "/v1/promotion_codes/{id}", promotion_codes.retrieve, "promotion_code"),
    ("POST", "/v1/promotion_codes/{id}", promotion_codes.update, "promotion_code"),
    ("POST", "/v1/shipping_rates", shipping_rates.create, "shipping_rate"),
    ("GET", "/v1/shipping_rates", shipping_rates.list_, "list shipping_rate"),
    ("GET", "/v1/shipping_rates/{id}", shipping_rates.retrieve, "shipping_rate"),
    ("POST", "/v1/shipping_rates/{id}", shipping_rates.update, "shipping_rate"),
    ("POST", "/v1/tax_rates", tax_rates.create, "tax_rate"),
    ("GET", "/v1/tax_rates", tax_rates.list_, "list tax_rate"),
    ("GET", "/v1/tax_rates/{id}", tax_rates.retrieve, "tax_rate"),
    ("POST", "/v1/tax_rates/{id}", tax_rates.update, "tax_rate"),
]
ENDPOINTS: list[Row] = [
    ("POST", "/v1/webhook_endpoints", webhook_endpoints_api.create, ""),
    ("GET", "/v1/webhook_endpoints", webhook_endpoints_api.list_, ""),
    ("GET", "/v1/webhook_endpoints/{id}", webhook_endpoints_api.retrieve, ""),
    ("POST", "/v1/webhook_endpoints/{id}", webhook_endpoints_api.update, ""),
    ("DELETE", "/v1/webhook_endpoints/{id}", webhook_endpoints_api.delete, ""),
]
DESTINATIONS: list[Row] = [
    ("POST", "/v2/core/event_destinations", event_destinations_api.create, ""),
    ("GET", "/v2/core/event_destinations", event_destinations_api.list_, ""),
    ("GET", "/v2/core/event_destinations/{id}", event_destinations_api.retrieve, ""),
    ("POST", "/v2/core/event_destinations/{id}", event_destinations_api.update, ""),
    ("DELETE", "/v2/core/event_destinations/{id}", event_destinations_api.delete, ""),
    ("POST", "/v2/core/event_destinations/{id}/disable", event_destinations_api.disable, ""),
    ("POST", "/v2/core/event_destinations/{id}/enable", event_destinations_api.enable, ""),
]
EVENTS: list[Row] = [
    ("GET", "/v1/events", events_api.list_, ""),
    ("GET", "/v1/events/{id}", events_api.retrieve, ""),
    ("POST", "/v1/events/{id}/retry", events_api.retry, ""),
    ("GET", "/v2/core/events/{id}", events_api.retrieve_thin, ""),
    ("POST", "/v2/core/event_destinations/{id}/ping", events_api.ping, ""),
]
CLI: list[Row] = [("POST", "/v1/stripecli/sessions", cli_sessions.create, "")]
# A method of the Simulator, because the redirect after payment waits for the webhook.
SIMULATOR: list[Row] = [("POST", "/v1/payment_pages/{id}/confirm", Simulator.confirm_page, "")]


def operations(simulator: Simulator) -> list[Operation]:
    return [
        *_bound(simulator.account, SEARCHES),
        *_bound(simulator.account, OBJECTS),
        *_bound(simulator.account, OPTIONS),
        *_bound(simulator.endpoints, ENDPOINTS),
        *_bound(simulator.endpoints, DESTINATIONS),
        *_bound(simulator.webhooks, EVENTS),
        *_bound(simulator.cli, CLI),
        *_bound(simulator, SIMULATOR),
    ]


def _bound(context: object, rows: Iterable[Row]) -> list[Operation]:
    """Bind `run(context, parameters, *ids)`; the type of `parameters` defines what is read."""
    return [
        Operation(method, path, _parameters(run), partial(run, context), returns)
        for method, path, run, returns in rows
    ]


def _parameters(run: Run) -> type[Parameters]:
    hints = get_type_hints(run).values()
    return next(hint for hint in hints if isinstance(hint, type) and issubclass(hint, Parameters))

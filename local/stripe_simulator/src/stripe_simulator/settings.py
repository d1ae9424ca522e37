"""Settings that are fixed for the lifetime of a simulator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import stripe
from stripe.params import WebhookEndpointCreateParams

from stripe_simulator.listener import LOOPBACK

# The SDK's API version.
API_VERSION = stripe.api_version
# API versions that an endpoint can have.
(_VERSIONS,) = get_args(WebhookEndpointCreateParams.__annotations__["api_version"])
API_VERSIONS = frozenset(get_args(_VERSIONS))
DEFAULT_RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True)
class Settings:
    """Durations are in seconds.

    Without `secret_keys`, every key that begins with `sk_test_` is accepted.
    `retry_seconds` are the waits before the second, third, ... attempt of a delivery: Stripe's go
    on for three days, these for half a minute. `async_payment_seconds` is how long a bank debit
    is processing, `balance_transaction_seconds` how long until a card payment has its balance
    transaction. `redirect_seconds` is how long a paid page waits for the webhook's response.
    `restricted_permissions` are the initial permissions of `restricted_key`.
    `shop_name` is the merchant's name on the payment page.
    `orders_url` continued by an order's id gives the order's history (local/shop/order_reader.py).
    `connect_to` maps a webhook URL's host to the address to connect to instead.
    `host` is the address that it listens on, `allowed_hosts` the names that callers of another
    machine may call it by. `random_seed` is that of the chances that drop and shuffle deliveries.
    """

    secret_keys: tuple[str, ...] = ()
    restricted_key: str | None = None
    restricted_permissions: tuple[str, ...] = ()
    retry_seconds: tuple[float, ...] = DEFAULT_RETRY_SECONDS
    async_payment_seconds: float = 0.5
    balance_transaction_seconds: float = 2.5
    refund_seconds: float = 0.5
    redirect_seconds: float = 10.0
    delivery_timeout_seconds: float = 30.0
    connect_to: Mapping[str, str] = field(default_factory=dict)
    host: str = LOOPBACK
    allowed_hosts: tuple[str, ...] = ()
    random_seed: int | None = None
    shop_name: str = "Example shop"
    orders_url: str | None = None

    @property
    def livemode(self) -> bool:
        return bool(self.secret_keys) and self.secret_keys[0].startswith(("sk_live_", "rk_live_"))

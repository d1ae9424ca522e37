"""The Stripe account of a stack, with its webhook endpoint and its products.

It is the simulator's account, or a real one if the caller has a test key.
"""

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import stripe

from checkout.stripe.events import HANDLED_EVENTS
from local.machine.processes import LocalCloudError, OnDeath, service
from local.shop import catalogue

if TYPE_CHECKING:
    from stripe.params import WebhookEndpointCreateParams

# The permissions of the service's restricted key: the minimum that it needs. The integration tests
# run with it. https://docs.stripe.com/keys/permissions-reference
SERVICE_PERMISSIONS = (
    "checkout_session_write",
    "payment_intent_read",
    "charge_read",  # Refunds too: Stripe's "Charges and Refunds".
    "dispute_read",
    "plan_read",  # Prices.
    "product_read",
)
STRIPE_URL = "https://api.stripe.com"
TEST_KEY_PREFIXES = ("sk_test_", "rk_test_")
LIVE_KEY_PREFIXES = ("sk_live_", "rk_live_")

# A lookup key in local/shop/products.json.
LOOKUP_KEY = "mug"
# An active one-time price of the same account that the shop does not sell.
STAFF_LOOKUP_KEY = "staff_tv"
UNIT_AMOUNT = 1200


@dataclass(frozen=True)
class StripeAccount:
    """`api_base` is the stack's parameter StripeApiBase: empty for Stripe itself.

    `api_key` is the merchant's, `service_key` the functions'.
    """

    url: str
    api_key: str
    service_key: str
    api_base: str
    webhook_secret: str | None = None

    @property
    def steps_url(self) -> str | None:
        """The URL to which the local AWS reports the frontend's calls, for the live view."""
        return f"{self.url}/_simulator/steps" if self.simulated else None

    @property
    def simulated(self) -> bool:
        return self.api_base != ""


def real_account(environment: Mapping[str, str]) -> StripeAccount | None:
    """Return the account of STRIPE_API_KEY, None without one; refuse a live key."""
    key = environment.get("STRIPE_API_KEY", "")
    if not key:
        return None
    if key.startswith(LIVE_KEY_PREFIXES):
        raise LocalCloudError("STRIPE_API_KEY is a live key: only test keys are used here")
    if not key.startswith(TEST_KEY_PREFIXES):
        raise LocalCloudError("STRIPE_API_KEY is not a test key (sk_test_... or rk_test_...)")
    # Without one, a random secret: an empty one would verify any sender's signature.
    secret = environment.get("STRIPE_WEBHOOK_SECRET") or f"whsec_{secrets.token_hex(16)}"
    return StripeAccount(STRIPE_URL, key, key, api_base="", webhook_secret=secret)


@contextmanager
def simulated_account(
    run: Path,
    on_death: OnDeath,
    seed: int | None = None,
    port: int = 0,
    orders_url: str | None = None,
) -> Iterator[StripeAccount]:
    """Run the simulator. `seed` is its random seed for dropped and shuffled deliveries; port 0
    chooses a free one. `orders_url` is the URL where its live view reads orders.
    """
    ready = run / "stripe.json"
    api_key = f"sk_test_{secrets.token_hex(12)}"
    service_key = f"rk_test_{secrets.token_hex(12)}"
    command = [
        str(Path(sys.executable).with_name("stripe-simulator")),
        *("--port", str(port), "--secret-key", api_key, "--ready-file", str(ready)),
        "--end-with-stdin",
        *("--restricted-key", service_key),
        *(f"--permission={permission}" for permission in SERVICE_PERMISSIONS),
        *(("--random-seed", str(seed)) if seed is not None else ()),
        *(("--orders-url", orders_url) if orders_url is not None else ()),
    ]
    with service(
        "Stripe simulator", command, log=run / "stripe.log", env={}, on_death=on_death
    ) as child:
        child.wait_until_ready(ready.is_file)
        url = json.loads(ready.read_text())["url"]
        yield StripeAccount(url, api_key, service_key, api_base=url)


def register_webhook(account: StripeAccount, url: str) -> str:
    """Register a webhook endpoint; return its signing secret."""
    params = {"url": url, "enabled_events": list(HANDLED_EVENTS), "api_version": stripe.api_version}
    endpoint = client(account).v1.webhook_endpoints.create(
        cast("WebhookEndpointCreateParams", params)
    )
    assert endpoint.secret is not None  # noqa: S101  (given at creation, and only then)
    return endpoint.secret


def stock_the_shop(account: StripeAccount, pictures_url: str | None = None) -> str:
    """Create the products; return the price id of LOOKUP_KEY. STAFF_LOOKUP_KEY is not sold."""
    return catalogue.stock(client(account), pictures_url)[f"{LOOKUP_KEY}_price"]


def client(account: StripeAccount) -> stripe.StripeClient:
    return stripe.StripeClient(account.api_key, base_addresses={"api": account.url})

"""Finds a Stripe API key's permissions by requests that change nothing at Stripe.

Read permissions are tested by listing one object, write permissions by a request with an invalid
parameter: Stripe first checks the permission (403), then the parameters (400).
https://docs.stripe.com/keys/restricted-api-keys
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import stripe

from ops import stripe_keys
from ops.errors import OpsError
from ops.stack import Stack

# A type that no parameter has.
INVALID: Any = {"invalid": "on purpose"}


@dataclass(frozen=True)
class Permission:
    """`name` is as in Stripe's Dashboard, Developers, API keys."""

    name: str
    attempt: Callable[[stripe.StripeClient], object]

    def is_granted(self, client: stripe.StripeClient) -> bool:
        """Test the permission; raise stripe.StripeError for unrelated errors."""
        try:
            self.attempt(client)
        except stripe.PermissionError:
            return False
        except stripe.InvalidRequestError as error:
            # An object that the key can't find counts as not permitted.
            return error.http_status == HTTPStatus.BAD_REQUEST
        return True


# What the service calls (checkout/stripe/api.py).
NEEDED = (
    Permission("Checkout Sessions: Write", lambda one: one.v1.checkout.sessions.create(INVALID)),
    Permission("PaymentIntents: Read", lambda one: one.v1.payment_intents.list({"limit": 1})),
    Permission("Charges and Refunds: Read", lambda one: one.v1.refunds.list({"limit": 1})),
    Permission("Disputes: Read", lambda one: one.v1.disputes.list({"limit": 1})),
    Permission("Prices: Read", lambda one: one.v1.prices.list({"limit": 1})),
    Permission("Products: Read", lambda one: one.v1.products.list({"limit": 1})),
)
# The permissions that would do most harm if the key leaked.
NOT_NEEDED = (
    Permission("Charges and Refunds: Write", lambda one: one.v1.refunds.create(INVALID)),
    Permission("Payouts: Write", lambda one: one.v1.payouts.create(INVALID)),
    Permission("Transfers: Write", lambda one: one.v1.transfers.create(INVALID)),
    Permission("PaymentIntents: Write", lambda one: one.v1.payment_intents.create(INVALID)),
    Permission("Products: Write", lambda one: one.v1.products.create(INVALID)),
    Permission("Customers: Read", lambda one: one.v1.customers.list({"limit": 1})),
    Permission("Webhook Endpoints: Read", lambda one: one.v1.webhook_endpoints.list({"limit": 1})),
)


def granted(
    client: stripe.StripeClient, permissions: Iterable[Permission], *, wanted: bool
) -> list[str]:
    """Return the names of the granted permissions if `wanted`, else of the missing ones."""
    return [one.name for one in permissions if one.is_granted(client) is wanted]


class Unusable(OpsError):
    """Stripe does not accept the key, or it is of the other mode."""


def require_service_key(stack: Stack, key: str) -> None:
    """Raise Unusable, or OpsError if the key lacks permissions that the service needs."""
    try:
        stripe_keys.require_usable(key, livemode=stack.livemode)
        missing = granted(stripe_keys.client(stack.environment, key), NEEDED, wanted=False)
    except OpsError as error:
        raise Unusable(str(error)) from None
    except stripe.AuthenticationError:
        raise Unusable("Stripe does not accept the API key.") from None
    if missing:
        raise OpsError(
            "The key lacks permissions that the service needs. Add them in Stripe's Dashboard, "
            f"Developers, API keys: {', '.join(missing)}."
        )


def require_same_account(stack: Stack, key: str, other: str) -> None:
    """Raise OpsError if two keys belong to different Stripe accounts, as far as both may read.

    Accounts are compared by their newest price.
    """
    if key == other:
        return
    newest = []
    for one in (key, other):
        try:
            prices = stripe_keys.client(stack.environment, one).v1.prices.list({"limit": 1}).data
        except (stripe.PermissionError, stripe.AuthenticationError):
            return
        newest.append([price.id for price in prices])
    if newest[0] != newest[1]:
        raise OpsError(
            "The keys are of different Stripe accounts or sandboxes: the webhook and the service "
            "must have the same one."
        )

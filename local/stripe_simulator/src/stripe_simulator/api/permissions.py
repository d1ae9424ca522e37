"""Restricted keys: what each endpoint and each expanded object asks of one.

https://docs.stripe.com/keys/restricted-api-keys
https://docs.stripe.com/keys/permissions-reference
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stripe_simulator.api import expansion
from stripe_simulator.api.errors import PermissionMissing
from stripe_simulator.api.masking import masked

# What an endpoint is about: GET reads it, any other method writes it. An endpoint that is not
# under one of these paths needs a secret key.
RESOURCES = {
    "/v1/balance_transactions": "balance",
    "/v1/charges": "charge",
    "/v1/checkout/sessions": "checkout_session",
    "/v1/coupons": "coupon",
    "/v1/customers": "customer",
    "/v1/disputes": "dispute",
    "/v1/events": "event",
    "/v1/invoices": "invoice",
    "/v1/payment_intents": "payment_intent",
    "/v1/payment_methods": "payment_method",
    # Prices took over the permission of plans.
    "/v1/prices": "plan",
    "/v1/products": "product",
    "/v1/promotion_codes": "promotion_code",
    # The Dashboard's "Charges and Refunds" is one permission.
    "/v1/refunds": "charge",
    "/v1/setup_intents": "setup_intent",
    "/v1/shipping_rates": "shipping_rate",
    "/v1/tax_rates": "tax_rate",
    "/v1/webhook_endpoints": "webhook",
    "/v2/core/event_destinations": "event_destination",
    "/v2/core/events": "event",
}
# To expand an object takes the permission to read it.
EXPANDED = {
    "breakdown": "checkout_session",
    "balance_transaction": "balance",
    "charge": "charge",
    "coupon": "coupon",
    "currency option": "plan",
    "customer": "customer",
    "invoice": "invoice",
    "line discount": "checkout_session",
    "line tax": "checkout_session",
    "list item": "checkout_session",
    "list refund": "charge",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "price": "plan",
    "product": "product",
    "promotion_code": "promotion_code",
    "shipping_rate": "shipping_rate",
    "tier": "plan",
}
READ_ONLY = frozenset({"balance", "event"})

PERMISSIONS = frozenset(f"{resource}_read" for resource in RESOURCES.values()) | frozenset(
    f"{resource}_write" for resource in RESOURCES.values() if resource not in READ_ONLY
)


@dataclass
class RestrictedKey:
    """A key of an account. `permissions` are some of PERMISSIONS; one to write includes reading."""

    key: str
    account: str
    permissions: tuple[str, ...]

    def require_endpoint(self, method: str, path: str) -> None:
        """`path` is an operation's, with names for the ids. Raise PermissionMissing."""
        self._require(permission(method, path))

    def require_expanded(self, kind: str, paths: Iterable[str]) -> None:
        """The paths are those that `expansion.check` let through. Raise PermissionMissing."""
        for expanded in expansion.kinds(kind, paths):
            self._require(f"{EXPANDED[expanded]}_read")

    def _require(self, needed: str | None) -> None:
        if needed is None or not self._has(needed):
            raise PermissionMissing(masked(self.key), self.account, needed)

    def _has(self, needed: str) -> bool:
        return bool({needed, needed.replace("_read", "_write")} & set(self.permissions))


def permission(method: str, path: str) -> str | None:
    """What lets a restricted key call an endpoint; None if nothing does."""
    for prefix, resource in RESOURCES.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            needed = f"{resource}_{'read' if method == 'GET' else 'write'}"
            return needed if needed in PERMISSIONS else None
    return None

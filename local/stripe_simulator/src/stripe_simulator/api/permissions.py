"""Restricted keys: the permissions that endpoints and expanded objects require.

https://docs.stripe.com/keys/restricted-api-keys
https://docs.stripe.com/keys/permissions-reference
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stripe_simulator.api import expansion
from stripe_simulator.api.errors import PermissionMissing
from stripe_simulator.api.masking import masked

# The resource of an endpoint: GET reads it, any other method writes it. Endpoints outside of these
# paths need a secret key.
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
    # Prices use the permission of plans.
    "/v1/prices": "plan",
    "/v1/products": "product",
    "/v1/promotion_codes": "promotion_code",
    # "Charges and Refunds" is one permission in the Dashboard.
    "/v1/refunds": "charge",
    "/v1/setup_intents": "setup_intent",
    "/v1/shipping_rates": "shipping_rate",
    "/v1/tax_rates": "tax_rate",
    "/v1/webhook_endpoints": "webhook",
    "/v2/core/event_destinations": "event_destination",
    "/v2/core/events": "event",
}
# Expanding an object requires the permission to read it.
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
    """A restricted key. `permissions` are some of PERMISSIONS; write includes read."""

    key: str
    account: str
    permissions: tuple[str, ...]

    def require_endpoint(self, method: str, path: str) -> None:
        """Raise PermissionMissing; `path` is an operation's, with names in place of ids."""
        self._require(permission(method, path))

    def require_expanded(self, kind: str, paths: Iterable[str]) -> None:
        """Raise PermissionMissing; `expansion.check` must have accepted the paths."""
        for expanded in expansion.kinds(kind, paths):
            self._require(f"{EXPANDED[expanded]}_read")

    def _require(self, needed: str | None) -> None:
        if needed is None or not self._has(needed):
            raise PermissionMissing(masked(self.key), self.account, needed)

    def _has(self, needed: str) -> bool:
        return bool({needed, needed.replace("_read", "_write")} & set(self.permissions))


def permission(method: str, path: str) -> str | None:
    """Return the permission for an endpoint; None if no restricted key may call it."""
    for prefix, resource in RESOURCES.items():
        if path == prefix or path.startswith(f"{prefix}/"):
            needed = f"{resource}_{'read' if method == 'GET' else 'write'}"
            return needed if needed in PERMISSIONS else None
    return None

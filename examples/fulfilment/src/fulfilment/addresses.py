"""Shipping addresses, which customers enter on Stripe's page.

No message and no table contains them. They are read from Stripe with a restricted key of this
service, whose only permission is "Checkout Sessions: Read".
https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-collected_information
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import urllib3
from pydantic import BaseModel

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

STRIPE = "https://api.stripe.com"
# Without it, the account's own version decides: before 2025-03-31.basil, addresses were elsewhere.
# https://docs.stripe.com/api/versioning
API_VERSION = "2026-10-28.endive"
TIMEOUT = urllib3.Timeout(connect=2, read=5)


class AddressUnknown(Exception):
    """Stripe did not return the session. A retry may help; the text names no customer."""


class ShippingAddress(BaseModel):
    """Personal data: pass it to the warehouse and never log it."""

    name: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


def shipping_address(session_id: str, key: str, api_base: str = STRIPE) -> ShippingAddress | None:
    """Return a session's shipping address, None if it has none; raise AddressUnknown."""
    try:
        response = urllib3.request(
            "GET",
            f"{api_base}/v1/checkout/sessions/{session_id}",
            headers={"authorization": f"Bearer {key}", "stripe-version": API_VERSION},
            timeout=TIMEOUT,
        )
    except urllib3.exceptions.HTTPError as error:
        raise AddressUnknown(type(error).__name__) from None
    if response.status != HTTPStatus.OK:
        raise AddressUnknown(f"Stripe responded {response.status}.")
    collected = json.loads(response.data).get("collected_information") or {}
    details: dict[str, Any] | None = collected.get("shipping_details")
    if details is None:
        return None
    return ShippingAddress(name=details.get("name"), **(details.get("address") or {}))


def stripe_key(client: "SecretsManagerClient", secret_arn: str) -> str:
    """Read the key: the secret's string is the key itself."""
    return client.get_secret_value(SecretId=secret_arn)["SecretString"]

"""Stripe's signature scheme: https://docs.stripe.com/webhooks#verify-manually."""

import hashlib
import hmac
from collections.abc import Sequence


def header(payload: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """`t=...,v1=...`, one `v1` for each secret that is valid now."""
    signed = f"{timestamp}.".encode() + payload
    signatures = [
        "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets
    ]
    return ",".join([f"t={timestamp}", *signatures])

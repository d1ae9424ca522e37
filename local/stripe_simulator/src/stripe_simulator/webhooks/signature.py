"""Stripe's signature scheme: https://docs.stripe.com/webhooks#verify-manually."""

import hashlib
import hmac
from collections.abc import Sequence

# Test events have one more signature, of a fake scheme that must not be accepted.
FAKE_SECRET = b"whsec_v0"


def header(payload: bytes, secrets: Sequence[str], timestamp: int, *, livemode: bool) -> str:
    """Return `t=...,v1=...`, with a `v1` per valid secret, and in test mode one `v0`."""
    signed = f"{timestamp}.".encode() + payload
    signatures = [f"v1={_signature(secret.encode(), signed)}" for secret in secrets]
    if not livemode:
        signatures.append(f"v0={_signature(FAKE_SECRET, signed)}")
    return ",".join([f"t={timestamp}", *signatures])


def _signature(secret: bytes, signed: bytes) -> str:
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()

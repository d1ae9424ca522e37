"""Verifies Stripe's webhook deliveries: the raw bytes first, before anything is parsed.

The signature is verified as Stripe documents it for code without its SDK, whose import was a tenth
of the webhook's start. A test compares the two.
https://docs.stripe.com/webhooks#verify-manually
"""

import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from checkout.errors import NotAuthentic

if TYPE_CHECKING:
    from checkout.credentials import Credentials, CredentialsReader

# Stripe's default, which its SDK applies only to the past; here it applies to the future too.
# https://docs.stripe.com/webhooks#replay-attacks
TOLERANCE_SECONDS = 300
# Stripe documents no limit. Events of Checkout have a few kilobytes; this is a hundred times that.
MAX_BODY_BYTES = 512 * 1024
# One timestamp, then signatures of any scheme, in ASCII.
SIGNATURE_HEADER = re.compile(r"t=[0-9]{1,12}(,v[0-9]=[0-9a-f]{1,128}){1,16}")


@dataclass(frozen=True, slots=True)
class WebhookVerifier:
    """`now` returns seconds since 1970 UTC."""

    credentials: "CredentialsReader"
    now: Callable[[], float] = time.time

    def authentic_event(self, body: bytes, signature: str | None) -> dict[str, Any]:
        """Return the event of a delivery; raise NotAuthentic if Stripe did not sign it recently.

        Its `id`, `object` and `type` are strings; the rest of its shape is not checked.
        """
        try:
            payload = body.decode()
        except UnicodeDecodeError:
            _refuse("The body is not UTF-8.")
        signed = _signature(signature)
        credentials = self.credentials.read()
        if not signed.is_by(credentials, body):
            fresh = self.credentials.reread()
            if fresh is None or not signed.is_by(fresh, body):
                _refuse("The signature does not match the body.")
        if abs(self.now() - signed.timestamp) > TOLERANCE_SECONDS:
            _refuse("The timestamp is too far from now.")
        self.credentials.verified()
        return _event(payload)


@dataclass(frozen=True, slots=True)
class _Signature:
    """A `Stripe-Signature` header: seconds since 1970 UTC, and the signatures of the scheme v1."""

    timestamp: int
    v1: tuple[str, ...]

    def is_by(self, credentials: "Credentials", body: bytes) -> bool:
        """Try every secret: after a roll, Stripe signs with the old and the new one for a while."""
        signed = b"%d.%b" % (self.timestamp, body)
        for secret in credentials.webhook_signing_secrets:
            expected = hmac.digest(secret.encode(), signed, "sha256").hex()
            if any(hmac.compare_digest(expected, one) for one in self.v1):
                return True
        return False


def _signature(header: str | None) -> _Signature:
    if header is None or not SIGNATURE_HEADER.fullmatch(header):
        _refuse("The Stripe-Signature header is missing or malformed.")
    timestamp, *signatures = header.split(",")
    return _Signature(
        timestamp=int(timestamp.removeprefix("t=")),
        v1=tuple(one.removeprefix("v1=") for one in signatures if one.startswith("v1=")),
    )


def _event(payload: str) -> dict[str, Any]:
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        _refuse("The body is not JSON.")
    if not isinstance(event, dict) or not all(
        isinstance(event.get(name), str) for name in ("id", "object", "type")
    ):
        _refuse("The body is not an event.")
    return event


def _refuse(reason: str) -> NoReturn:
    raise NotAuthentic(reason) from None

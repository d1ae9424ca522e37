"""What Stripe delivers over HTTP: the raw bytes are verified before anything is parsed."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from stripe import SignatureVerificationError, WebhookSignature

from checkout.errors import NotAuthentic

if TYPE_CHECKING:
    from checkout.credentials import Credentials, CredentialsReader

# Stripe's own default, which the SDK applies to the past only; here it holds both ways.
# https://docs.stripe.com/webhooks#replay-attacks
TOLERANCE_SECONDS = 300
# Stripe gives no limit. Events of Checkout have a few kilobytes; this leaves them a hundredfold.
MAX_BODY_BYTES = 512 * 1024
# One timestamp, and signatures of any scheme, in the ASCII that Stripe sends.
SIGNATURE_HEADER = re.compile(r"t=(?P<timestamp>[0-9]{1,12})(,v[0-9]=[0-9a-f]{1,128}){1,16}")


@dataclass(frozen=True, slots=True)
class WebhookVerifier:
    """`now` gives seconds since 1970 UTC."""

    credentials: "CredentialsReader"
    now: Callable[[], float] = time.time

    def authentic_event(self, body: bytes, signature: str | None) -> dict[str, Any]:
        """Give the event of a delivery; raise NotAuthentic for what Stripe did not sign just now.

        Its `id`, `object` and `type` are texts; no more than that is known of its shape.
        """
        try:
            payload = body.decode()
        except UnicodeDecodeError:
            _refuse("The body is not UTF-8.")
        timestamp = _timestamp(signature)
        credentials = self.credentials.read()
        if not _signed(payload, signature, credentials):
            fresh = self.credentials.reread()
            if fresh is None or not _signed(payload, signature, fresh):
                _refuse("The signature does not match the body.")
        if abs(self.now() - timestamp) > TOLERANCE_SECONDS:
            _refuse("The timestamp is too far from now.")
        self.credentials.verified()
        return _event(payload)


def _timestamp(signature: str | None) -> int:
    match = SIGNATURE_HEADER.fullmatch(signature or "")
    if match is None:
        _refuse("The Stripe-Signature header is missing or malformed.")
    return int(match["timestamp"])


def _signed(payload: str, signature: str | None, credentials: "Credentials") -> bool:
    """Try every secret: while one is rolled, Stripe signs with the old and the new for a while."""
    for secret in credentials.webhook_signing_secrets:
        try:
            WebhookSignature.verify_header(payload, signature, secret)
        except SignatureVerificationError:
            continue
        return True
    return False


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

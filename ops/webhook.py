"""The deployed webhook, called as Stripe calls it."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import stripe

from ops.errors import OpsError
from ops.stack import Stack

# An event that changes nothing: the webhook ignores types that it does not know.
PROBE_TYPE = "checkout.probe"
TIMEOUT_SECONDS = 35.0
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Webhook:
    """`patience_seconds` is how long a delivery may take to show in the log: CloudWatch is slow."""

    stack: Stack
    patience_seconds: float

    def accepts(self, signing_secret: str) -> bool:
        """Send a probe that is signed with a secret: does the webhook take it for Stripe's?"""
        body = json.dumps(
            {"id": f"evt_probe_{secrets.token_hex(8)}", "object": "event", "type": PROBE_TYPE}
        )
        signature = stripe.WebhookSignature.generate_signature_header(body, signing_secret)
        return self.status(body, {"stripe-signature": signature}) == HTTPStatus.OK

    def status(self, body: str, headers: dict[str, str]) -> int:
        """Send a request, and give the status of the response."""
        try:
            return httpx.post(
                self.stack.webhook_url,
                content=body,
                headers={"content-type": "application/json"} | headers,
                timeout=TIMEOUT_SECONDS,
            ).status_code
        except httpx.HTTPError as error:
            raise OpsError(f"The webhook can't be reached: {type(error).__name__}.") from None

    def learns(self, signing_secret: str) -> bool:
        """Wait until the webhook accepts a secret that was just stored."""
        return self._within_patience(lambda: self.accepts(signing_secret))

    def processed(self, event_id: str) -> bool:
        """Wait until the log says that an event was processed, which only an authentic one is."""
        group = self.stack.resource("StripeWebhookLogGroup")
        logs = self.stack.environment.aws.logs

        def is_logged() -> bool:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, filterPattern=f'"processed" "{event_id}"'
            )
            return any(page["events"] for page in pages)

        return self._within_patience(is_logged)

    def _within_patience(self, is_so: Callable[[], bool]) -> bool:
        end = time.monotonic() + self.patience_seconds
        while not is_so():
            if time.monotonic() > end:
                return False
            time.sleep(POLL_SECONDS)
        return True

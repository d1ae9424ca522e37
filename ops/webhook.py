"""Sends requests to the deployed webhook as Stripe does."""

import json
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import stripe

from ops.errors import OpsError
from ops.stack import Stack
from ops.tls import trusted

# The webhook ignores unknown types, so this event changes nothing.
PROBE_TYPE = "checkout.probe"
TIMEOUT_SECONDS = 35.0
POLL_SECONDS = 0.5
# Between probes: the functions read a changed secret after at most 10 s (checkout/credentials.py).
PROBE_SECONDS = (1.0, 3.0, 9.0, 12.0)
CLOCK_SKEW_SECONDS = 300


@dataclass(frozen=True)
class Webhook:
    """`patience_seconds`: how long a delivery may take to appear in CloudWatch Logs."""

    stack: Stack
    patience_seconds: float

    def accepts(self, signing_secret: str) -> bool:
        """Send a probe signed with a secret; return True if it is accepted."""
        body = json.dumps(
            {"id": f"evt_probe_{secrets.token_hex(8)}", "object": "event", "type": PROBE_TYPE}
        )
        signature = stripe.WebhookSignature.generate_signature_header(body, signing_secret)
        return self.status(body, {"stripe-signature": signature}) == HTTPStatus.OK

    def status(self, body: str, headers: dict[str, str]) -> int:
        """Send a request; return the status of the response."""
        try:
            return httpx.post(
                self.stack.webhook_url,
                content=body,
                headers={"content-type": "application/json"} | headers,
                timeout=TIMEOUT_SECONDS,
                verify=trusted(),
            ).status_code
        except httpx.HTTPError as error:
            raise OpsError(f"The webhook can't be reached: {type(error).__name__}.") from None

    def wait_until_accepted(self, signing_secret: str) -> bool:
        """Wait until the functions have read a changed secret; return False if they refuse it.

        Few probes, because refused ones count towards the alarm on refused signatures.
        """
        end = time.monotonic() + self.patience_seconds
        for seconds in PROBE_SECONDS:
            if self.accepts(signing_secret):
                return True
            if time.monotonic() + seconds > end:
                return False
            time.sleep(seconds)
        return self.accepts(signing_secret)

    def wait_until_processed(self, event_id: str, since: float) -> bool:
        """Wait until the log shows that an event was verified and processed.

        `since` is the time of sending, in seconds since 1970 UTC by this machine's clock.
        """
        group = self.stack.resource("StripeWebhookLogGroup")
        logs = self.stack.environment.aws.logs
        start = int((since - CLOCK_SKEW_SECONDS) * 1000)
        end = time.monotonic() + self.patience_seconds
        while True:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group,
                startTime=start,
                filterPattern=f'"processed" "{event_id}"',
            )
            if any(page["events"] for page in pages):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(POLL_SECONDS)

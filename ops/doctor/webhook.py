"""Checks of the webhook and the API, over HTTP."""

import time
from http import HTTPStatus

import httpx

from checkout.credentials import CredentialsReader
from checkout.errors import CheckoutError
from ops.doctor.examination import Examination, Failed
from ops.tls import trusted

PREFLIGHT_SECONDS = 10.0
FOREIGN_ORIGIN = "https://not-an-allowed-origin.example"
CONNECT = "Run `connect`: it registers the webhook again and stores its secret."


def secret_shape(examination: Examination) -> str:
    """Read the stored secret as the functions do."""
    found = examination.stack
    reader = CredentialsReader(
        found.environment.aws.secrets, found.output("StripeSecretArn"), livemode=found.livemode
    )
    try:
        credentials = reader.read()
    except CheckoutError as error:
        raise Failed(error.detail, "Run `connect`.") from None
    return f"a key; signing secrets: {len(credentials.webhook_signing_secrets)}"


def signing_secrets(examination: Examination) -> str:
    """Send a probe signed with each stored secret; functions with older ones read them again."""
    secrets = examination.secret.signing_secrets
    if not secrets:
        raise Failed("The stack's secret has no signing secret.", "Run `connect`.")
    for number, secret in enumerate(secrets, 1):
        if not examination.webhook.wait_until_accepted(secret):
            raise Failed(
                f"The webhook refuses a probe signed with secret {number} of {len(secrets)}.",
                "Check the webhook's log with `logs`.",
            )
    return f"accepted by the webhook: {len(secrets)} of {len(secrets)}"


def unsigned(examination: Examination) -> str:
    status = examination.webhook.status('{"object": "event"}', {})
    if status != HTTPStatus.BAD_REQUEST:
        raise Failed(
            f"The webhook responds {status}, not 400, to a request without a signature.",
            "Check the webhook's log with `logs`, and that nothing else has its URL.",
        )
    return "refused with 400"


def ping(examination: Examination) -> str:
    """Check URL, permissions and signature together: ping, then find its delivery in the log."""
    if examination.stack.event_bus:
        return examination.by_event_bus
    enabled = examination.enabled_destinations
    if not enabled:
        raise Failed("There is no enabled destination for our URL.", "Run `connect`.")
    for destination in enabled:
        if destination.api == "v1":
            raise Failed(
                f"{destination.id} is a webhook endpoint of Stripe's first API, which has no ping.",
                "Run `connect`: it replaces the endpoint by an event destination.",
            )
        since = time.time()
        event_id = examination.destinations.ping(destination)
        if not examination.webhook.wait_until_processed(event_id, since):
            raise Failed(
                f"Stripe's ping from {destination.id} was not processed within "
                f"{examination.webhook.patience_seconds:.0f} s: it did not arrive, or its "
                "signature is not of a stored secret.",
                CONNECT,
            )
    return "arrived, and its signature is right"


def origins(examination: Examination) -> str:
    """Check the API's CORS with preflight requests, as browsers send them."""
    allowed = examination.stack.parameter("AllowedOrigins").split(",")
    if _let_in(examination, FOREIGN_ORIGIN) in (FOREIGN_ORIGIN, "*"):
        raise Failed(
            "The API allows browsers from any origin.",
            examination.deploy,
        )
    for origin in allowed:
        if _let_in(examination, origin) != origin:
            raise Failed(
                f"The API does not allow browsers from {origin}.",
                examination.deploy,
            )
    return ", ".join(allowed)


def _let_in(examination: Examination, origin: str) -> str | None:
    """Return the origin that the API's CORS allows, `*` for any."""
    try:
        response = httpx.options(
            f"{examination.stack.api_url}/checkout/sessions",
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type,idempotency-key",
            },
            timeout=PREFLIGHT_SECONDS,
            verify=trusted(),
        )
    except httpx.HTTPError as error:
        raise Failed(
            f"The API can't be reached: {type(error).__name__}.",
            examination.deploy,
        ) from None
    found: str | None = response.headers.get("access-control-allow-origin")
    return found

"""POST /checkout/sessions, and POST /trusted/checkout/sessions for callers authorised by IAM."""

import os
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.api.http import (
    header,
    json_response,
    raw_body,
    require_iam_caller,
    returns_problems,
)
from checkout.api.models import CheckoutRequest
from checkout.errors import UnsupportedMediaType
from checkout.log import logger
from checkout.metrics import emits_metrics
from checkout.stripe.options import read_options

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Enough for 100 items with the longest names, and the largest metadata.
MAX_BODY_BYTES = 128 * 1024
TRUSTED_ROUTE = "POST /trusted/checkout/sessions"

OPTIONS = read_options(Path(__file__).parent / "options", os.environ["ENVIRONMENT"])

wiring.warm_up()


@logger.inject_lambda_context(clear_state=True)
@emits_metrics
@returns_problems
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    trusted = event["routeKey"] == TRUSTED_ROUTE
    if trusted:
        require_iam_caller(event)
    media_type = (header(event, "content-type") or "application/json").partition(";")[0]
    if media_type.strip().lower() != "application/json":
        raise UnsupportedMediaType("Send the body as content-type: application/json.")
    body = raw_body(event, at_most=MAX_BODY_BYTES)
    checkouts = wiring.trusted_checkouts() if trusted else wiring.checkouts()
    request = _trusted_request(body) if trusted else CheckoutRequest.from_json(body)
    started = checkouts.create(request, header(event, "idempotency-key"), OPTIONS)
    return json_response(HTTPStatus.CREATED, asdict(started))


def _trusted_request(body: bytes) -> CheckoutRequest:
    # Imported here: requests from a browser need not load the types of Stripe's options.
    from checkout.api.trusted import TrustedRequest  # noqa: PLC0415

    return TrustedRequest.from_json(body)

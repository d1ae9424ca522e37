"""Maps Stripe's errors to ours.

Stripe's messages may quote the request or part of the key, so they are neither returned nor logged.
`code`, `param` and `Request-Id` are enough to find the call in Stripe's Dashboard.
https://docs.stripe.com/error-handling
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import NoReturn

import stripe

from checkout.errors import (
    CheckoutError,
    StripeKeyRefused,
    StripePermissionMissing,
    StripeRateLimited,
    StripeRefused,
    StripeUnavailable,
)
from checkout.log import logger

# The only code that means that an object does not exist; any other refusal is an error.
# https://docs.stripe.com/error-codes#resource-missing
MISSING = "resource_missing"
SERVER_ERROR = HTTPStatus.INTERNAL_SERVER_ERROR
TRY_AGAIN = "Stripe did not respond as it should. Nothing was charged. Please try again."


class RefusalReason(StrEnum):
    """Reasons for refusing a checkout that Stripe gives only in the message, not as a code."""

    PRODUCT = "product is not active"
    INACTIVE = "inactive"
    RECURRING = "recurring"
    CURRENCY = "currenc"
    CUSTOMER = "existing customer"


class RequestRefused(StripeRefused):
    """Stripe refuses a parameter: `param` such as `line_items[0][price]`, None for the whole
    request.

    https://docs.stripe.com/error-codes
    """

    def __init__(
        self, code: str | None, param: str | None, reason: RefusalReason | None = None
    ) -> None:
        super().__init__(f"Stripe refuses the request: {code}, {param}.")
        self.code = code
        self.param = param
        self.reason = reason


class IdempotencyKeyReused(CheckoutError):
    """The idempotency key was used with other parameters."""


class IdempotencyKeySpent(StripeUnavailable):
    """Stripe replays an earlier error for the idempotency key, which may be outdated."""


def translate(error: stripe.StripeError, *, key_is_ours: bool = False) -> NoReturn:
    """Raise our error for Stripe's, and log what identifies the call in Stripe's Dashboard.

    `key_is_ours` is true if the call has our idempotency key, which can be spent. For the SDK's own
    keys, a replay is the response to the call itself.
    """
    # For some errors the SDK has the code only in Stripe's JSON.
    code = error.code or (error.error.code if error.error else None)
    param = getattr(error, "param", None)
    _log(error, code, param)
    match error:
        case stripe.RateLimitError():
            raise StripeRateLimited("Stripe allows no more requests just now.") from None
        case stripe.StripeError() if error.http_status == HTTPStatus.CONFLICT:
            raise StripeRateLimited("Stripe is still processing the same request.") from None
        case stripe.AuthenticationError():
            raise StripeKeyRefused(
                f"Stripe refuses stripe_api_key ({error.http_status}, {code}): put a valid key "
                "into StripeSecretArn."
            ) from None
        case stripe.PermissionError():
            permission = missing_permission(error)
            raise StripePermissionMissing(
                f"stripe_api_key lacks the permission {permission}: add it to the key in Stripe's "
                "dashboard, or put another key into StripeSecretArn."
            ) from None
        case stripe.IdempotencyError():
            raise IdempotencyKeyReused("The Idempotency-Key was used with another body.") from None
        case stripe.StripeError() if key_is_ours and is_replay(error.headers):
            raise IdempotencyKeySpent(TRY_AGAIN) from None
        case stripe.InvalidRequestError():
            raise RequestRefused(code, param, _reason(error)) from None
        case stripe.APIConnectionError():
            raise StripeUnavailable(TRY_AGAIN) from None
        case stripe.APIError() if (error.http_status or SERVER_ERROR) >= SERVER_ERROR:
            raise StripeUnavailable(TRY_AGAIN) from None
        case _:
            raise StripeRefused(f"Stripe refuses the call: {code}, {error.request_id}.") from None


def _log(error: stripe.StripeError, code: str | None, param: str | None) -> None:
    logger.warning(
        "stripe refused",
        stripe_error=type(error).__name__,
        stripe_status=error.http_status,
        stripe_code=code,
        stripe_param=param,
        stripe_request_id=error.request_id,
    )


def _reason(error: stripe.InvalidRequestError) -> RefusalReason | None:
    # Quoted parts of the message, such as ids, contain no reason.
    words = re.sub(r"`[^`]*`|'[^']*'", "", str(error))
    return next((one for one in RefusalReason if one in words), None)


def is_replay(headers: Mapping[str, str] | None) -> bool:
    return any(name.lower() == "idempotent-replayed" for name in headers or {})


def missing_permission(error: stripe.PermissionError) -> str:
    """Return the permission that Stripe's message names; the rest of it may quote the key.

    Known forms: `'rak_charge_read' permission` and `('charge_read') permissions`.
    https://docs.stripe.com/keys/restricted-api-keys
    """
    named = re.search(r"\b(?:rak_)?([a-z0-9_]+_(?:read|write))\b", str(error))
    return named[1] if named else "for this call"

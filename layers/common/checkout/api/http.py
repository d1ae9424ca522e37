"""Lambda's payload format 2.0, in and out. The HTTP API and the function URL share it.

Errors become statuses here and nowhere else. They are RFC 9457 problems; if the caller can't fix
one, its cause is in the log and not in the response.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import functools
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from checkout import errors
from checkout.log import logger
from checkout.metrics import Metric, count

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Event = dict[str, Any]
type Response = dict[str, Any]
type Handler = Callable[[Event, "LambdaContext"], Response]

INTERNAL = "Something went wrong on our side, and no order was lost. Please contact the shop."
RETRY_AFTER_SECONDS = 2

PROBLEMS: Mapping[type[errors.CheckoutError], tuple[HTTPStatus, str, str]] = {
    errors.InvalidRequest: (HTTPStatus.BAD_REQUEST, "invalid-request", "The request is not valid"),
    errors.NotAuthentic: (HTTPStatus.BAD_REQUEST, "not-authentic", "Not an authentic delivery"),
    errors.CallerNotAllowed: (HTTPStatus.FORBIDDEN, "not-allowed", "The caller is not allowed"),
    errors.SessionNotFound: (HTTPStatus.NOT_FOUND, "session-not-found", "No such session"),
    errors.PayloadTooLarge: (
        HTTPStatus.CONTENT_TOO_LARGE,
        "payload-too-large",
        "The body is too large",
    ),
    errors.UnsupportedMediaType: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is not JSON",
    ),
    errors.IdempotencyMismatch: (
        HTTPStatus.UNPROCESSABLE_CONTENT,
        "idempotency-mismatch",
        "The Idempotency-Key was used before",
    ),
    errors.StripeUnavailable: (
        HTTPStatus.BAD_GATEWAY,
        "stripe-unavailable",
        "Stripe does not respond",
    ),
    errors.StripeRateLimited: (HTTPStatus.SERVICE_UNAVAILABLE, "rate-limited", "Too many requests"),
    errors.OrdersUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "orders-unavailable",
        "Orders can't be saved just now",
    ),
}
INTERNAL_PROBLEM = (HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "Internal error")


def returns_problems(handler: Handler) -> Handler:
    """Turn every exception of a handler into a problem response, and log it for ops."""

    @functools.wraps(handler)
    def responding(event: Event, context: "LambdaContext") -> Response:
        try:
            return handler(event, context)
        except errors.CheckoutError as error:
            return _problem(error)
        except Exception as error:
            # Returned rather than raised, so that every caller gets a problem document.
            logger.exception("unexpected error", error=type(error).__name__)
            return _problem_response(*INTERNAL_PROBLEM, INTERNAL)

    return responding


def json_response(
    status: int, document: Mapping[str, Any], *, max_age_seconds: int | None = None
) -> Response:
    """Respond with JSON that browsers may cache for `max_age_seconds`; by default not at all."""
    response = _response(status, "application/json", document)
    if max_age_seconds is not None:
        response["headers"]["cache-control"] = f"max-age={max_age_seconds}"
        # A response to one origin must not be served from a cache to another:
        # https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
        response["headers"]["vary"] = "origin"
    return response


def header(event: Event, name: str) -> str | None:
    """Return a header. API Gateway and function URLs send header names in lower case."""
    value: str | None = event.get("headers", {}).get(name)
    return value


def require_iam_caller(event: Event) -> None:
    """Raise CallerNotAllowed unless API Gateway's IAM authorizer accepted the caller.

    A route without the authorizer has no such context, so it refuses every caller.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    caller = authorizer.get("iam") or {}
    if not caller.get("userArn"):
        raise errors.CallerNotAllowed("Sign the request with AWS credentials that may call this.")


def raw_body(event: Event, *, at_most: int) -> bytes:
    """Return the body's bytes as sent; raise PayloadTooLarge above `at_most` bytes.

    The length is checked before anything is decoded.
    """
    text: str = event.get("body") or ""
    encoded: bool = event.get("isBase64Encoded", False)
    if len(text) > (at_most * 4 // 3 + 4 if encoded else at_most):
        raise errors.PayloadTooLarge(f"The body must not be larger than {at_most} bytes.")
    try:
        body = base64.b64decode(text, validate=True) if encoded else text.encode()
    except ValueError:
        raise errors.InvalidRequest("The body can't be decoded.") from None
    if len(body) > at_most:
        raise errors.PayloadTooLarge(f"The body must not be larger than {at_most} bytes.")
    return body


def _problem(error: errors.CheckoutError) -> Response:
    status, slug, title = next(
        (PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS), INTERNAL_PROBLEM
    )
    failed = status.is_server_error
    log = logger.error if failed else logger.info
    log("refused", problem=slug, status=status, reason=error.detail, exc_info=failed)
    if isinstance(error, errors.NotAuthentic):
        count(Metric.SIGNATURES_REFUSED)
    detail = INTERNAL if status == INTERNAL_PROBLEM[0] else error.detail
    fields = error.errors if isinstance(error, errors.InvalidRequest) else ()
    response = _problem_response(status, slug, title, detail, fields)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["headers"]["retry-after"] = str(RETRY_AFTER_SECONDS)
    return response


def _problem_response(
    status: int, slug: str, title: str, detail: str, fields: tuple[errors.FieldError, ...] = ()
) -> Response:
    if status == INTERNAL_PROBLEM[0]:
        count(Metric.INTERNAL_ERRORS)
    problem: dict[str, Any] = {
        "type": f"urn:problem-type:checkout:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if fields:
        problem["errors"] = [{"pointer": f.pointer, "detail": f.detail} for f in fields]
    return _response(status, "application/problem+json", problem)


def _response(status: int, content_type: str, document: Mapping[str, Any]) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "cache-control": "no-store"},
        "body": json.dumps(document),
    }

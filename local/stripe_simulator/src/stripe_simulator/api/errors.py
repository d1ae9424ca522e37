"""Stripe's errors.

StripeError                 anything that Stripe refuses with an `error` document
├── InvalidRequest          400: a parameter or a state that Stripe refuses
│   ├── UnexpectedState     400: of a PaymentIntent, which the error shows
│   ├── NoSuchObject        404, or 400 where the id is a parameter's value
│   ├── NotFound            404, of the v2 API
│   └── NotSimulated        400: Stripe can do this, the simulator can't
├── Unauthenticated         401
├── CardDeclined            402
├── PermissionMissing       403
├── AccountInvalid          403: another's account
├── IdempotencyConflict     400 or 409
└── Unavailable             429 or 5xx: an injected fault
"""

from collections.abc import Mapping
from http import HTTPStatus

from stripe_simulator.documents import Json

DOC_URL = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    def __init__(  # noqa: PLR0913  (the fields of Stripe's error document)
        self,
        message: str,
        *,
        status: int,
        type_: str,
        code: str | None = None,
        param: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type_
        self.code = code
        self.param = param
        self.details = dict(details or {})

    def body(self, request_log_url: str) -> Json:
        doc_url = DOC_URL + self.code.replace("_", "-") if self.code else None
        fields = {
            "code": self.code,
            "doc_url": doc_url,
            "message": self.message,
            "param": self.param,
            "request_log_url": request_log_url,
            "type": self.type,
        }
        return {"error": {k: v for k, v in (fields | self.details).items() if v is not None}}


class InvalidRequest(StripeError):
    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, status: int = 400
    ) -> None:
        super().__init__(
            message, status=status, type_="invalid_request_error", code=code, param=param
        )


class NoSuchObject(InvalidRequest):
    def __init__(self, noun: str, id_: str, *, param: str, status: int = 404) -> None:
        message = f"No such {noun}: '{id_}'"
        super().__init__(message, param=param, code="resource_missing", status=status)


class UnexpectedState(InvalidRequest):
    def __init__(self, message: str, payment_intent: Json) -> None:
        super().__init__(message, code="payment_intent_unexpected_state")
        self.details = {"payment_intent": dict(payment_intent)}


class NotFound(InvalidRequest):
    """An unknown id in the v2 API: https://docs.stripe.com/api/v2/core/event-destinations"""

    def __init__(self, noun: str, id_: str) -> None:
        super().__init__(f"No such {noun}: '{id_}'", code="not_found", status=404)


class NotSimulated(InvalidRequest):
    def __init__(self, what: str, *, param: str | None = None) -> None:
        super().__init__(f"The simulator does not support {what}.", param=param)


class Unauthenticated(InvalidRequest):
    def __init__(self, message: str) -> None:
        super().__init__(message, status=401)


class PermissionMissing(InvalidRequest):
    """`permission` is None if no restricted key may call the endpoint."""

    def __init__(self, masked_key: str, account: str, permission: str | None) -> None:
        remedy = (
            "This is a restricted API key, but the required permissions are not available for "
            "use by restricted keys."
        )
        if permission is not None:
            remedy = (
                f"Having the 'rak_{permission}' permission would allow this request to continue."
            )
        super().__init__(
            f"The provided key '{masked_key}' does not have the required permissions for this "
            f"endpoint on account '{account}'. {remedy}",
            code="more_permissions_required",
            status=403,
        )


class AccountInvalid(InvalidRequest):
    """https://docs.stripe.com/error-codes#account-invalid"""

    def __init__(self, masked_key: str, account: str) -> None:
        super().__init__(
            f"The provided key '{masked_key}' does not have access to account '{account}' (or "
            "that account does not exist). Application access may have been revoked.",
            code="account_invalid",
            status=403,
        )


class CardDeclined(StripeError):
    def __init__(self, message: str, *, code: str, details: Mapping[str, object]) -> None:
        super().__init__(message, status=402, type_="card_error", code=code, details=details)


class IdempotencyConflict(StripeError):
    def __init__(self, message: str, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message, status=status, type_="idempotency_error", code=code)


class Unavailable(StripeError):
    """`status` is the fault's, 400 to 599; so are the other fields if the fault has them."""

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        type_ = "invalid_request_error"
        usual, usual_code = "A simulated fault.", None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            usual = (
                "Request rate limit exceeded. Learn more about rate limits here "
                "https://stripe.com/docs/rate-limits."
            )
            usual_code = "rate_limit"
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            type_, usual = "api_error", "An unknown error occurred (a simulated fault)."
        super().__init__(
            message or usual, status=status, type_=type_, code=code or usual_code, param=param
        )

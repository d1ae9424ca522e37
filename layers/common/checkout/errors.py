"""Errors of this package, as its callers need to distinguish them.

CheckoutError
├── InvalidRequest          the caller's request can't be accepted as it is
├── PayloadTooLarge
├── UnsupportedMediaType
├── IdempotencyMismatch     a known Idempotency-Key with another body
├── SessionNotFound         not a session of this stack, whatever the reason
├── CallerNotAllowed        IAM did not let the caller in
├── NotAuthentic            not a webhook delivery that Stripe signed
├── UnexpectedStripeObject  authentic, but not shaped as documented
├── StripeRefused           Stripe refuses what we sent, and the caller can't help it
├── OrderUnreadable         the stored order is not one that this version understands
├── OrderUnwritable         the table refuses the write, now and at every retry
└── DependencyFailed        the same request can succeed once the dependency recovers
    ├── StripeRateLimited
    ├── StripeUnavailable   unreachable, or responds 5xx
    ├── OrdersUnavailable   the table did not take the request
    └── Misconfigured       a setting or the secret is missing or malformed
        ├── StripeKeyRefused
        └── StripePermissionMissing

Each error's text is for the caller: no internals, no secrets, nothing from Stripe's messages.
Details for ops are logged where the error occurs.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """`pointer` is a JSON Pointer (RFC 6901) into the request's body."""

    pointer: str
    detail: str


class CheckoutError(Exception):
    """Base class of every error that this package raises on purpose."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidRequest(CheckoutError):
    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.errors = errors


class PayloadTooLarge(CheckoutError):
    pass


class UnsupportedMediaType(CheckoutError):
    pass


class IdempotencyMismatch(CheckoutError):
    pass


class SessionNotFound(CheckoutError):
    pass


class CallerNotAllowed(CheckoutError):
    pass


class NotAuthentic(CheckoutError):
    pass


class UnexpectedStripeObject(CheckoutError):
    pass


class StripeRefused(CheckoutError):
    pass


class OrderUnreadable(CheckoutError):
    pass


class OrderUnwritable(CheckoutError):
    pass


class DependencyFailed(CheckoutError):
    pass


class StripeRateLimited(DependencyFailed):
    pass


class StripeUnavailable(DependencyFailed):
    pass


class OrdersUnavailable(DependencyFailed):
    pass


class Misconfigured(DependencyFailed):
    pass


class StripeKeyRefused(Misconfigured):
    pass


class StripePermissionMissing(Misconfigured):
    pass

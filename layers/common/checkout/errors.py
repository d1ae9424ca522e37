"""What can go wrong, as the callers of this package need to tell it apart.

CheckoutError
├── InvalidRequest          the caller's request can't be accepted as it is
├── PayloadTooLarge
├── UnsupportedMediaType
├── IdempotencyMismatch     a known Idempotency-Key with another body
├── SessionNotFound         not a session of this stack, whatever the reason
├── NotAuthentic            not a webhook delivery that Stripe signed
├── UnexpectedStripeObject  authentic, but not shaped as documented: Stripe should send it again
├── StripeRateLimited
├── StripeUnavailable       unreachable, or answers 5xx
├── StripeRefused           Stripe refuses what we sent, and the caller can't help it
├── OrdersUnavailable       the table did not take the write
├── OrderUnknown            a refund or a dispute of an order that the table does not have yet
└── Misconfigured           a setting or the secret is missing or malformed

The text of each is for the caller: no internals, no value of a secret, nothing of Stripe's message.
What ops needs to know goes to the log where it is known.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """`pointer` is a JSON Pointer (RFC 6901) into the request's body."""

    pointer: str
    detail: str


class CheckoutError(Exception):
    """Every error that this package raises on purpose."""

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


class NotAuthentic(CheckoutError):
    pass


class UnexpectedStripeObject(CheckoutError):
    pass


class StripeRateLimited(CheckoutError):
    pass


class StripeUnavailable(CheckoutError):
    pass


class StripeRefused(CheckoutError):
    pass


class OrdersUnavailable(CheckoutError):
    pass


class OrderUnknown(CheckoutError):
    pass


class Misconfigured(CheckoutError):
    pass


TRANSIENT = (OrdersUnavailable, StripeRateLimited, StripeUnavailable, Misconfigured)


def is_transient(error: Exception) -> bool:
    """Will the same request succeed once somebody else is well again? A bug of ours won't."""
    return isinstance(error, TRANSIENT)

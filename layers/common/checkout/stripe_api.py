"""The calls that we make to Stripe, and what its refusals mean to us.

Stripe's messages may quote what was sent, a part of the key among it: they are neither passed on
nor logged. Its `code`, `param` and `Request-Id` are enough to find the call in Stripe's dashboard.
https://docs.stripe.com/error-handling
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

import stripe

from checkout.errors import (
    CheckoutError,
    Misconfigured,
    SessionNotFound,
    StripeRateLimited,
    StripeRefused,
    StripeUnavailable,
    UnexpectedStripeObject,
)
from checkout.log import logger

if TYPE_CHECKING:
    from stripe import RequestOptions, StripeClient
    from stripe.params.checkout import SessionCreateParams

    from checkout.credentials import CredentialsReader

type Json = dict[str, Any]

CONFLICT = 409  # two requests with one idempotency key at the same time
SERVER_ERROR = 500
PAGE = 100
LOOKUP_KEYS_PER_CALL = 10  # https://docs.stripe.com/api/prices/list
IDEMPOTENCY_KEYS_PER_ORDER = 5
TRY_AGAIN = "Stripe did not answer as it should. Nothing was charged. Please try again."


class ParameterRefused(CheckoutError):
    """Stripe refuses a parameter of ours; `param` is its name, as `line_items[0][price]`."""

    def __init__(self, param: str, code: str | None) -> None:
        super().__init__("Stripe does not accept a value of the request.")
        self.param = param
        self.code = code


class IdempotencyKeyReused(CheckoutError):
    """Stripe knows the idempotency key with other parameters."""


class StripeApi:
    """Sessions and prices, as Stripe's JSON. Every method raises what `_translate` says."""

    def __init__(self, client: "StripeClient", credentials: "CredentialsReader") -> None:
        self._sessions = client.v1.checkout.sessions
        self._prices = client.v1.prices
        self._payment_intents = client.v1.payment_intents
        self._refunds = client.v1.refunds
        self._disputes = client.v1.disputes
        self._credentials = credentials

    def create_session(self, params: "SessionCreateParams", idempotency_key: str) -> Json:
        """Create a session once for the key.

        Stripe keeps an idempotency key's first answer for 24 hours, a 500 like any other. A key
        that only replays such a 500 is spent: the next one asks anew. The session that the first
        try may have left behind was never shown to anyone, and expires.
        https://docs.stripe.com/api/idempotent_requests
        """
        for attempt in range(1, IDEMPOTENCY_KEYS_PER_ORDER + 1):
            key = idempotency_key if attempt == 1 else f"{idempotency_key}-{attempt}"
            try:
                return self._call(
                    lambda options: self._sessions.create(params, options),
                    idempotency_key=key,
                )
            except _ServerErrorReplayed:
                logger.warning("stripe replays a server error", idempotency_key=key)
        raise StripeUnavailable(TRY_AGAIN)

    def retrieve_session(self, session_id: str) -> Json:
        """Give a session with its PaymentIntent, without which unpaid can't be told from failed."""
        session = self._found(
            lambda options: self._sessions.retrieve(
                session_id, {"expand": ["payment_intent"]}, options
            )
        )
        if session is None:
            raise SessionNotFound("No such session.")
        return session

    def expire_session(self, session_id: str) -> None:
        """Close a session; one that is not open any more, Stripe refuses, and that is as good."""
        try:
            self._call(lambda options: self._sessions.expire(session_id, {}, options))
        except StripeRefused:
            logger.warning("not expired", session_id=session_id)

    def session_of_payment_intent(self, payment_intent: str) -> Json:
        """Give the session that a PaymentIntent was made by, with the PaymentIntent."""
        found = self._call(
            lambda options: self._sessions.list(
                {
                    "payment_intent": payment_intent,
                    "limit": 1,
                    "expand": ["data.payment_intent"],
                },
                options,
            )
        )["data"]
        if not found:
            raise UnexpectedStripeObject("A PaymentIntent of ours has no Checkout Session.")
        session: Json = found[0]
        return session

    def payment_intent(self, payment_intent: str) -> Json | None:
        return self._found(
            lambda options: self._payment_intents.retrieve(payment_intent, {}, options)
        )

    def refund(self, refund_id: str) -> Json | None:
        """Give a refund with its PaymentIntent, whose metadata names the order."""
        return self._found(
            lambda options: self._refunds.retrieve(
                refund_id, {"expand": ["payment_intent"]}, options
            )
        )

    def refunds_of_charge(self, charge: str) -> Iterator[Json]:
        """Give a charge's refunds, newest first, with their PaymentIntent.

        None, where this account has no such charge.
        """
        try:
            yield from chain.from_iterable(self._pages(self._refunds.list, {"charge": charge}))
        except ParameterRefused:
            return

    def dispute(self, dispute_id: str) -> Json | None:
        """Give a dispute with its PaymentIntent, whose metadata names the order."""
        return self._found(
            lambda options: self._disputes.retrieve(
                dispute_id, {"expand": ["payment_intent"]}, options
            )
        )

    def refunds_since(self, created: int, after: str | None) -> Iterator[list[Json]]:
        """Give the refunds made at or after a moment, newest first, with their PaymentIntents.

        They come in pages, of one call each; of the list that they are, those behind `after`.
        """
        return self._pages(self._refunds.list, {"created": {"gte": created}}, after)

    def disputes_since(self, created: int, after: str | None) -> Iterator[list[Json]]:
        """Give the disputes in the same way."""
        return self._pages(self._disputes.list, {"created": {"gte": created}}, after)

    def prices_by_lookup_key(self, lookup_keys: Iterable[str]) -> dict[str, str]:
        """Give the ids of the active prices; a lookup key that none of them has is left out."""
        wanted = sorted(set(lookup_keys))
        found: dict[str, str] = {}
        for start in range(0, len(wanted), LOOKUP_KEYS_PER_CALL):
            chunk = wanted[start : start + LOOKUP_KEYS_PER_CALL]
            prices = self._call(
                lambda options, chunk=chunk: self._prices.list(  # type: ignore[misc]
                    {"lookup_keys": chunk, "active": True, "limit": LOOKUP_KEYS_PER_CALL}, options
                )
            )
            found |= {price["lookup_key"]: price["id"] for price in prices["data"]}
        return found

    def _found(self, operation: "Callable[[RequestOptions], stripe.StripeObject]") -> Json | None:
        """Give an object, None where this account has none of its id: another one's, perhaps."""
        try:
            return self._call(operation)
        except ParameterRefused:
            return None

    def _pages(
        self,
        list_: "Callable[[Any, RequestOptions], stripe.StripeObject]",
        wanted: Json,
        after: str | None = None,
    ) -> Iterator[list[Json]]:
        """Give the pages of a list, each fetched when it is needed."""
        page: Json = {"limit": PAGE, "expand": ["data.payment_intent"], **wanted}
        more = True
        while more:
            if after is not None:
                page["starting_after"] = after
            listed = self._call(functools.partial(list_, page))
            yield listed["data"]
            more = listed["has_more"]
            after = listed["data"][-1]["id"] if more else None

    def _call(
        self,
        operation: "Callable[[RequestOptions], stripe.StripeObject]",
        idempotency_key: str | None = None,
    ) -> Json:
        def send(api_key: str) -> Json:
            options: RequestOptions = {"api_key": api_key}
            if idempotency_key:
                options["idempotency_key"] = idempotency_key
            return operation(options).to_dict()

        cached = self._credentials.read()
        try:
            return send(cached.stripe_api_key)
        except stripe.AuthenticationError as error:
            refused = error
        except stripe.StripeError as error:
            _translate(error)
        # Outside of `except`: what a reread raises must not have Stripe's message in its context.
        rolled = self._credentials.reread()
        if rolled is None or rolled.stripe_api_key == cached.stripe_api_key:
            _translate(refused)
        try:
            return send(rolled.stripe_api_key)
        except stripe.StripeError as error:
            _translate(error)


class _ServerErrorReplayed(StripeUnavailable):
    pass


def _translate(error: stripe.StripeError) -> NoReturn:
    """Raise our error for Stripe's, and log what finds the call in Stripe's dashboard."""
    # The SDK gives some errors their code in Stripe's JSON only.
    code = error.code or (error.error.code if error.error else None)
    logger.warning(
        "stripe refused",
        stripe_error=type(error).__name__,
        stripe_status=error.http_status,
        stripe_code=code,
        stripe_param=getattr(error, "param", None),
        stripe_request_id=error.request_id,
    )
    match error:
        case stripe.RateLimitError():
            raise StripeRateLimited("Stripe allows no more requests just now.") from None
        case stripe.StripeError() if error.http_status == CONFLICT:
            raise StripeRateLimited("Stripe still works at the same request.") from None
        case stripe.AuthenticationError() | stripe.PermissionError():
            raise Misconfigured(
                f"Stripe refuses stripe_api_key ({error.http_status}, {code}): put a "
                "valid one that may write Checkout Sessions and read prices into StripeSecretArn."
            ) from None
        case stripe.IdempotencyError():
            raise IdempotencyKeyReused("The Idempotency-Key was used with another body.") from None
        case stripe.InvalidRequestError() if error.param:
            raise ParameterRefused(error.param, code) from None
        case stripe.APIConnectionError():
            raise StripeUnavailable(TRY_AGAIN) from None
        case stripe.APIError() if (error.http_status or SERVER_ERROR) >= SERVER_ERROR:
            headers: Mapping[str, str] = error.headers or {}
            replayed = any(name.lower() == "idempotent-replayed" for name in headers)
            raise (_ServerErrorReplayed if replayed else StripeUnavailable)(TRY_AGAIN) from None
        case _:
            raise StripeRefused(f"Stripe refuses the call: {code}, {error.request_id}.") from None

"""The calls that we make to Stripe: https://docs.stripe.com/api"""

import copy
import functools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import stripe

from checkout.errors import StripeRefused
from checkout.log import logger
from checkout.metrics import Metric, count, observe
from checkout.stripe.errors import MISSING, RequestRefused, is_replay, translate

if TYPE_CHECKING:
    from stripe import RequestOptions, StripeClient
    from stripe.params.checkout import SessionCreateParams

    from checkout.credentials import CredentialsReader

type Json = dict[str, Any]

PAGE = 100
LOOKUP_KEYS_PER_CALL = 10  # https://docs.stripe.com/api/prices/list


@dataclass(frozen=True, slots=True)
class CreatedSession:
    """`replayed` if Stripe repeats what it responded to the idempotency key before."""

    session: Json
    replayed: bool


class StripeApi:
    """Stripe's objects, as its JSON. Every method raises what `translate` says."""

    def __init__(self, client: "StripeClient", credentials: "CredentialsReader") -> None:
        self._sessions = client.v1.checkout.sessions
        self._prices = client.v1.prices
        self._payment_intents = client.v1.payment_intents
        self._charges = client.v1.charges
        self._refunds = client.v1.refunds
        self._disputes = client.v1.disputes
        self._credentials = credentials
        self._before_call: Callable[[], None] = _no_wait

    def throttled(self, before_call: Callable[[], None]) -> "StripeApi":
        """Give the same calls, which begin with `before_call` and raise what it raises."""
        throttled = copy.copy(self)
        throttled._before_call = before_call  # noqa: SLF001  (a copy of its own kind)
        return throttled

    def create_session(self, params: "SessionCreateParams", idempotency_key: str) -> CreatedSession:
        """Create a session once for the key; its first ten line items come with their products.

        Stripe keeps an idempotency key's first response for 24 hours, an error like any other:
        raise IdempotencyKeySpent for a replayed one, IdempotencyKeyReused if the key was used with
        other parameters. https://docs.stripe.com/api/idempotent_requests
        """
        wanted: SessionCreateParams = {"expand": ["line_items.data.price.product"], **params}
        response = self._respond(
            lambda options: self._sessions.create(wanted, options), idempotency_key=idempotency_key
        )
        sent = response.last_response
        return CreatedSession(response.to_dict(), is_replay(sent.headers if sent else None))

    def session(self, session_id: str) -> Json | None:
        """Give a session with its PaymentIntent, which tells what an unpaid one waits for."""
        return self._found(
            lambda options: self._sessions.retrieve(
                session_id, {"expand": ["payment_intent"]}, options
            )
        )

    def expire_session(self, session_id: str) -> Json | None:
        """Close a session and give it; None where Stripe refuses, as it is not open any more."""
        try:
            return self._call(lambda options: self._sessions.expire(session_id, {}, options))
        except StripeRefused:
            logger.warning("not expired", session_id=session_id)
            return None

    def line_items(self, session_id: str) -> list[Json]:
        """Give all line items of a session, with their products: one call, as a cart has 100."""
        lines: list[Json] = self._call(
            lambda options: self._sessions.line_items.list(
                session_id, {"limit": PAGE, "expand": ["data.price.product"]}, options
            )
        )["data"]
        return lines

    def session_of_payment_intent(self, payment_intent: str) -> Json | None:
        """Give the session that made a PaymentIntent, with both; None where no session did."""
        found = self._found(
            lambda options: self._sessions.list(
                {
                    "payment_intent": payment_intent,
                    "limit": 1,
                    "expand": ["data.payment_intent", "data.line_items"],
                },
                options,
            )
        )
        return found["data"][0] if found and found["data"] else None

    def sessions_of_customer(self, email: str) -> Iterator[list[Json]]:
        """Give the sessions in which a customer gave this e-mail address, newest first."""
        return self._pages(self._sessions.list, {"customer_details": {"email": email}})

    def payment_intent(self, payment_intent: str) -> Json | None:
        return self._found(
            lambda options: self._payment_intents.retrieve(payment_intent, {}, options)
        )

    def charge(self, charge_id: str) -> Json | None:
        return self._found(lambda options: self._charges.retrieve(charge_id, {}, options))

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
        except RequestRefused as refused:
            if refused.code != MISSING:
                raise

    def refunds_of_payment(self, payment_intent: str) -> Iterator[list[Json]]:
        """Give a PaymentIntent's refunds, newest first, with the PaymentIntent."""
        return self._pages(self._refunds.list, {"payment_intent": payment_intent})

    def disputes_of_payment(self, payment_intent: str) -> Iterator[list[Json]]:
        """Give a PaymentIntent's disputes in the same way."""
        return self._pages(self._disputes.list, {"payment_intent": payment_intent})

    def dispute(self, dispute_id: str) -> Json | None:
        """Give a dispute with its PaymentIntent, whose metadata names the order."""
        return self._found(
            lambda options: self._disputes.retrieve(
                dispute_id, {"expand": ["payment_intent"]}, options
            )
        )

    def sessions_between(
        self, since: int, until: int, status: str | None = None
    ) -> Iterator[list[Json]]:
        """Give the sessions that were created from one second to another, both included.

        They come newest first with their PaymentIntents, in pages of one call each; `status` is
        `open`, `complete` or `expired`. https://docs.stripe.com/api/checkout/sessions/list
        """
        wanted = _created(since, until) | ({"status": status} if status else {})
        return self._pages(self._sessions.list, wanted)

    def refunds_between(self, since: int, until: int) -> Iterator[list[Json]]:
        """Give refunds in the same way."""
        return self._pages(self._refunds.list, _created(since, until))

    def disputes_between(self, since: int, until: int) -> Iterator[list[Json]]:
        """Give disputes in the same way."""
        return self._pages(self._disputes.list, _created(since, until))

    def prices_by_lookup_key(self, lookup_keys: Iterable[str]) -> dict[str, Json]:
        """Give the active prices of at most ten lookup keys, with their products."""
        prices = self._call(
            lambda options: self._prices.list(
                {
                    "lookup_keys": sorted(lookup_keys),
                    "active": True,
                    "limit": LOOKUP_KEYS_PER_CALL,
                    "expand": ["data.product"],
                },
                options,
            )
        )
        return {price["lookup_key"]: price for price in prices["data"]}

    def active_prices(self) -> Iterator[list[Json]]:
        """Give the active one-time prices, newest first, with their products, in pages."""
        wanted = {"active": True, "type": "one_time", "expand": ["data.product"]}
        return self._pages(self._prices.list, wanted)

    def _found(self, operation: "Callable[[RequestOptions], stripe.StripeObject]") -> Json | None:
        """Give an object, None where this account has none of its id.

        Only `resource_missing` says so: any other refusal is an error, never an absence.
        https://docs.stripe.com/error-codes#resource-missing
        """
        try:
            return self._call(operation)
        except RequestRefused as refused:
            if refused.code == MISSING:
                return None
            raise

    def _pages(
        self,
        list_: "Callable[[Any, RequestOptions], stripe.StripeObject]",
        wanted: Json,
    ) -> Iterator[list[Json]]:
        """Give the pages of a list, each fetched when it is needed."""
        page: Json = {"limit": PAGE, "expand": ["data.payment_intent"], **wanted}
        more = True
        while more:
            listed = self._call(functools.partial(list_, page))
            yield listed["data"]
            more = listed["has_more"]
            if more:
                page["starting_after"] = listed["data"][-1]["id"]

    def _call(self, operation: "Callable[[RequestOptions], stripe.StripeObject]") -> Json:
        return self._respond(operation).to_dict()

    def _respond(
        self,
        operation: "Callable[[RequestOptions], stripe.StripeObject]",
        idempotency_key: str | None = None,
    ) -> stripe.StripeObject:
        def send(api_key: str) -> stripe.StripeObject:
            options: RequestOptions = {"api_key": api_key}
            if idempotency_key:
                options["idempotency_key"] = idempotency_key
            return _measured(operation, options)

        self._before_call()
        cached = self._credentials.read()
        try:
            return send(cached.stripe_api_key)
        except stripe.AuthenticationError as error:
            refused = error
        except stripe.StripeError as error:
            translate(error, key_is_ours=idempotency_key is not None)
        # Outside of `except`: what a reread raises must not have Stripe's message in its context.
        rolled = self._credentials.reread()
        if rolled is None or rolled.stripe_api_key == cached.stripe_api_key:
            translate(refused)
        try:
            return send(rolled.stripe_api_key)
        except stripe.StripeError as error:
            translate(error, key_is_ours=idempotency_key is not None)


def _measured(
    operation: "Callable[[RequestOptions], stripe.StripeObject]", options: "RequestOptions"
) -> stripe.StripeObject:
    started = time.perf_counter()
    result = Metric.STRIPE_CALLS_FAILED
    try:
        response = operation(options)
        result = Metric.STRIPE_CALLS_SUCCEEDED
    except stripe.RateLimitError:
        result = Metric.STRIPE_CALLS_RATE_LIMITED
        raise
    except (stripe.APIConnectionError, stripe.APIError):
        raise
    except stripe.StripeError as error:
        # That there is no such object is an answer, and anybody can ask for one.
        if error.code == MISSING:
            result = Metric.STRIPE_CALLS_SUCCEEDED
        else:
            result = Metric.STRIPE_CALLS_REFUSED
        raise
    finally:
        count(result)
        observe(Metric.STRIPE_CALL_TIME, (time.perf_counter() - started) * 1000)
    return response


def _created(since: int, until: int) -> Json:
    return {"created": {"gte": since, "lte": until}}


def _no_wait() -> None:
    """Customers' own calls are throttled at the API."""

"""Calls to Stripe's API: https://docs.stripe.com/api

They are raw requests of the SDK, which return JSON: converting JSON to the SDK's objects and back
would cost more CPU than the request itself. https://github.com/stripe/stripe-python#custom-requests
"""

import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote

import stripe

from checkout.errors import StripeRefused
from checkout.log import logger
from checkout.metrics import Metric, count, observe
from checkout.stripe.errors import MISSING, RequestRefused, is_replay, translate

if TYPE_CHECKING:
    from stripe import StripeClient, StripeResponse
    from stripe.params.checkout import SessionCreateParams

    from checkout.credentials import CredentialsReader

type Json = dict[str, Any]

SESSIONS = "/v1/checkout/sessions"
PRICES = "/v1/prices"
PAYMENT_INTENTS = "/v1/payment_intents"
CHARGES = "/v1/charges"
REFUNDS = "/v1/refunds"
DISPUTES = "/v1/disputes"
PAGE = 100
LOOKUP_KEYS_PER_CALL = 10  # https://docs.stripe.com/api/prices/list


@dataclass(frozen=True, slots=True)
class CreatedSession:
    """`replayed` is true if Stripe replays its earlier response to the idempotency key."""

    session: Json
    replayed: bool


class StripeApi:
    """Returns Stripe's objects as JSON. Every method raises the errors of `translate`."""

    def __init__(self, client: "StripeClient", credentials: "CredentialsReader") -> None:
        self._client = client
        self._credentials = credentials
        self._before_call: Callable[[], None] = _no_wait

    def throttled(self, before_call: Callable[[], None]) -> "StripeApi":
        """Return the same API with `before_call` run before each call; its errors are raised."""
        throttled = copy.copy(self)
        throttled._before_call = before_call  # noqa: SLF001  (a copy of its own kind)
        return throttled

    def create_session(self, params: "SessionCreateParams", idempotency_key: str) -> CreatedSession:
        """Create a session once per key, with its first ten line items and their products expanded.

        Stripe keeps an idempotency key's first response for 24 hours, an error like any other:
        raise IdempotencyKeySpent for a replayed one, IdempotencyKeyReused if the key was used with
        other parameters. https://docs.stripe.com/api/idempotent_requests
        """
        wanted: SessionCreateParams = {"expand": ["line_items.data.price.product"], **params}
        response = self._respond("post", SESSIONS, wanted, idempotency_key)
        return CreatedSession(_json(response), is_replay(response.headers))

    def session(self, session_id: str) -> Json | None:
        """Return a session with its PaymentIntent, which shows why an unpaid one is unpaid."""
        return self._found(_path(SESSIONS, session_id), {"expand": ["payment_intent"]})

    def expire_session(self, session_id: str) -> Json | None:
        """Expire a session and return it with its first ten line items.

        None if Stripe refuses because it is no longer open.
        """
        path, wanted = _path(SESSIONS, session_id, "expire"), {"expand": ["line_items"]}
        try:
            return _json(self._respond("post", path, wanted))
        except StripeRefused:
            logger.warning("not expired", session_id=session_id)
            return None

    def line_items(self, session_id: str) -> list[Json]:
        """Return a session's line items and their products: one call, since a cart has 100."""
        wanted = {"limit": PAGE, "expand": ["data.price.product"]}
        lines: list[Json] = self._get(_path(SESSIONS, session_id, "line_items"), wanted)["data"]
        return lines

    def session_of_payment_intent(self, payment_intent: str) -> Json | None:
        """Return the session of a PaymentIntent, with the PaymentIntent; None if it has none."""
        found = self._found(
            SESSIONS,
            {
                "payment_intent": payment_intent,
                "limit": 1,
                "expand": ["data.payment_intent", "data.line_items"],
            },
        )
        return found["data"][0] if found and found["data"] else None

    def sessions_of_customer(self, email: str) -> Iterator[list[Json]]:
        """Yield pages of the sessions with this customer's e-mail address, newest first."""
        return self._pages(SESSIONS, {"customer_details": {"email": email}})

    def payment_intent(self, payment_intent: str) -> Json | None:
        return self._found(_path(PAYMENT_INTENTS, payment_intent), {})

    def charge(self, charge_id: str) -> Json | None:
        return self._found(_path(CHARGES, charge_id), {})

    def refund(self, refund_id: str) -> Json | None:
        """Return a refund with its PaymentIntent, whose metadata names the order."""
        return self._found(_path(REFUNDS, refund_id), {"expand": ["payment_intent"]})

    def refunds_of_charge(self, charge: str) -> Iterator[Json]:
        """Yield a charge's refunds, newest first, with their PaymentIntent.

        Yield nothing if this account has no such charge.
        """
        try:
            yield from chain.from_iterable(self._pages(REFUNDS, {"charge": charge}))
        except RequestRefused as refused:
            if refused.code != MISSING:
                raise

    def refunds_of_payment(self, payment_intent: str) -> Iterator[list[Json]]:
        """Yield pages of a PaymentIntent's refunds, newest first, with the PaymentIntent."""
        return self._pages(REFUNDS, {"payment_intent": payment_intent})

    def disputes_of_payment(self, payment_intent: str) -> Iterator[list[Json]]:
        """Yield pages of a PaymentIntent's disputes in the same way."""
        return self._pages(DISPUTES, {"payment_intent": payment_intent})

    def dispute(self, dispute_id: str) -> Json | None:
        """Return a dispute with its PaymentIntent, whose metadata names the order."""
        return self._found(_path(DISPUTES, dispute_id), {"expand": ["payment_intent"]})

    def sessions_between(
        self, since: int, until: int, status: str | None = None
    ) -> Iterator[list[Json]]:
        """Yield pages of the sessions created from one second to another, both included.

        Newest first, with their PaymentIntents, one call per page. `status` is `open`, `complete`
        or `expired`. https://docs.stripe.com/api/checkout/sessions/list
        """
        wanted = _created(since, until) | ({"status": status} if status else {})
        return self._pages(SESSIONS, wanted)

    def refunds_between(self, since: int, until: int) -> Iterator[list[Json]]:
        """Yield pages of refunds in the same way."""
        return self._pages(REFUNDS, _created(since, until))

    def disputes_between(self, since: int, until: int) -> Iterator[list[Json]]:
        """Yield pages of disputes in the same way."""
        return self._pages(DISPUTES, _created(since, until))

    def prices_by_lookup_key(self, lookup_keys: Iterable[str]) -> dict[str, Json]:
        """Return the active prices of at most ten lookup keys, with their products."""
        prices = self._get(
            PRICES,
            {
                "lookup_keys": sorted(lookup_keys),
                "active": True,
                "limit": LOOKUP_KEYS_PER_CALL,
                "expand": ["data.product"],
            },
        )
        return {price["lookup_key"]: price for price in prices["data"]}

    def active_prices(self) -> Iterator[list[Json]]:
        """Yield pages of the active one-time prices, newest first, with their products."""
        wanted = {"active": True, "type": "one_time", "expand": ["data.product"]}
        return self._pages(PRICES, wanted)

    def _found(self, path: str, wanted: Json) -> Json | None:
        """Return an object, None if this account has none with its id.

        Only `resource_missing` means that: any other refusal is an error.
        https://docs.stripe.com/error-codes#resource-missing
        """
        try:
            return self._get(path, wanted)
        except RequestRefused as refused:
            if refused.code == MISSING:
                return None
            raise

    def _pages(self, path: str, wanted: Json) -> Iterator[list[Json]]:
        """Yield the pages of a list, each fetched when it is needed."""
        page: Json = {"limit": PAGE, "expand": ["data.payment_intent"], **wanted}
        more = True
        while more:
            listed = self._get(path, page)
            yield listed["data"]
            more = listed["has_more"]
            if more:
                page["starting_after"] = listed["data"][-1]["id"]

    def _get(self, path: str, wanted: Json) -> Json:
        return _json(self._respond("get", path, wanted))

    def _respond(
        self,
        method: Literal["get", "post"],
        path: str,
        wanted: Mapping[str, Any],
        idempotency_key: str | None = None,
    ) -> "StripeResponse":
        def send(api_key: str) -> "StripeResponse":
            options = {"api_key": api_key}
            if idempotency_key:
                options["idempotency_key"] = idempotency_key
            return _measured(lambda: self._client.raw_request(method, path, **wanted, **options))

        self._before_call()
        cached = self._credentials.read()
        try:
            return send(cached.stripe_api_key)
        except stripe.AuthenticationError as error:
            refused = error
        except stripe.StripeError as error:
            translate(error, key_is_ours=idempotency_key is not None)
        # Outside of `except`: an error of reread must not have Stripe's message as its context.
        rolled = self._credentials.reread()
        if rolled is None or rolled.stripe_api_key == cached.stripe_api_key:
            translate(refused)
        try:
            return send(rolled.stripe_api_key)
        except stripe.StripeError as error:
            translate(error, key_is_ours=idempotency_key is not None)


def _path(collection: str, object_id: str, action: str | None = None) -> str:
    return "/".join([collection, quote(object_id, safe=""), *([action] if action else [])])


def _json(response: "StripeResponse") -> Json:
    return cast("Json", response.data)


def _measured(call: "Callable[[], StripeResponse]") -> "StripeResponse":
    started = time.perf_counter()
    result = Metric.STRIPE_CALLS_FAILED
    try:
        response = call()
        result = Metric.STRIPE_CALLS_SUCCEEDED
    except stripe.RateLimitError:
        result = Metric.STRIPE_CALLS_RATE_LIMITED
        raise
    except (stripe.APIConnectionError, stripe.APIError):
        raise
    except stripe.StripeError as error:
        # A missing object is a normal response that anyone can cause, so it counts as a success.
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
    """Do not wait: customers' requests are throttled by the HTTP API."""

"""What a frontend may ask for: a checkout, and how its payment went."""

import hashlib
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.api.refusals import invalid, refused_request, unknown_price
from checkout.domain.changes import Outcome
from checkout.domain.facts import Origin, SessionFact
from checkout.domain.order import CheckoutState, Order, OrderStatus
from checkout.errors import (
    IdempotencyMismatch,
    InvalidRequest,
    SessionNotFound,
    StripeRateLimited,
    UnexpectedStripeObject,
)
from checkout.log import logger
from checkout.return_urls import on_allowed_origin, with_session_id
from checkout.stripe.errors import IdempotencyKeyReused, IdempotencyKeySpent, RequestRefused
from checkout.stripe.readers import FINGERPRINT

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

    from checkout.api.models import CheckoutRequest
    from checkout.aws.orders_table import OrdersTable
    from checkout.recorder import Recorder
    from checkout.settings import Settings
    from checkout.stripe.api import StripeApi
    from checkout.stripe.catalogue import Catalogue

# A short key can be guessed, and with it somebody else's checkout.
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{14,253}[\x21-\x7e]")
# Strangers cause these calls, which share Stripe's rate limits with the whole account.
CALLS_TO_DECIDE = 3

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StartedCheckout:
    """`url` is the page to send the customer to, None once the session is not open any more.

    `expires_at` is in seconds since 1970 UTC.
    """

    order_id: str
    session_id: str
    url: str | None
    status: OrderStatus
    expires_at: int


@dataclass(frozen=True, slots=True)
class Checkouts:
    """Create a checkout, and confirm its payment. `now` gives seconds since 1970 UTC."""

    settings: "Settings"
    stripe_api: "StripeApi"
    catalogue: "Catalogue"
    orders: "OrdersTable"
    recorder: "Recorder"
    now: Callable[[], float] = time.time

    def create(self, request: "CheckoutRequest", idempotency_key: str | None) -> StartedCheckout:
        """Create an order and its Checkout Session; the same key and request give the same ones.

        Stripe comes first. The session holds all that the order will, so after a crash before the
        write a retry with the same key finds the session; without a retry it expires unused.

        Raise InvalidRequest, IdempotencyMismatch, and what StripeApi and Recorder raise.
        """
        key = _checked_key(idempotency_key)
        order_id = _order_id(self.settings.stack, key)
        logger.append_keys(order_id=order_id)
        fingerprint = request.fingerprint(key)
        lookups = 0 if self.catalogue.is_cached(request.lookup_keys) else 1
        params = self._session_params(request, order_id, fingerprint)
        try:
            session = self._sold_session(request, params, order_id, calls=lookups)
        except (IdempotencyKeyReused, IdempotencyKeySpent):
            earlier = self.orders.find(order_id)
            if earlier is not None:
                return self._earlier_checkout(earlier, fingerprint)
            # What the key stands for at Stripe was never recorded, so nobody was shown it. A random
            # further key can't be spent: of two requests that race, the table records one session.
            further_key = f"{order_id}-{uuid.uuid4().hex}"
            session = self._sold_session(request, params, further_key, calls=lookups + 1)
        started = self._recorded(session, order_id, fingerprint)
        if request.replaces and started.status is OrderStatus.OPEN:
            self._expire_replaced(request.replaces, started.session_id)
        return started

    def confirm(self, session_id: str) -> Order:
        """Ask Stripe how a session's payment went, bring its order up to date, and give it.

        Raise SessionNotFound for whatever is not a session of this stack.
        """
        fact = self._fact(self._session(session_id), source="confirm")
        recorded = self.recorder.record(fact, read_back=True)
        if fact is None or recorded.order is None or recorded.outcome is Outcome.IGNORED:
            raise SessionNotFound("No such session.")
        logger.append_keys(order_id=fact.order_id, session_id=session_id)
        return recorded.order

    def _sold_session(
        self, request: "CheckoutRequest", params: "SessionCreateParams", key: str, *, calls: int
    ) -> Json:
        """Create a session with all its line items; expire it if one of them is not sold here.

        `calls` counts the calls to Stripe so far. Raise InvalidRequest for what Stripe or the shop
        refuses, IdempotencyKeyReused, and IdempotencyKeySpent for a refusal that was only replayed.
        """
        try:
            created = self.stripe_api.create_session(params, idempotency_key=key)
        except RequestRefused as refused:
            raise refused_request(refused, request) from None
        session = created.session
        try:
            if session["line_items"]["has_more"]:
                if calls + 1 >= CALLS_TO_DECIDE:
                    raise StripeRateLimited("This cart takes a second attempt. Please try again.")
                lines = self.stripe_api.line_items(session["id"])
                session["line_items"] = {"data": lines, "has_more": False}
            self._check_sold(session, request, params)
        except (InvalidRequest, StripeRateLimited):
            self.stripe_api.expire_session(session["id"])
            if created.replayed:
                raise IdempotencyKeySpent("Stripe replays a session that was refused.") from None
            raise
        return session

    def _check_sold(
        self, session: Json, request: "CheckoutRequest", params: "SessionCreateParams"
    ) -> None:
        unsold = {
            line["price"]["id"]
            for line in session["line_items"]["data"]
            if not self.catalogue.is_sellable(line["price"])
        }
        for index, item in enumerate(params["line_items"]):
            if item["price"] in unsold:
                raise unknown_price(request, index)
        if session["amount_total"] == 0 and not self.settings.allow_free_orders:
            raise invalid("/items", "The total is 0: nothing is given away here.")

    def _recorded(self, session: Json, order_id: str, fingerprint: str) -> StartedCheckout:
        fact = self._fact(session, source="create", order_id=order_id)
        if fact is None:
            raise UnexpectedStripeObject("Stripe created a session of the other mode.")
        recorded = self.recorder.record(fact)
        if recorded.outcome is Outcome.IGNORED and recorded.order is not None:
            # Stripe remembers a key for 24 hours, the table for good: this is a second session,
            # which nobody must pay.
            self.stripe_api.expire_session(session["id"])
            return self._earlier_checkout(recorded.order, fingerprint)
        if recorded.order is not None:
            return _started(order_id, recorded.order.checkout, session)
        return _started(order_id, fact.checkout, session)

    def _earlier_checkout(self, order: Order, fingerprint: str) -> StartedCheckout:
        """Respond with the order's own session, and record what has become of it."""
        if order.checkout.request_fingerprint != fingerprint:
            raise IdempotencyMismatch(
                "This Idempotency-Key was used with another body: use a new key for a new checkout."
            )
        session = self._session(order.checkout.session_id)
        fact = self._fact(session, source="create", order_id=order.order_id)
        recorded = self.recorder.record(fact, read_back=True)
        return _started(order.order_id, (recorded.order or order).checkout, session)

    def _expire_replaced(self, session_id: str, by: str) -> None:
        """Expire a session that a new one supersedes; one that is not ours or not open stays."""
        if session_id == by or not self._may_be_ours(session_id):
            return
        session = self.stripe_api.session(session_id)
        fact = self.recorder.readers.session(session, self._origin("create"))
        if session is None or fact is None or fact.checkout.status is not OrderStatus.OPEN:
            return
        expired = self.stripe_api.expire_session(session_id)
        self.recorder.record(self.recorder.readers.session(expired, self._origin("create")))

    def _session(self, session_id: str) -> Json:
        session = self.stripe_api.session(session_id) if self._may_be_ours(session_id) else None
        if session is None:
            raise SessionNotFound("No such session.")
        return session

    def _may_be_ours(self, session_id: str) -> bool:
        return bool(re.fullmatch(rf"cs_{self.settings.mode}_[A-Za-z0-9]{{1,200}}", session_id))

    def _fact(
        self, session: Json, *, source: str, order_id: str | None = None
    ) -> SessionFact | None:
        return self.recorder.readers.session(session, self._origin(source), order_id=order_id)

    def _origin(self, source: str) -> Origin:
        return Origin(occurred_at=int(self.now()), source=source)

    def _session_params(
        self, request: "CheckoutRequest", order_id: str, fingerprint: str
    ) -> "SessionCreateParams":
        success_url = self._return_url("success_url", request.success_url)
        cancel_url = self._return_url("cancel_url", request.cancel_url)
        mark = self.recorder.readers.mark(order_id)
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {"price": price, "quantity": item.quantity}
                for price, item in zip(self._prices(request), request.items, strict=True)
            ],
            "success_url": success_url or with_session_id(self.settings.default_success_url),
            "cancel_url": cancel_url or self.settings.default_cancel_url,
            "metadata": {**(request.metadata or {}), **mark, FINGERPRINT: fingerprint},
            # A charge copies these: that is how a refund or a dispute finds its order.
            "payment_intent_data": {"metadata": mark},
        }
        if request.customer_email is not None:
            params["customer_email"] = request.customer_email
        if request.client_reference_id is not None:
            params["client_reference_id"] = request.client_reference_id
        return params

    def _return_url(self, field: str, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            on_allowed_origin(url, self.settings.allowed_origins)
            return with_session_id(url) if field == "success_url" else url
        except ValueError as error:
            raise invalid(f"/{field}", str(error)) from None

    def _prices(self, request: "CheckoutRequest") -> list[str]:
        found = self.catalogue.prices(request.lookup_keys)
        prices = []
        for index, item in enumerate(request.items):
            price = item.price or found[item.lookup_key or ""]
            if price is None:
                raise unknown_price(request, index)
            prices.append(price)
        return prices


def _checked_key(idempotency_key: str | None) -> str:
    if idempotency_key is None:
        return uuid.uuid4().hex
    if not IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise InvalidRequest("Idempotency-Key must be 16 to 255 printable ASCII characters.")
    return idempotency_key


def _order_id(stack: str, key: str) -> str:
    """Derive the order from the caller's key, so that a retry after a crash means the same one."""
    return "ord_" + hashlib.sha256(f"{stack}\n{key}".encode()).hexdigest()[:32]


def _started(order_id: str, checkout: CheckoutState, session: Json) -> StartedCheckout:
    return StartedCheckout(
        order_id=order_id,
        session_id=checkout.session_id,
        url=session["url"] if checkout.status is OrderStatus.OPEN else None,
        status=checkout.status,
        expires_at=checkout.expires_at,
    )

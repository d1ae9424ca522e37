"""The frontend's use cases: create a checkout, and confirm its payment."""

import hashlib
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from checkout.domain.changes import Outcome
from checkout.domain.facts import Origin, SessionFact
from checkout.domain.order import CheckoutState, Order, OrderStatus
from checkout.errors import (
    IdempotencyMismatch,
    InvalidRequest,
    SessionNotFound,
    UnexpectedStripeObject,
)
from checkout.log import logger
from checkout.sales import CallBudget, Sales
from checkout.session_params import SessionParams
from checkout.stripe.catalogue import Catalogue
from checkout.stripe.errors import IdempotencyKeyReused, IdempotencyKeySpent
from checkout.stripe.options import NO_OPTIONS, Options

if TYPE_CHECKING:
    from checkout.api.models import CheckoutRequest
    from checkout.aws.orders_table import OrdersTable
    from checkout.recorder import Recorder
    from checkout.settings import Settings
    from checkout.stripe.api import StripeApi

# A short key could be guessed, which would give access to another customer's checkout.
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{14,253}[\x21-\x7e]")
# The most refused sessions per key: each costs a read to find the next order id.
MAX_REFUSED = 10
# A caller's key can't contain a newline, so this prefix can't be imitated.
TRUSTED_KEYS = "trusted\n"

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StartedCheckout:
    """`url` is the page to send the customer to; `client_secret` is for an embedded page.

    An open session has one of them, any other session neither. `expires_at` is in seconds since
    1970 UTC.
    """

    order_id: str
    session_id: str
    url: str | None
    client_secret: str | None = field(repr=False)
    status: OrderStatus
    expires_at: int


@dataclass(frozen=True, slots=True)
class Checkouts:
    """Creates checkouts and confirms payments. `now` returns seconds since 1970 UTC.

    Callers in one `key_namespace` can't use the idempotency keys of another.
    """

    settings: "Settings"
    stripe_api: "StripeApi"
    catalogue: Catalogue
    orders: "OrdersTable"
    recorder: "Recorder"
    now: Callable[[], float] = time.time
    key_namespace: str = ""

    def for_trusted_callers(self) -> "Checkouts":
        """Return the same for callers authorised by IAM, who may sell any price, free ones too."""
        return replace(
            self,
            settings=replace(self.settings, allow_free_orders=True),
            catalogue=Catalogue(self.stripe_api, only_marked=False),
            key_namespace=TRUSTED_KEYS,
        )

    def create(
        self,
        request: "CheckoutRequest",
        idempotency_key: str | None,
        options: Options = NO_OPTIONS,
    ) -> StartedCheckout:
        """Create an order and its Checkout Session; the same key and request give the same ones.

        `options` are not part of the request: while the order's session is open, it is returned.

        Stripe is called before the order is written, and the session holds everything that the
        order needs. After a crash in between, a retry with the same key finds the session, or
        creates another one if Stripe's replay is incomplete. A session that was never returned
        expires unused.

        Raise InvalidRequest, IdempotencyMismatch, and what StripeApi and Recorder raise.
        """
        started = self._started(request, self._key(idempotency_key), options)
        if request.replaces and started.status is OrderStatus.OPEN:
            self._expire_replaced(request.replaces, started.session_id)
        return started

    def confirm(self, session_id: str) -> Order:
        """Retrieve a session from Stripe, update its order, and return the order.

        Raise SessionNotFound for anything other than a session of this stack.
        """
        fact = self._fact(self._session(session_id), source="confirm")
        if fact is None:
            raise SessionNotFound("No such session.")
        logger.append_keys(order_id=fact.order_id, session_id=session_id)
        recorded = self.recorder.record(fact, read_back=True)
        if recorded.order is None or recorded.outcome is Outcome.IGNORED:
            raise SessionNotFound("No such session.")
        return recorded.order

    def _started(self, request: "CheckoutRequest", key: str, options: Options) -> StartedCheckout:
        """Return the checkout of an idempotency key; create it if the key is new."""
        order_id = _order_id(self.settings.stack, key)
        logger.append_keys(order_id=order_id)
        fingerprint = request.fingerprint(key)
        calls = CallBudget()
        prices = self._sales.prices(request, calls)
        params_of = SessionParams(self.settings, self.recorder.readers.mark, options).of
        params = params_of(request, prices, order_id, fingerprint)
        try:
            session = self._sales.create_session(request, params, calls, key=order_id)
            return self._recorded(session, order_id)
        except (IdempotencyKeyReused, IdempotencyKeySpent, _AnotherSession):
            # Stripe and the table have different sessions for this key.
            order_id, earlier = self._order_of_key(key)
        logger.append_keys(order_id=order_id)
        if earlier is not None:
            return self._earlier_checkout(earlier, fingerprint)
        # A random suffix makes a fresh key. If two requests race, the table records one session.
        further_key = f"{order_id}-{uuid.uuid4().hex}"
        params = params_of(request, prices, order_id, fingerprint)
        session = self._sales.create_session(
            request, params, calls, key=further_key, key_is_new=True
        )
        try:
            return self._recorded(session, order_id)
        except _AnotherSession as another:
            return self._earlier_checkout(another.order, fingerprint)

    def _order_of_key(self, key: str) -> tuple[str, Order | None]:
        """Return the order id of a key, and its order if the caller was shown one, else None.

        A session that the shop refused can leave an expired order, which keeps its session: the key
        then belongs to the next order id.
        """
        order_id, order = _order_id(self.settings.stack, key), None
        for _ in range(MAX_REFUSED):
            order = self.orders.find(order_id)
            if order is None or not _never_shown(order):
                break
            order_id = _order_id(self.settings.stack, f"{key}\n{order.checkout.session_id}")
        else:
            raise InvalidRequest("This Idempotency-Key was refused too often: use a new one.")
        return order_id, order

    def _recorded(self, session: Json, order_id: str) -> StartedCheckout:
        """Record a session that was created; raise _AnotherSession if its order has another."""
        logger.append_keys(session_id=session["id"])
        fact = self._fact(session, source="create", order_id=order_id)
        if fact is None:
            raise UnexpectedStripeObject("Stripe created a session of the other mode.")
        recorded = self.recorder.record(fact)
        if recorded.outcome is Outcome.IGNORED and recorded.order is not None:
            # Stripe keeps a key for 24 hours, the table forever. So this is a second session of the
            # order, which must not be paid.
            self.stripe_api.expire_session(session["id"])
            raise _AnotherSession(recorded.order)
        checkout = recorded.order.checkout if recorded.order else fact.checkout
        return _started(order_id, checkout, session)

    def _earlier_checkout(self, order: Order, fingerprint: str) -> StartedCheckout:
        """Return the order's own session, and record its current state."""
        logger.append_keys(session_id=order.checkout.session_id)
        if order.checkout.request_fingerprint != fingerprint:
            raise IdempotencyMismatch(
                "This Idempotency-Key was used with another body: use a new key for a new checkout."
            )
        session = self.stripe_api.session(order.checkout.session_id)
        if session is None:
            raise UnexpectedStripeObject("Stripe no longer has the session of this order.")
        fact = self._fact(session, source="create", order_id=order.order_id)
        recorded = self.recorder.record(fact, read_back=True)
        return _started(order.order_id, (recorded.order or order).checkout, session)

    def _expire_replaced(self, session_id: str, by: str) -> None:
        """Expire a session that a new one replaces; do nothing if it is not ours or not open."""
        if session_id == by or not self._may_be_ours(session_id):
            return
        fact = self._fact(self.stripe_api.session(session_id), source="create")
        if fact is None or fact.checkout.status is not OrderStatus.OPEN:
            return
        expired = self.stripe_api.expire_session(session_id)
        self.recorder.record(self._fact(expired, source="create"))

    def _key(self, idempotency_key: str | None) -> str:
        if idempotency_key is None:
            return uuid.uuid4().hex
        if not IDEMPOTENCY_KEY.fullmatch(idempotency_key):
            raise InvalidRequest("Idempotency-Key must be 16 to 255 printable ASCII characters.")
        return self.key_namespace + idempotency_key

    @property
    def _sales(self) -> Sales:
        return Sales(self.stripe_api, self.catalogue, self.settings.allow_free_orders)

    def _session(self, session_id: str) -> Json:
        session = self.stripe_api.session(session_id) if self._may_be_ours(session_id) else None
        if session is None:
            raise SessionNotFound("No such session.")
        return session

    def _may_be_ours(self, session_id: str) -> bool:
        return bool(re.fullmatch(rf"cs_{self.settings.mode}_[A-Za-z0-9]{{1,200}}", session_id))

    def _fact(
        self, session: Json | None, *, source: str, order_id: str | None = None
    ) -> SessionFact | None:
        origin = Origin(occurred_at=int(self.now()), source=source)
        return self.recorder.readers.session(session, origin, order_id=order_id)


class _AnotherSession(Exception):
    """A new session's order already has another session."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.order_id)
        self.order = order


def _never_shown(order: Order) -> bool:
    """True if the order was created as expired: its session was never returned to a caller."""
    return order.status is OrderStatus.EXPIRED and order.version == 1


def _order_id(stack: str, key: str) -> str:
    """Derive the order id from the caller's key, so that a retry finds the same order."""
    return "ord_" + hashlib.sha256(f"{stack}\n{key}".encode()).hexdigest()[:32]


def _started(order_id: str, checkout: CheckoutState, session: Json) -> StartedCheckout:
    is_open = checkout.status is OrderStatus.OPEN
    return StartedCheckout(
        order_id=order_id,
        session_id=checkout.session_id,
        url=session.get("url") if is_open else None,
        client_secret=session.get("client_secret") if is_open else None,
        status=checkout.status,
        expires_at=checkout.expires_at,
    )

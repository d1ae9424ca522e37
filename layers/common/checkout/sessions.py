"""What a frontend may ask for: a checkout, and how its payment went."""

import hashlib
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.errors import (
    FieldError,
    IdempotencyMismatch,
    InvalidRequest,
    SessionNotFound,
    StripeRefused,
)
from checkout.facts import FINGERPRINT, Ownership, session_fact
from checkout.log import logger
from checkout.order import Order, OrderStatus, Origin, Outcome
from checkout.return_urls import on_allowed_origin, with_session_id
from checkout.stripe_api import IdempotencyKeyReused, ParameterRefused

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

    from checkout.models import CheckoutRequest
    from checkout.orders import Orders, Recorded
    from checkout.settings import Settings
    from checkout.stripe_api import StripeApi

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
PARAM_PRICE = re.compile(r"line_items\[(?P<index>[0-9]+)\]\[price\]")
PARAM_ITEM = re.compile(r"line_items\[(?P<index>[0-9]+)\](\[(?P<field>quantity)\])?.*")
PARAMS_OF_FIELDS = ("customer_email", "client_reference_id", "success_url", "cancel_url")


@dataclass(frozen=True, slots=True)
class CreatedSession:
    """`url` is the page to send the customer to, None once the session is not open any more."""

    order_id: str
    session_id: str
    url: str | None
    status: OrderStatus
    expires_at: int


@dataclass(frozen=True, slots=True)
class Sessions:
    settings: "Settings"
    stripe_api: "StripeApi"
    orders: "Orders"
    now: Callable[[], float] = time.time

    @property
    def _ownership(self) -> Ownership:
        return Ownership(self.settings.stack, livemode=self.settings.livemode)

    def create(self, request: "CheckoutRequest", idempotency_key: str | None) -> CreatedSession:
        """Create an order and its Checkout Session; the same key and request give the same ones.

        Stripe comes first. Everything that the order will hold is in the session, so a crash before
        the write leaves nothing that a retry with the same key does not find again, and without a
        retry a session that nobody was shown, which expires.

        Raise InvalidRequest, IdempotencyMismatch, and what StripeApi and Orders raise.
        """
        key = _checked_key(idempotency_key)
        order_id = _order_id(self.settings.stack, key)
        fingerprint = request.fingerprint(key)
        params = self._session_params(request, order_id, fingerprint)
        try:
            session = self.stripe_api.create_session(params, idempotency_key=order_id)
        except ParameterRefused as refused:
            raise _refused_field(refused, request) from None
        except IdempotencyKeyReused:
            return self._earlier_session(self.orders.find(order_id), fingerprint)
        recorded = self._record(session, source="create")
        if recorded.outcome is Outcome.IGNORED:
            # The key is older than the 24 hours that Stripe remembers one: Stripe made a second
            # session, which nobody must pay.
            self.stripe_api.expire_session(session["id"])
            return self._earlier_session(recorded.order, fingerprint)
        return _created(recorded.order, session)

    def confirm(self, session_id: str) -> Order:
        """Ask Stripe how a session's payment went, bring its order up to date, and give it.

        Raise SessionNotFound for whatever is not a session of this stack.
        """
        if not re.fullmatch(rf"cs_{self.settings.mode}_[A-Za-z0-9]{{1,200}}", session_id):
            raise SessionNotFound("No such session.")
        session = self.stripe_api.retrieve_session(session_id)
        if not self._ownership.covers(session):
            raise SessionNotFound("No such session.")
        recorded = self._record(session, source="confirm")
        if recorded.outcome is Outcome.IGNORED:
            raise SessionNotFound("No such session.")
        return recorded.order

    def _record(self, session: dict[str, Any], source: str) -> "Recorded":
        fact = session_fact(session, Origin(occurred_at=int(self.now()), source=source))
        recorded = self.orders.record(fact)
        logger.append_keys(order_id=fact.order_id, session_id=fact.session_id)
        logger.info("recorded", outcome=recorded.outcome, status=recorded.order.status)
        return recorded

    def _earlier_session(self, order: Order | None, fingerprint: str) -> CreatedSession:
        if order is None or order.request_fingerprint != fingerprint:
            raise IdempotencyMismatch(
                "This Idempotency-Key was used with another body: use a new key for a new checkout."
            )
        return _created(order, self.stripe_api.retrieve_session(order.session_id))

    def _session_params(
        self, request: "CheckoutRequest", order_id: str, fingerprint: str
    ) -> "SessionCreateParams":
        success_url = self._return_url("success_url", request.success_url)
        cancel_url = self._return_url("cancel_url", request.cancel_url)
        ours = self._ownership.metadata(order_id)
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {"price": price, "quantity": item.quantity}
                for price, item in zip(self._prices(request), request.items, strict=True)
            ],
            "success_url": success_url or with_session_id(self.settings.default_success_url),
            "cancel_url": cancel_url or self.settings.default_cancel_url,
            "metadata": {**request.metadata, **ours, FINGERPRINT: fingerprint},
            # A charge copies these; that is how a refund or a dispute finds its order.
            "payment_intent_data": {"metadata": ours},
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
            raise _invalid(f"/{field}", str(error)) from None

    def _prices(self, request: "CheckoutRequest") -> list[str]:
        lookup_keys = {item.lookup_key for item in request.items if item.lookup_key}
        found = self.stripe_api.prices_by_lookup_key(lookup_keys) if lookup_keys else {}
        prices = [item.price or found.get(item.lookup_key or "") for item in request.items]
        if None in prices:
            pointer = f"/items/{prices.index(None)}/lookup_key"
            raise _invalid(pointer, "Stripe has no active price with this lookup key.")
        return [price for price in prices if price]


def _checked_key(idempotency_key: str | None) -> str:
    if idempotency_key is None:
        return uuid.uuid4().hex
    if not IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise InvalidRequest("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return idempotency_key


def _order_id(stack: str, key: str) -> str:
    """Derive the order from the caller's key, so that a retry after a crash means the same one."""
    return "ord_" + hashlib.sha256(f"{stack}\n{key}".encode()).hexdigest()[:32]


def _created(order: Order, session: dict[str, Any]) -> CreatedSession:
    return CreatedSession(
        order_id=order.order_id,
        session_id=order.session_id,
        url=session["url"] if order.status is OrderStatus.OPEN else None,
        status=order.status,
        expires_at=order.expires_at,
    )


def _refused_field(refused: ParameterRefused, request: "CheckoutRequest") -> Exception:
    """Name the caller's field that became the parameter which Stripe refuses."""
    if match := PARAM_PRICE.fullmatch(refused.param):
        index = int(match["index"])
        name = "price" if request.items[index].price else "lookup_key"
        return _invalid(f"/items/{index}/{name}", "Stripe has no such price that is active.")
    if match := PARAM_ITEM.fullmatch(refused.param):
        field = f"/{match['field']}" if match["field"] else ""
        return _invalid(f"/items/{match['index']}{field}", "Stripe does not accept this item.")
    if refused.param == "line_items":
        return _invalid("/items", "Stripe does not accept these items together.")
    # A default URL, which the caller did not send, is not the caller's to mend.
    if refused.param in PARAMS_OF_FIELDS and getattr(request, refused.param) is not None:
        return _invalid(f"/{refused.param}", "Stripe does not accept this value.")
    if refused.param.startswith("metadata"):
        return _invalid("/metadata", "Stripe does not accept this metadata.")
    return StripeRefused(f"Stripe refuses the parameter {refused.param}: {refused.code}.")


def _invalid(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest("The body does not fit the contract.", (FieldError(pointer, detail),))

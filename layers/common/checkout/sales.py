"""Checkout Sessions of what the shop sells, made with a bounded number of calls to Stripe.

The caller is a stranger's browser. Price ids are checked after the create call, which brings the
prices with it: a session that the shop does not sell is expired before anybody sees its URL.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.api.refusals import invalid, refused_request, unknown_price
from checkout.errors import InvalidRequest, StripeRateLimited
from checkout.stripe.errors import TRY_AGAIN, IdempotencyKeySpent, RequestRefused

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

    from checkout.api.models import CheckoutRequest
    from checkout.stripe.api import CreatedSession, StripeApi
    from checkout.stripe.catalogue import Catalogue

# Strangers cause these calls, which share Stripe's rate limits with the whole account.
CALLS_TO_DECIDE = 3
# Stripe expands so many line items; the rest is one more call.
EXPANDED_ITEMS = 10
# Of line items and optional items together:
# https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-optional_items
MAX_ITEMS = 100
FREE = "The total is 0: this shop takes no free orders."

type Json = dict[str, Any]


@dataclass(slots=True)
class CallBudget:
    """The calls to Stripe that one request may still make to decide about its cart."""

    left: int = CALLS_TO_DECIDE

    def take(self, calls: int = 1) -> None:
        """Raise StripeRateLimited where fewer are left: the next attempt finds more cached."""
        if calls > self.left:
            raise StripeRateLimited("This cart needs a second attempt. Please try again.")
        self.left -= calls


@dataclass(frozen=True, slots=True)
class Sales:
    stripe_api: "StripeApi"
    catalogue: "Catalogue"
    allow_free_orders: bool

    def prices(self, request: "CheckoutRequest", calls: CallBudget) -> list[str | None]:
        """Return the price id of each item, None for one that brings its own amount.

        Raise InvalidRequest for an unknown lookup key.
        """
        if not self.catalogue.is_cached(request.lookup_keys):
            calls.take()
        found = self.catalogue.prices(request.lookup_keys)
        prices: list[str | None] = []
        for index, item in enumerate(request.items):
            price = item.price or found.get(item.lookup_key or "")
            if price is None and item.is_named:
                raise unknown_price(request, index)
            prices.append(price)
        return prices

    def create_session(
        self,
        request: "CheckoutRequest",
        params: "SessionCreateParams",
        calls: CallBudget,
        *,
        key: str,
        key_is_new: bool = False,
    ) -> Json:
        """Create a session with all its line items; expire it if the shop does not sell them.

        Raise InvalidRequest for what Stripe or the shop refuses, IdempotencyKeyReused, and
        IdempotencyKeySpent where Stripe only replays what no longer says whether the cart is sold.
        Only Stripe's client itself can cause a replay of a key that is new.
        """
        large = len(request.items) > EXPANDED_ITEMS
        calls.take(2 if large and key_is_new else 1)
        try:
            created = self.stripe_api.create_session(params, idempotency_key=key)
        except RequestRefused as refused:
            room = MAX_ITEMS - len(params.get("optional_items", ()))
            if len(request.items) > room:
                raise invalid("/items", f"This shop takes at most {room} items.") from None
            raise refused_request(refused, request) from None
        session = created.session
        replayed = created.replayed and not key_is_new
        has_more = session["line_items"]["has_more"]
        if replayed and has_more:
            # The replay is of an earlier state, its items would be read as they are now.
            raise IdempotencyKeySpent(TRY_AGAIN)
        try:
            if has_more:
                if not key_is_new:
                    calls.take()
                lines = self.stripe_api.line_items(session["id"])
                session["line_items"] = {"data": lines, "has_more": False}
            self._check_sold(session, request, params)
        except InvalidRequest:
            self._expire_refused(created, calls, replayed=replayed)
            raise
        return session

    def _check_sold(
        self, session: Json, request: "CheckoutRequest", params: "SessionCreateParams"
    ) -> None:
        prices = [line["price"] for line in session["line_items"]["data"]]
        sold = {price["id"] for price in prices if self.catalogue.is_sellable(price)}
        for index, item in enumerate(params["line_items"]):
            if "price" in item and item["price"] not in sold:
                raise unknown_price(request, index)
        if session["amount_total"] == 0 and not self.allow_free_orders:
            raise invalid("/items", FREE)

    def _expire_refused(
        self, created: "CreatedSession", calls: CallBudget, *, replayed: bool
    ) -> None:
        """Expire a session that the shop refuses.

        Raise IdempotencyKeySpent for a replayed one that was refused and expired before: its prices
        are as they were then.
        """
        if replayed and calls.left < 2:  # noqa: PLR2004  (one for the next key)
            # It was expired before, or expires unused: its URL was never returned.
            raise IdempotencyKeySpent(TRY_AGAIN) from None
        if replayed:
            calls.take()
        expired = self.stripe_api.expire_session(created.session["id"])
        if replayed and expired is None:
            raise IdempotencyKeySpent(TRY_AGAIN) from None

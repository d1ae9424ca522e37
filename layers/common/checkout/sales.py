"""Creates Checkout Sessions for sellable prices, with a bounded number of Stripe calls.

The caller is a stranger's browser. Price ids are checked after the create call, whose response
includes the prices: a session with a price that is not sold is expired before its URL is returned.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.api.refusals import invalid, refused_request, unknown_price
from checkout.errors import CheckoutError, InvalidRequest, StripeRateLimited
from checkout.stripe.errors import TRY_AGAIN, IdempotencyKeySpent, RequestRefused

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

    from checkout.api.models import CheckoutRequest
    from checkout.stripe.api import CreatedSession, StripeApi
    from checkout.stripe.catalogue import Catalogue

# Strangers cause these calls, which count against the whole account's rate limits.
CALLS_TO_DECIDE = 3
# The number of line items that Stripe expands; the rest costs one more call.
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
        """Use up calls; raise StripeRateLimited if too few are left: a retry finds more cached."""
        if calls > self.left:
            raise StripeRateLimited("This cart needs a second attempt. Please try again.")
        self.left -= calls


@dataclass(frozen=True, slots=True)
class Sales:
    stripe_api: "StripeApi"
    catalogue: "Catalogue"
    allow_free_orders: bool

    def prices(self, request: "CheckoutRequest", calls: CallBudget) -> list[str | None]:
        """Return the price id of each item, None for one with an amount of its own.

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

        Raise InvalidRequest for a cart that Stripe or the shop refuses, IdempotencyKeyReused, and
        IdempotencyKeySpent if Stripe replays a response that no longer shows whether the cart is
        sold. A new key can be replayed only by the retry of Stripe's client.
        """
        large = len(request.items) > EXPANDED_ITEMS
        calls.take(2 if large and key_is_new else 1)
        try:
            created = self.stripe_api.create_session(params, idempotency_key=key)
        except RequestRefused as refused:
            raise _refusal(refused, request, params) from None
        session = created.session
        replayed = created.replayed and not key_is_new
        has_more = session["line_items"]["has_more"]
        if replayed and has_more:
            # The replay shows an earlier state, but its items would be read in their current state.
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

        Raise IdempotencyKeySpent for a replayed session that was refused and expired before: its
        prices are outdated.
        """
        if replayed and calls.left < 2:  # noqa: PLR2004  (one for the next key)
            # It is expired already, or will expire unused: its URL was never returned.
            raise IdempotencyKeySpent(TRY_AGAIN) from None
        if replayed:
            calls.take()
        expired = self.stripe_api.expire_session(created.session["id"])
        if replayed and expired is None:
            raise IdempotencyKeySpent(TRY_AGAIN) from None


def _refusal(
    refused: RequestRefused, request: "CheckoutRequest", params: "SessionCreateParams"
) -> CheckoutError:
    room = MAX_ITEMS - len(params.get("optional_items", ()))
    if len(request.items) > room:
        return invalid("/items", f"This shop takes at most {room} items.")
    return refused_request(refused, request)

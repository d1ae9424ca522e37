"""The list of sellable prices for the shop's page.

A Lambda container serves one request at a time, so each container fetches an expired list once.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from checkout.errors import StripeRateLimited, StripeUnavailable
from checkout.log import logger
from checkout.stripe.api import PAGE
from checkout.stripe.catalogue import has_active_product, is_sellable

if TYPE_CHECKING:
    from checkout.stripe.api import StripeApi

MAX_PAGES = 10
FRESH_SECONDS = 60.0
# During an outage of Stripe, most requests get the old list without waiting.
RETRY_SECONDS = 10.0
# Fetch no further page after this: a page may take 12 s (checkout/wiring.py), the secret 6 s.
LISTING_SECONDS = 8.0
# Lambda's limit is 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BYTES = 5_000_000

type Json = dict[str, Any]


@dataclass(slots=True)
class PriceList:
    """`only_marked` is the stack's parameter SellablePrices; `clock` returns seconds."""

    stripe_api: "StripeApi"
    only_marked: bool
    clock: Callable[[], float] = time.monotonic
    _prices: list[Json] | None = None
    _fresh_until: float = 0.0

    def prices(self) -> list[Json]:
        """Return the sellable prices that are not free, newest first, at most a minute old.

        If Stripe does not respond or limits the rate, return an older list: create checks every
        price again. Raise what StripeApi raises.
        """
        if self._prices is not None and self.clock() < self._fresh_until:
            return self._prices
        try:
            self._prices = self._listed()
        except (StripeRateLimited, StripeUnavailable) as error:
            if self._prices is None:
                raise
            logger.warning("prices not refreshed", reason=error.detail)
            self._fresh_until = self.clock() + RETRY_SECONDS
        else:
            self._fresh_until = self.clock() + FRESH_SECONDS
        return self._prices

    def _listed(self) -> list[Json]:
        begun = self.clock()

        def in_time() -> None:
            if self.clock() - begun > LISTING_SECONDS:
                raise StripeUnavailable("Stripe took too long to list the prices.")

        pages = self.stripe_api.throttled(in_time).active_prices()
        prices = list(chain.from_iterable(islice(pages, MAX_PAGES)))
        if len(prices) == MAX_PAGES * PAGE:
            logger.warning("only the newest prices are listed", prices=len(prices))
        return list(_within_a_response(self._sold(prices)))

    def _sold(self, prices: list[Json]) -> Iterator[Json]:
        for price in prices:
            try:
                if self._is_listed(price):
                    yield _entry(price)
            except (KeyError, TypeError):
                logger.warning("price not listed", price=price.get("id"))

    def _is_listed(self, price: Json) -> bool:
        # unit_amount is null for tiers, custom amounts and fractions of a cent.
        return (
            bool(price.get("unit_amount"))
            and is_sellable(price, only_marked=self.only_marked)
            and has_active_product(price)
        )


def _entry(price: Json) -> Json:
    product = price["product"]
    return {
        "price": price["id"],
        "lookup_key": price.get("lookup_key"),
        "product": {
            "name": product["name"],
            "description": product.get("description"),
            "images": product["images"],
        },
        "unit_amount": price["unit_amount"],
        "currency": price["currency"],
    }


def _within_a_response(entries: Iterator[Json]) -> Iterator[Json]:
    size = 0
    for entry in entries:
        size += len(json.dumps(entry))
        if size > MAX_BYTES:
            logger.warning("the list of prices is too long for a response", price=entry["price"])
            return
        yield entry

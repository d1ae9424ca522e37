"""The prices of the account that a stranger may buy.

The caller is a stranger's browser, and the account may sell more than this shop does: a price is
sellable if it is one-time and marked as such.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkout.stripe.api import StripeApi

SELLABLE = "sellable"
REMEMBERED_SECONDS = 60.0
# Strangers choose the lookup keys, so the cache is bounded.
REMEMBERED_KEYS = 1000

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`only_marked` is the stack's parameter SellablePrices; `clock` returns seconds."""

    stripe_api: "StripeApi"
    only_marked: bool
    clock: Callable[[], float] = time.monotonic
    _found: "OrderedDict[str, tuple[float, str | None]]" = field(default_factory=OrderedDict)

    def is_sellable(self, price: Json) -> bool:
        """True if this shop sells the price; its product must be expanded."""
        return is_sellable(price, only_marked=self.only_marked)

    def is_cached(self, lookup_keys: Iterable[str]) -> bool:
        """True if `prices` needs no call to Stripe."""
        return not self._missing(lookup_keys)

    def prices(self, lookup_keys: Iterable[str]) -> dict[str, str | None]:
        """Return the price id of each lookup key, None for a key without a sellable price.

        At most ten keys, in one call. Known and unknown keys are cached for a minute.
        """
        wanted = set(lookup_keys)
        missing = self._missing(wanted)
        found = {key: self._found[key][1] for key in wanted - missing}
        if missing:
            prices = self.stripe_api.prices_by_lookup_key(missing)
            for key in missing:
                price = prices.get(key)
                sold = price is not None and self.is_sellable(price) and has_active_product(price)
                found[key] = price["id"] if price is not None and sold else None
                self._remember(key, found[key])
        return found

    def _missing(self, lookup_keys: Iterable[str]) -> set[str]:
        fresh_since = self.clock() - REMEMBERED_SECONDS
        return {
            key
            for key in lookup_keys
            if key not in self._found or self._found[key][0] <= fresh_since
        }

    def _remember(self, key: str, price: str | None) -> None:
        self._found[key] = (self.clock(), price)
        self._found.move_to_end(key)
        while len(self._found) > REMEMBERED_KEYS:
            self._found.popitem(last=False)


def is_sellable(price: Json, *, only_marked: bool) -> bool:
    """True if the price is sellable; `only_marked` is the parameter SellablePrices.

    The price's metadata `sellable` decides, or the product's if the price has no such key. The
    product must be expanded. https://docs.stripe.com/metadata
    """
    if price.get("type") != "one_time":
        return False
    if not only_marked:
        return True
    own = price.get("metadata") or {}
    if SELLABLE in own:
        return bool(own[SELLABLE] == "true")
    product = price.get("product")
    inherited = (product.get("metadata") or {}) if isinstance(product, Mapping) else {}
    return bool(inherited.get(SELLABLE) == "true")


def has_active_product(price: Json) -> bool:
    product = price["product"]
    return not isinstance(product, Mapping) or bool(product.get("active", True))

"""Computes a Checkout Session's amounts: line items, discounts, taxes and shipping. All are
integers in the currency's minor unit, and the parts add up to the totals.

- A discount applies to the line items, not to shipping, and never exceeds what is left of them:
  https://docs.stripe.com/payments/checkout/discounts. Its amount is rounded half up once, then
  distributed over the items in proportion to what is left of each, by largest remainder: the
  units that rounding down leaves go to the largest fractions, the first item first.
- Tax is on what the discounts leave: https://docs.stripe.com/tax/tax-rates. An exclusive tax is
  added to the item's amount, rounded half up for each item and each rate. Inclusive taxes are part
  of it: rounded half up for each item, then distributed over its rates by largest remainder. Where
  an item has both, the exclusive tax is on the net amount.

Stripe documents the results, not the rounding of each step: the rules of rounding are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Tax:
    """A tax rate in percent, such as Fraction(19)."""

    percent: Fraction
    inclusive: bool


@dataclass(frozen=True)
class Charge:
    """The price of a line item or of shipping, before discounts and exclusive taxes."""

    amount: int
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True)
class Discount:
    """A percentage or an amount off the items at the positions in `applies`; None: all items."""

    percent: Fraction | None = None
    amount: int | None = None
    applies: frozenset[int] | None = None


@dataclass(frozen=True)
class Costs:
    """The costs of a line item or of shipping; `discounts` and `taxes` are in the input's order."""

    subtotal: int
    discounts: tuple[int, ...]
    taxable: int
    taxes: tuple[int, ...]
    total: int

    @property
    def discount(self) -> int:
        return sum(self.discounts)

    @property
    def tax(self) -> int:
        return sum(self.taxes)


@dataclass(frozen=True)
class Totals:
    lines: tuple[Costs, ...]
    shipping: Costs | None

    @property
    def subtotal(self) -> int:
        """The line items' subtotal without shipping, as in a session's `amount_subtotal`."""
        return sum(line.subtotal for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def shipping_amount(self) -> int:
        return self.shipping.subtotal if self.shipping else 0

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + (self.shipping.tax if self.shipping else 0)

    @property
    def total(self) -> int:
        lines = sum(line.total for line in self.lines)
        return lines + (self.shipping.total if self.shipping else 0)


def compute(
    lines: Sequence[Charge], discounts: Sequence[Discount] = (), shipping: Charge | None = None
) -> Totals:
    """Compute all amounts; discounts apply in sequence, each to the remaining amount."""
    left = [line.amount for line in lines]
    taken: list[list[int]] = [[] for _ in lines]
    for discount in discounts:
        parts = _distributed(discount, left)
        for position, part in enumerate(parts):
            taken[position].append(part)
            left[position] -= part
    return Totals(
        lines=tuple(_costs(line, tuple(parts)) for line, parts in zip(lines, taken, strict=True)),
        shipping=_costs(shipping, ()) if shipping else None,
    )


def rounded(exact: Fraction) -> int:
    """Round half up; `exact` must not be negative."""
    return int(exact + Fraction(1, 2))


def _distributed(discount: Discount, left: Sequence[int]) -> list[int]:
    applies = discount.applies
    weights = [
        amount if applies is None or position in applies else 0
        for position, amount in enumerate(left)
    ]
    whole = sum(weights)
    if discount.percent is not None:
        off = rounded(whole * discount.percent / 100)
    else:
        off = min(discount.amount or 0, whole)
    return _by_largest_remainder(off, weights)


def _by_largest_remainder(amount: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Distribute `amount` in proportion to the weights; return one integer per weight."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    exact = [Fraction(amount) * weight / whole for weight in weights]
    parts = [int(one) for one in exact]
    by_remainder = sorted(range(len(weights)), key=lambda one: parts[one] - exact[one])
    for position in by_remainder[: amount - sum(parts)]:
        parts[position] += 1
    return parts


def _costs(charge: Charge, discounts: tuple[int, ...]) -> Costs:
    left = charge.amount - sum(discounts)
    included = [tax.percent if tax.inclusive else Fraction() for tax in charge.taxes]
    net = Fraction(left * 100) / (100 + sum(included))
    inclusive = _by_largest_remainder(rounded(left - net), included)
    exclusive = [0 if tax.inclusive else rounded(net * tax.percent / 100) for tax in charge.taxes]
    return Costs(
        subtotal=charge.amount,
        discounts=discounts,
        taxable=left - sum(inclusive),
        taxes=tuple(map(sum, zip(inclusive, exclusive, strict=True))),
        total=left + sum(exclusive),
    )

"""The amounts of a Checkout Session, against an independent computation."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stripe_simulator.objects.totals import Charge, Discount, Tax, Totals, compute

AMOUNTS = st.integers(0, 99_999_999)
FEW = settings(max_examples=60, deadline=None)
PERCENTS = st.decimals("0.01", "100", places=2)


def taxes() -> st.SearchStrategy[tuple[Tax, ...]]:
    one = st.builds(Tax, PERCENTS.map(Fraction), st.booleans())
    return st.lists(one, max_size=3).map(tuple)


def charges() -> st.SearchStrategy[Charge]:
    return st.builds(Charge, AMOUNTS, taxes())


def discounts() -> st.SearchStrategy[Discount]:
    applies = st.none() | st.frozensets(st.integers(0, 4))
    return st.builds(Discount, percent=PERCENTS.map(Fraction), applies=applies) | st.builds(
        Discount, amount=st.integers(1, 99_999_999), applies=applies
    )


def half_up(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def due(lines: list[Charge], discount: Discount | None, shipping: Charge | None) -> int:
    """Totals, exact for each rounding: computed from the whole cart, not per item."""
    subtotal = Decimal(sum(line.amount for line in lines))
    applies = (
        range(len(lines)) if discount is None or discount.applies is None else discount.applies
    )
    eligible = Decimal(sum(line.amount for n, line in enumerate(lines) if n in applies))
    off = Decimal(0)
    if discount is not None and discount.percent is not None:
        off = Decimal(half_up(eligible * decimal(discount.percent) / 100))
    elif discount is not None:
        off = min(Decimal(discount.amount or 0), eligible)
    exclusive = Decimal(0)
    for position, charge in enumerate([*lines, *([shipping] if shipping else [])]):
        share = Decimal(charge.amount)
        if position < len(lines) and position in applies and eligible:
            share -= off * charge.amount / eligible
        included = sum(decimal(tax.percent) for tax in charge.taxes if tax.inclusive)
        net = share / (1 + Decimal(included) / 100)
        exclusive += sum(net * decimal(t.percent) / 100 for t in charge.taxes if not t.inclusive)
    return half_up(subtotal - off + exclusive + (shipping.amount if shipping else 0))


@FEW
@given(st.lists(charges(), min_size=1, max_size=5), st.none() | discounts(), st.none() | charges())
def test_total_is_what_the_whole_cart_costs(
    lines: list[Charge], discount: Discount | None, shipping: Charge | None
) -> None:
    totals = compute(lines, [discount] if discount else [], shipping)
    # Each tax of each charge is rounded, after a discount's share of it was.
    slack = sum(2 * len(one.taxes) + 1 for one in [*lines, *([shipping] if shipping else [])])
    assert abs(totals.total - due(lines, discount, shipping)) <= slack


@FEW
@given(st.lists(charges(), min_size=1, max_size=5), st.lists(discounts(), max_size=3), charges())
def test_parts_add_up_to_the_total(
    lines: list[Charge], several: list[Discount], shipping: Charge
) -> None:
    totals = compute(lines, several, shipping)
    assert totals.subtotal == sum(line.amount for line in lines)
    assert totals.total == (
        totals.subtotal
        - totals.discount
        + totals.shipping_amount
        + exclusive(totals, [*lines, shipping])
    )
    for line, costs in zip([*lines, shipping], every(totals), strict=True):
        assert costs.total >= 0
        assert 0 <= costs.discount <= costs.subtotal == line.amount
        inclusive = sum(
            t for t, rate in zip(costs.taxes, line.taxes, strict=True) if rate.inclusive
        )
        assert costs.taxable >= 0
        assert costs.taxable + inclusive == costs.subtotal - costs.discount


def every(totals: Totals) -> list[Any]:
    return [*totals.lines, totals.shipping]


def exclusive(totals: Totals, charged: list[Charge]) -> int:
    return sum(
        amount
        for costs, charge in zip(every(totals), charged, strict=True)
        for amount, tax in zip(costs.taxes, charge.taxes, strict=True)
        if not tax.inclusive
    )


def test_discount_is_spread_by_largest_remainder() -> None:
    lines = [Charge(100), Charge(100), Charge(100)]
    totals = compute(lines, [Discount(amount=100)])
    assert [line.discount for line in totals.lines] == [34, 33, 33]


def test_discount_takes_no_more_than_the_items_cost() -> None:
    totals = compute([Charge(300)], [Discount(amount=1000)], Charge(500))
    assert (totals.discount, totals.total) == (300, 500)


def test_inclusive_tax_is_part_of_the_amount() -> None:
    line = Charge(1190, (Tax(Fraction(19), inclusive=True),))
    assert (compute([line]).tax, compute([line]).total) == (190, 1190)


def test_exclusive_tax_is_added_after_the_discount() -> None:
    line = Charge(1000, (Tax(Fraction(20), inclusive=False),))
    totals = compute([line], [Discount(percent=Fraction(50))])
    assert (totals.discount, totals.tax, totals.total) == (500, 100, 600)

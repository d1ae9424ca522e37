"""An order's amounts add up, whatever the cart, the coupon, the taxes and the shipping.

The simulator makes the sessions; what they come to is computed here by itself, in fractions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkout.domain.facts import Origin
from checkout.domain.order import CheckoutState
from checkout.stripe.readers import Readers, order_items
from stripe_simulator.testing import Running, Shop, fast, running
from tests.support.documents import Json
from tests.support.samples import sample

STACK = "000000000000/us-east-1/checkout-test"
MARK = {"order_id": f"ord_{'0' * 32}", "checkout_stack": STACK}
READERS = Readers(STACK, livemode=False)
ORIGIN = Origin(occurred_at=0, source="confirm")
# The simulator's rate of Austria, where these customers live.
AUSTRIA = Fraction(20, 100)
ADDRESS: Json = {"line1": "1 Gasse", "city": "Wien", "postal_code": "1010", "country": "AT"}


@dataclass(frozen=True)
class Sale:
    """Amounts in cents; `inclusive` is whether the prices have the tax in them, None: no tax."""

    lines: list[tuple[int, int]]
    percent_off: int
    shipping: int
    inclusive: bool | None

    @property
    def behavior(self) -> Json:
        if self.inclusive is None:
            return {}
        return {"tax_behavior": "inclusive" if self.inclusive else "exclusive"}

    @property
    def subtotal(self) -> int:
        return sum(amount * quantity for amount, quantity in self.lines)

    @property
    def discount(self) -> Fraction:
        return Fraction(self.subtotal * self.percent_off, 100)

    @property
    def taxed(self) -> Fraction:
        return self.subtotal - self.discount + self.shipping

    @property
    def tax(self) -> Fraction:
        if self.inclusive is None:
            return Fraction(0)
        return self.taxed * AUSTRIA / (1 + AUSTRIA if self.inclusive else 1)

    @property
    def total(self) -> Fraction:
        return self.taxed + (self.tax if self.inclusive is False else 0)

    @property
    def rounding(self) -> int:
        """Each line and the shipping may be rounded by itself, for its discount and its tax."""
        return 2 * (len(self.lines) + 1)


# Above Stripe's minimum, whatever the coupon.
SALES = st.builds(
    Sale,
    lines=st.lists(st.tuples(st.integers(600, 99_999), st.integers(1, 9)), min_size=1, max_size=5),
    percent_off=st.integers(0, 90),
    shipping=st.integers(0, 2_000),
    inclusive=st.sampled_from([None, True, False]),
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running(fast()) as one:
        yield one


def bought(simulator: Running, sale: Sale) -> CheckoutState:
    """Buy it, and read the completed session with its items, as the service does."""
    shop = Shop(simulator.sdk)
    options: Json = {"automatic_tax": {"enabled": True}} if sale.behavior else {}
    if sale.percent_off:
        coupon = shop.sdk.v1.coupons.create({"percent_off": sale.percent_off})
        options["discounts"] = [{"coupon": coupon.id}]
    rate = {"amount": sale.shipping, "currency": "eur"}
    shipping = {"display_name": "Post", "type": "fixed_amount", "fixed_amount": rate}
    amount = {"currency": "eur", "product_data": {"name": "Mug"}} | sale.behavior
    session = shop.session(
        line_items=[
            {"price_data": amount | {"unit_amount": unit_amount}, "quantity": quantity}
            for unit_amount, quantity in sale.lines
        ],
        shipping_address_collection={"allowed_countries": ["AT"]},
        shipping_options=[{"shipping_rate_data": shipping | sale.behavior}],
        metadata=MARK,
        **options,
    )
    entered: Json = {"billing_address": ADDRESS, "shipping": {"name": "Ada", "address": ADDRESS}}
    shop.sdk.raw_request("post", f"/v1/payment_pages/{session.id}", **entered)
    shown = simulator.get(f"/v1/checkout/sessions/{session.id}")
    shop.pay(session, "pm_card_visa", expected_amount=shown["amount_total"], **entered)
    read = READERS.session(simulator.get(f"/v1/checkout/sessions/{session.id}"), ORIGIN)
    lines = simulator.get(f"/v1/checkout/sessions/{session.id}/line_items", limit="100")["data"]
    assert read is not None
    return replace(read.checkout, items=order_items(lines))


@given(sale=SALES)
@settings(max_examples=sample(few=3, some=10, all=300), deadline=None)
def test_amounts_add_up(simulator: Running, sale: Sale) -> None:
    order = bought(simulator, sale)
    assert order.payment_status == "paid"
    subtotal, discount = order.amount_subtotal or 0, order.amount_discount or 0
    shipping, tax = order.amount_shipping or 0, order.amount_tax or 0
    added = order.amount_total - (subtotal - discount + shipping)
    # To the cent: what was added is the tax, where the prices do not have it in them.
    assert added == (tax if sale.inclusive is False else 0)
    assert (subtotal, shipping) == (sale.subtotal, sale.shipping)
    # To the rounding of each line: an independent computation.
    computed = (sale.discount, sale.tax, sale.total)
    for ours, exact in zip((discount, tax, order.amount_total), computed, strict=True):
        assert abs(ours - exact) <= sale.rounding
    # The items are the whole but for the shipping, and the tax on it that was added.
    items = sum(item.amount_total for item in order.items or ())
    shipping_tax = shipping * AUSTRIA if sale.inclusive is False else Fraction(0)
    assert abs(order.amount_total - items - shipping - shipping_tax) <= 1

"""Stripe's rate limits are shared with the whole account: what a stranger's request costs."""

import pytest

from checkout.api.models import CheckoutRequest
from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.errors import CheckoutError, StripeRateLimited
from tests.properties.cloud import CloudTable, SideEffects
from tests.support import creating
from tests.support.creating import (
    CREATE,
    LOOK_UP,
    OTHER_PRICE,
    PRICE,
    CreatingStripe,
    by_key,
    by_price,
    expire,
    list_items,
    request,
    retrieve,
)
from tests.support.environment import Clock
from tests.support.reconciling import orders_in

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts

KEY = "cart-77-attempt-1"
KEYS = [f"key-{number}" for number in range(10)]
SMALL = request(*by_price(PRICE, OTHER_PRICE))
LOOKED_UP = request(*by_key(*KEYS[:2]), *by_price(PRICE))
LARGE = request(*by_price(*[OTHER_PRICE] * 99, PRICE))
WORST = request(*by_key(*KEYS), *by_price(*[OTHER_PRICE] * 89, PRICE))
CARTS = {"small": SMALL, "looked up": LOOKED_UP, "large": LARGE, "worst": WORST}
OFF_SALE: dict[str, dict[str, object]] = {
    "none": {},
    "refused by Stripe": {"active": False},
    "refused by the shop": {"metadata": {}},
}


@pytest.fixture
def orders() -> OrdersTable:
    return orders_in(CloudTable(SideEffects()))


@pytest.fixture(autouse=True)
def stock(fake_stripe: CreatingStripe) -> None:
    for number, key in enumerate(KEYS):
        fake_stripe.sell(f"price_1key{number}", lookup_key=key)


@pytest.mark.parametrize(
    ("cart", "made"),
    [
        (SMALL, [CREATE]),
        (LOOKED_UP, [LOOK_UP, CREATE]),
        (LARGE, [CREATE, list_items(1)]),
        (WORST, [LOOK_UP, CREATE, list_items(1)]),
    ],
    ids=CARTS,
)
def test_a_new_cart_costs_one_call_to_three(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    cart: CheckoutRequest,
    made: list[tuple[str, str]],
) -> None:
    checkouts.create(cart, None)
    assert fake_stripe.calls == made


@pytest.mark.parametrize("name", CARTS)
def test_a_rejected_cart_costs_one_more_call(
    checkouts: Checkouts, fake_stripe: CreatingStripe, name: str
) -> None:
    checkouts.create(CARTS[name], None)
    ordinary = len(fake_stripe.requests)
    checkouts.catalogue._found.clear()  # noqa: SLF001  (as in another container)
    fake_stripe.requests.clear()
    fake_stripe.change(PRICE, metadata={})
    creating.refusal(checkouts, CARTS[name])
    assert len(fake_stripe.requests) == ordinary + 1
    assert fake_stripe.calls[-1] == expire(2)


@pytest.mark.parametrize("name", CARTS)
def test_a_repeat_costs_three_calls_at_most(
    checkouts: Checkouts, fake_stripe: CreatingStripe, clock: Clock, name: str
) -> None:
    first = checkouts.create(CARTS[name], KEY)
    clock.now = 60.0
    fake_stripe.requests.clear()
    assert checkouts.create(CARTS[name], KEY) == first
    large = [retrieve(1)] if len(CARTS[name].items) > 10 else []
    looked_up = [LOOK_UP] if CARTS[name].lookup_keys else []
    assert fake_stripe.calls == [*looked_up, CREATE, *large]


@pytest.mark.parametrize("name", CARTS)
@pytest.mark.parametrize("first", ["refused by Stripe", "refused by the shop"])
def test_no_attempt_makes_more_than_three_calls_to_decide(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    clock: Clock,
    name: str,
    first: str,
) -> None:
    for state in (first, first, *reversed(OFF_SALE), *OFF_SALE, "none", "none"):
        fake_stripe.sell(PRICE, lookup_key=None, **OFF_SALE[state])
        clock.now += 60.0
        fake_stripe.requests.clear()
        try:
            checkouts.create(CARTS[name], KEY)
        except CheckoutError:
            clock.now -= 60.0  # The keys are cached for the next one.
        expired = [path for _, path in fake_stripe.calls if path.endswith("/expire")]
        assert len(fake_stripe.calls) <= 4
        assert len(fake_stripe.calls) - len(expired) <= 3
    assert checkouts.create(CARTS[name], KEY).url


@pytest.fixture
def used_key(checkouts: Checkouts, fake_stripe: CreatingStripe, stock: None) -> str:
    """Return a key that was used for another cart: a session needs a second create call."""
    fake_stripe.change(PRICE, metadata={})
    creating.refusal(checkouts, SMALL, KEY)
    fake_stripe.requests.clear()
    return KEY


def test_a_used_key_of_ten_items_costs_three_calls(
    checkouts: Checkouts, fake_stripe: CreatingStripe, used_key: str
) -> None:
    cart = request(*by_key(*KEYS[:2]), *by_price(*[OTHER_PRICE] * 8))
    assert checkouts.create(cart, used_key).url
    assert fake_stripe.calls == [LOOK_UP, CREATE, CREATE]


@pytest.mark.parametrize("number", [11, 100])
def test_a_used_key_of_more_items_needs_a_second_attempt(
    checkouts: Checkouts, fake_stripe: CreatingStripe, used_key: str, number: int
) -> None:
    cart = request(*by_key(*KEYS[:2]), *by_price(*[OTHER_PRICE] * (number - 2)))
    with pytest.raises(StripeRateLimited) as raised:
        checkouts.create(cart, used_key)
    assert raised.value.detail == "This cart needs a second attempt. Please try again."
    assert fake_stripe.calls == [LOOK_UP, CREATE]
    fake_stripe.requests.clear()
    assert checkouts.create(cart, used_key).url
    assert fake_stripe.calls == [CREATE, CREATE, list_items(2)]


def test_replacing_a_session_costs_two_more_calls(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    old = checkouts.create(SMALL, None)
    fake_stripe.requests.clear()
    replacing = WORST.model_copy(update={"replaces": old.session_id})
    checkouts.create(replacing, None)
    assert fake_stripe.calls == [LOOK_UP, CREATE, list_items(2), retrieve(1), expire(1)]


def test_so_does_replacing_one_whose_amounts_have_changed(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """By a promotion code: the items of the expired session come with it."""
    old = checkouts.create(SMALL, None)
    changed = {"amount_total": 3780, "total_details": {"amount_discount": 420}}
    fake_stripe.sessions[old.session_id] |= changed
    fake_stripe.requests.clear()
    checkouts.create(SMALL.model_copy(update={"replaces": old.session_id}), None)
    assert fake_stripe.calls == [CREATE, retrieve(1), expire(1)]
    replaced = checkouts.orders.find(old.order_id)
    assert replaced is not None
    assert (replaced.status, replaced.checkout.amount_discount) == ("expired", 420)

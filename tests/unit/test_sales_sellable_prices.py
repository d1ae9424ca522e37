"""Which prices a stranger may buy, and what a refusal reveals about the others."""

import json
from dataclasses import replace
from typing import Any

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.domain.order import OrderStatus
from checkout.errors import StripeUnavailable
from tests.support import creating
from tests.support.creating import (
    CREATE,
    INACTIVE,
    LOOK_UP,
    OTHER_PRICE,
    PRICE,
    CreatingStripe,
    by_key,
    by_price,
    expire,
    list_items,
    refusal,
    request,
)
from tests.support.documents import Json
from tests.support.invocations import Context, Handler, with_body
from tests.support.stripe_objects import session

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
handler = creating.handler
card_checkout = creating.card_checkout

SOLD = {"sellable": "true"}
INACTIVE_PRODUCT = {"id": "prod_off", "active": False, "metadata": SOLD}
NOT_FOR_SALE: dict[str, dict[str, Any]] = {
    "unmarked": {"metadata": {}},
    "marked false": {"metadata": {"sellable": "false"}},
    "inactive": {"active": False},
    "recurring": {"type": "recurring"},
    "of an inactive product": {"product": INACTIVE_PRODUCT},
}


def product(**metadata: str) -> Json:
    return {"id": "prod_1", "object": "product", "active": True, "metadata": metadata}


def selling_all(checkouts: Checkouts) -> Checkouts:
    return replace(checkouts, catalogue=replace(checkouts.catalogue, only_marked=False))


@pytest.mark.parametrize(
    ("own", "products", "sold"),
    [
        (SOLD, {}, True),
        (SOLD, {"sellable": "false"}, True),
        ({"sellable": "false"}, SOLD, False),
        ({"sellable": ""}, SOLD, False),
        ({"sellable": "yes"}, SOLD, False),
        ({"sellable": "True"}, {}, False),
        ({"colour": "red"}, SOLD, True),
        ({}, SOLD, True),
        ({}, {"sellable": "false"}, False),
        ({}, {}, False),
    ],
)
def test_the_mark_of_the_price_wins_over_its_products(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    own: dict[str, str],
    products: dict[str, str],
    sold: bool,  # noqa: FBT001
) -> None:
    fake_stripe.sell("price_1new", lookup_key="new", metadata=own, product=product(**products))
    for named in (by_price("price_1new"), by_key("new")):
        if sold:
            assert checkouts.create(request(*named), None).status is OrderStatus.OPEN
        else:
            assert refusal(checkouts, request(*named)).pointer.startswith("/items/0/")


def test_sellable_prices_all_sells_every_one_time_price(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.sell("price_1new", lookup_key="new", metadata={"sellable": "false"})
    everything = selling_all(checkouts)
    assert everything.create(request(*by_price("price_1new"), *by_key("new")), None).url


def test_a_recurring_price_is_never_sold(checkouts: Checkouts, fake_stripe: CreatingStripe) -> None:
    """Stripe refuses one in payment mode; a Stripe that accepted it would sell it once."""
    fake_stripe.sell("price_1new", lookup_key="new", type="recurring")
    everything = selling_all(checkouts)
    assert refusal(everything, request(*by_key("new"))).pointer == "/items/0/lookup_key"
    lines = [fake_stripe.line("price_1new", 1)]
    accepted = fake_stripe.sessions["cs_test_1"] = session(id="cs_test_1")
    fake_stripe.respond(accepted | {"line_items": {"data": lines, "has_more": False}})
    assert refusal(everything, request(*by_price("price_1new"))).pointer == "/items/0/price"
    assert fake_stripe.states == ["expired"]


def test_a_session_with_an_unsellable_price_is_expired(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    fake_stripe.sell("price_1staff", metadata={}, lookup_key=None)
    error = refusal(checkouts, request(*by_price(PRICE, "price_1staff")))
    assert error.pointer == "/items/1/price"
    assert fake_stripe.calls == [CREATE, expire(1)]
    assert fake_stripe.states == ["expired"]
    assert orders.find(fake_stripe.sessions["cs_test_1"]["metadata"]["order_id"]) is None


@pytest.mark.parametrize("number", [10, 11, 100])
def test_an_unsellable_price_is_found_at_the_end_of_a_cart(
    checkouts: Checkouts, fake_stripe: CreatingStripe, number: int
) -> None:
    fake_stripe.sell("price_1staff", metadata={}, lookup_key=None)
    cart = by_price(*[PRICE] * (number - 1), "price_1staff")
    assert refusal(checkouts, request(*cart)).pointer == f"/items/{number - 1}/price"
    assert fake_stripe.calls == [CREATE] + [list_items(1)] * (number > 10) + [expire(1)]


def test_a_line_that_stripe_leaves_out_is_not_sold(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    made = fake_stripe.sessions["cs_test_1"] = session(id="cs_test_1")
    lines = {"data": [fake_stripe.line(PRICE, 1)], "has_more": False}
    fake_stripe.respond(made | {"line_items": lines})
    assert refusal(checkouts, request(*by_price(PRICE, OTHER_PRICE))).pointer == "/items/1/price"
    assert fake_stripe.states == ["expired"]


def test_a_session_that_is_not_expired_is_not_refused_yet(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """The retry expires it: a 400 means that nobody can pay."""
    fake_stripe.change(PRICE, metadata={})
    fake_stripe.fail_at = expire(1)
    with pytest.raises(StripeUnavailable):
        checkouts.create(request(), "a key of the shop")
    fake_stripe.fail_at = None
    assert refusal(checkouts, request(), "a key of the shop").pointer == "/items/0/price"
    assert fake_stripe.states == ["expired"]


@pytest.mark.parametrize("name", ["unmarked", "marked false"])
def test_an_unsellable_price_reads_as_one_that_does_not_exist(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, name: str
) -> None:
    fake_stripe.sell("price_1staff", lookup_key=None, **NOT_FOR_SALE[name])
    unsellable, unknown = (
        handler(with_body(card_checkout, json.dumps({"items": by_price(price)})), Context())
        for price in ("price_1staff", "price_1none")
    )
    assert unsellable == unknown
    assert unknown["statusCode"] == 400
    again = with_body(card_checkout, json.dumps({"items": by_price("price_1staff")}))
    assert handler(again, Context()) == unknown


@pytest.mark.parametrize("name", NOT_FOR_SALE)
def test_a_lookup_key_never_reveals_whether_it_exists(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, name: str
) -> None:
    fake_stripe.sell("price_1staff", **{"lookup_key": "staff_tv"} | NOT_FOR_SALE[name])
    known, unknown = (
        handler(with_body(card_checkout, json.dumps({"items": by_key(key)})), Context())
        for key in ("staff_tv", "no_such_key")
    )
    assert known == unknown
    assert known["statusCode"] == 400
    assert fake_stripe.calls == [LOOK_UP, LOOK_UP]


@pytest.mark.parametrize(
    "error",
    [
        {"code": "resource_missing", "param": "line_items[0][price]"},
        {"param": "line_items[0][price]", "message": INACTIVE},
        {"param": "line_items[0]", "message": creating.RECURRING},
        {"param": "line_items[0][price]", "message": creating.PRODUCT_INACTIVE},
    ],
)
def test_a_lookup_key_that_went_off_sale_is_an_unknown_one(
    checkouts: Checkouts, fake_stripe: CreatingStripe, error: dict[str, str]
) -> None:
    """It is remembered for a minute, while Stripe's own reason would tell that there is one."""
    checkouts.create(request(*by_key("mug-blue")), None)
    fake_stripe.respond_with_error(400, None, type="invalid_request_error", **error)
    gone = refusal(checkouts, request(*by_key("mug-blue")))
    assert gone == refusal(checkouts, request(*by_key("no_such_key")))


# Free orders


def test_a_total_of_zero_is_refused_and_its_session_expired(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.change(PRICE, unit_amount=0)
    error = refusal(checkouts, request())
    assert (error.pointer, "free" in error.detail) == ("/items", True)
    assert fake_stripe.states == ["expired"]


def test_a_free_price_that_is_not_sold_is_an_unknown_one(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.change(PRICE, unit_amount=0, metadata={})
    assert refusal(checkouts, request()).pointer == "/items/0/price"


def test_a_free_item_beside_another_is_sold(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.change(PRICE, unit_amount=0)
    assert checkouts.create(request(*by_price(PRICE, OTHER_PRICE)), None).url


def test_allow_free_orders_accepts_a_free_order(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.change(PRICE, unit_amount=0)
    generous = replace(checkouts.settings, allow_free_orders=True)
    assert replace(checkouts, settings=generous).create(request(), None).url

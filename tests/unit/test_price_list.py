"""Which prices a shop's page shows, and how often Stripe is asked for them."""

from collections.abc import Callable

import pytest

from checkout.errors import StripeKeyRefused, StripeRateLimited, StripeUnavailable
from checkout.price_list import LISTING_SECONDS, MAX_PAGES, RETRY_SECONDS, PriceList
from checkout.stripe.api import StripeApi
from tests.support.documents import Json
from tests.support.environment import Clock, Log
from tests.support.fake_stripe import FakeStripe
from tests.support.selling import SELLABLE, entry, product, sold
from tests.support.stripe_objects import listed, price

PAGE = 100


@pytest.fixture
def price_list(stripe_api: Callable[[], StripeApi], clock: Clock) -> PriceList:
    return PriceList(stripe_api(), only_marked=True, clock=clock)


def page_of(number: int, *, has_more: bool) -> Json:
    ids = [f"price_{number}x{index}" for index in range(PAGE)]
    return listed(*(sold(one, lookup_key=None) for one in ids), has_more=has_more)


def test_lists_what_is_sold_in_the_order_of_stripe(
    price_list: PriceList, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(listed(sold("price_2", lookup_key=None, currency="jpy"), sold("price_1")))
    assert price_list.prices() == [
        entry("price_2", lookup_key=None, currency="jpy"),
        entry("price_1"),
    ]


def test_asks_for_active_one_time_prices_with_their_products(
    price_list: PriceList, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(listed())
    assert price_list.prices() == []
    (request,) = fake_stripe.requests
    assert (request.method, request.path) == ("get", "/v1/prices")
    assert request.params == {
        "active": "true",
        "type": "one_time",
        "limit": "100",
        "expand[0]": "data.product",
    }


@pytest.mark.parametrize(
    "other",
    [
        sold(metadata={}),
        sold(metadata={"sellable": "false"}, product=product(metadata=SELLABLE)),
        sold(product=product(active=False)),
        sold(type="recurring"),
        sold(unit_amount=0),
        sold(unit_amount=None),
    ],
    ids=["unmarked", "marked otherwise", "inactive product", "recurring", "free", "no amount"],
)
def test_leaves_out_what_is_not_sold(
    price_list: PriceList, fake_stripe: FakeStripe, other: Json
) -> None:
    fake_stripe.respond(listed(other | {"id": "price_2"}, sold()))
    assert price_list.prices() == [entry()]


def test_the_product_s_mark_counts_where_the_price_has_none(
    price_list: PriceList, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(listed(sold(metadata={}, product=product(metadata=SELLABLE))))
    assert price_list.prices() == [entry()]


def test_what_may_be_null_may_be_absent(price_list: PriceList, fake_stripe: FakeStripe) -> None:
    bare = sold(product=product(description=None), lookup_key=None)
    del bare["lookup_key"], bare["product"]["description"]
    without_amount = sold()
    del without_amount["unit_amount"]
    fake_stripe.respond(listed(without_amount, bare))
    (listed_price,) = price_list.prices()
    assert listed_price["lookup_key"] is None
    assert listed_price["product"]["description"] is None


def test_a_stack_that_sells_all_prices_lists_them(
    price_list: PriceList, fake_stripe: FakeStripe
) -> None:
    price_list.only_marked = False
    fake_stripe.respond(listed(sold(metadata={})))
    assert price_list.prices() == [entry()]


def test_a_price_that_can_t_be_read_hides_no_other(
    price_list: PriceList, fake_stripe: FakeStripe, log: Log
) -> None:
    deleted = price(id="price_2", product={"id": "prod_2", "object": "product", "deleted": True})
    fake_stripe.respond(listed(deleted, sold()))
    assert price_list.prices() == [entry()]
    (logged,) = log.entries
    assert (logged["message"], logged["price"]) == ("price not listed", "price_2")


def test_reads_all_pages(price_list: PriceList, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(page_of(1, has_more=True))
    fake_stripe.respond(listed(sold("price_last")))
    assert len(price_list.prices()) == PAGE + 1
    first, second = fake_stripe.requests
    assert "starting_after" not in first.params
    assert second.params["starting_after"] == f"price_1x{PAGE - 1}"


def test_reads_ten_pages_at_most_with_a_warning(
    price_list: PriceList, fake_stripe: FakeStripe, log: Log
) -> None:
    for number in range(MAX_PAGES + 1):
        fake_stripe.respond(page_of(number, has_more=True))
    assert len(price_list.prices()) == 1000
    assert len(fake_stripe.requests) == MAX_PAGES == 10
    assert log.entries[-1]["message"] == "only the newest prices are listed"


def test_a_list_that_is_too_long_for_lambda_ends_with_the_newest(
    price_list: PriceList, fake_stripe: FakeStripe, log: Log
) -> None:
    long = product(description="x" * 2_000_000)
    fake_stripe.respond(listed(*(sold(f"price_{index}", product=long) for index in range(4))))
    assert [one["price"] for one in price_list.prices()] == ["price_0", "price_1"]
    assert log.entries[-1]["price"] == "price_2"


# Cached


def test_a_list_is_kept_for_a_minute(
    price_list: PriceList, fake_stripe: FakeStripe, clock: Clock
) -> None:
    for prices in ([sold()], []):
        fake_stripe.respond(listed(*prices))
    seen = []
    for clock.now in (0.0, 59.9, 60.0, 119.9):
        seen.append(price_list.prices())
    assert seen == [[entry()], [entry()], [], []]
    assert len(fake_stripe.requests) == 2


def test_an_empty_list_is_kept_too(price_list: PriceList, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(listed())
    assert price_list.prices() == price_list.prices() == []


@pytest.mark.parametrize("status", [500, 429])
def test_an_older_list_is_given_while_stripe_does_not_respond(
    price_list: PriceList,
    fake_stripe: FakeStripe,
    clock: Clock,
    log: Log,
    status: int,
) -> None:
    fake_stripe.respond(listed(sold()))
    price_list.prices()
    clock.now = 60.0
    fake_stripe.respond_with_error(status)
    assert price_list.prices() == [entry()]
    assert log.entries[-1]["message"] == "prices not refreshed"
    # Stripe is left alone for a while, and then asked again.
    clock.now += RETRY_SECONDS - 0.1
    assert price_list.prices() == [entry()]
    clock.now += 0.1
    fake_stripe.respond(listed())
    assert price_list.prices() == []


@pytest.mark.parametrize(("status", "error"), [(500, StripeUnavailable), (429, StripeRateLimited)])
def test_without_an_older_list_the_error_is_raised_and_not_kept(
    price_list: PriceList,
    fake_stripe: FakeStripe,
    status: int,
    error: type[Exception],
) -> None:
    fake_stripe.respond_with_error(status)
    with pytest.raises(error):
        price_list.prices()
    fake_stripe.respond(listed(sold()))
    assert price_list.prices() == [entry()]


def test_a_key_that_stripe_refuses_is_not_hidden_by_an_older_list(
    price_list: PriceList, fake_stripe: FakeStripe, clock: Clock
) -> None:
    fake_stripe.respond(listed(sold()))
    price_list.prices()
    clock.now = 60.0
    fake_stripe.respond_with_error(401)
    with pytest.raises(StripeKeyRefused):
        price_list.prices()


def test_a_list_that_takes_too_long_is_given_up(
    price_list: PriceList,
    fake_stripe: FakeStripe,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slowly(*arguments: object, **named: object) -> object:
        clock.now += LISTING_SECONDS + 0.1
        return respond(*arguments, **named)  # type: ignore[arg-type]

    respond = fake_stripe.request
    monkeypatch.setattr(fake_stripe, "request", slowly)
    fake_stripe.respond(page_of(1, has_more=True))
    fake_stripe.respond(listed(sold()))
    with pytest.raises(StripeUnavailable, match="too long"):
        price_list.prices()
    assert len(fake_stripe.requests) == 1

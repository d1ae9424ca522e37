"""Lists of Checkout Sessions: filters and pages. Every other list goes by the same rules."""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.refusals import refused


@pytest.fixture
def three(shop: Shop, simulator: Running) -> list[str]:
    """Three sessions, a second apart, newest first."""
    price = shop.price()
    made = []
    for _ in range(3):
        made.append(shop.session(price).id)
        simulator.clock.now += 1
    return made[::-1]


def ids(listed: stripe.ListObject[stripe.checkout.Session]) -> list[str]:
    return [session.id for session in listed.data]


def test_newest_comes_first(sdk: stripe.StripeClient, three: list[str]) -> None:
    assert ids(sdk.v1.checkout.sessions.list()) == three


def test_pages_follow_each_other(sdk: stripe.StripeClient, three: list[str]) -> None:
    first = sdk.v1.checkout.sessions.list({"limit": 2})
    assert (ids(first), first.has_more, first.url) == (three[:2], True, "/v1/checkout/sessions")
    second = sdk.v1.checkout.sessions.list({"limit": 2, "starting_after": three[1]})
    assert (ids(second), second.has_more) == (three[2:], False)


def test_pages_go_back(sdk: stripe.StripeClient, three: list[str]) -> None:
    before = sdk.v1.checkout.sessions.list({"limit": 1, "ending_before": three[2]})
    assert (ids(before), before.has_more) == ([three[1]], True)
    first = sdk.v1.checkout.sessions.list({"limit": 1, "ending_before": three[1]})
    assert (ids(first), first.has_more) == ([three[0]], False)


def test_sdk_pages_through_everything(sdk: stripe.StripeClient, three: list[str]) -> None:
    listed = sdk.v1.checkout.sessions.list({"limit": 1})
    assert [session.id for session in listed.auto_paging_iter()] == three


def test_page_holds_ten_by_default(sdk: stripe.StripeClient) -> None:
    for _ in range(11):
        sdk.v1.products.create({"name": "Mug"})
    listed = sdk.v1.products.list()
    assert (len(listed.data), listed.has_more) == (10, True)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (0, "This value must be greater than or equal to 1."),
        (101, "This value must be less than or equal to 100 (it currently is '101')."),
    ],
)
def test_limit_is_from_1_to_100(sdk: stripe.StripeClient, limit: int, message: str) -> None:
    with refused(400, message, code="parameter_invalid_integer", param="limit"):
        sdk.v1.checkout.sessions.list({"limit": limit})


@pytest.mark.parametrize("param", ["starting_after", "ending_before"])
def test_page_begins_at_a_known_id(sdk: stripe.StripeClient, param: str) -> None:
    message = "No such checkout.session: 'cs_test_nothing'"
    params: Any = {param: "cs_test_nothing"}
    with refused(400, message, code="resource_missing", param=param):
        sdk.v1.checkout.sessions.list(params)


def test_page_goes_one_way(sdk: stripe.StripeClient, three: list[str]) -> None:
    message = "You can only specify one of these parameters: starting_after, ending_before."
    with refused(400, message):
        sdk.v1.checkout.sessions.list({"starting_after": three[0], "ending_before": three[2]})


def test_filter_by_status(sdk: stripe.StripeClient, shop: Shop, three: list[str]) -> None:
    sdk.v1.checkout.sessions.expire(three[1])
    paid = shop.paid_session()
    listed = sdk.v1.checkout.sessions.list
    assert ids(listed({"status": "open"})) == [three[0], three[2]]
    assert ids(listed({"status": "expired"})) == [three[1]]
    assert ids(listed({"status": "complete"})) == [paid.id]


def test_filter_by_payment_intent(sdk: stripe.StripeClient, shop: Shop, three: list[str]) -> None:
    paid = shop.paid_session()
    assert isinstance(paid.payment_intent, str)
    listed = sdk.v1.checkout.sessions.list({"payment_intent": paid.payment_intent})
    assert ids(listed) == [paid.id]


def test_filter_by_customer(sdk: stripe.StripeClient, shop: Shop, three: list[str]) -> None:
    customer = sdk.v1.customers.create()
    theirs = shop.session(customer=customer.id)
    assert ids(sdk.v1.checkout.sessions.list({"customer": customer.id})) == [theirs.id]


def test_filter_by_email(sdk: stripe.StripeClient, shop: Shop, three: list[str]) -> None:
    theirs = shop.session(customer_email="jenny@example.com")
    listed = sdk.v1.checkout.sessions.list({"customer_details": {"email": "jenny@example.com"}})
    assert ids(listed) == [theirs.id]


def test_filter_by_time(simulator: Running, three: list[str]) -> None:
    listed = simulator.sdk.v1.checkout.sessions.list
    middle = int(simulator.clock.now) - 2
    assert ids(listed({"created": {"gt": middle}})) == three[:1]
    assert ids(listed({"created": {"gte": middle}})) == three[:2]
    assert ids(listed({"created": {"lt": middle}})) == three[2:]
    assert ids(listed({"created": {"lte": middle}})) == three[1:]
    assert ids(listed({"created": middle})) == three[1:2]

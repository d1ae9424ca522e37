"""The pages during failures of the shop, the API or Stripe."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.shopper import CREATE, Shopper
from tests.integration.world import World
from tests.support.samples import sample

THANKS = "Thank you for your order"
API = "**/checkout/**"


def busy(shopper: Shopper, *, times: int, status: int, retry_after: str) -> None:
    """API Gateway's response to the first requests for a checkout."""
    headers = cors(shopper.page) | {"retry-after": retry_after}
    left = [times]

    def respond(route: Route) -> None:
        if route.request.method == "OPTIONS" or left[0] == 0:
            route.continue_()
            return
        left[0] -= 1
        route.fulfill(status=status, headers=headers, json={"message": "Too Many Requests"})

    shopper.page.route(f"**{CREATE}", respond)


def cors(page: Page) -> dict[str, str]:
    parts = urlsplit(page.url)
    return {
        "access-control-allow-origin": f"{parts.scheme}://{parts.netloc}",
        "access-control-expose-headers": "retry-after",
    }


def test_what_is_not_sold_any_more_is_shown_in_the_cart(shopper: Shopper, world: World) -> None:
    shopper.visit()
    shopper.add("Mug", "Beeswax candle")
    prices = world.simulator.sdk.v1.prices
    [candle] = prices.list({"lookup_keys": ["candle"]}).data
    prices.update(candle.id, {"active": False})
    try:
        shopper.buy_button.click()
        problem = shopper.page.get_by_role("group", name="Problem with the checkout")
        expect(problem).to_be_focused()
        expect(problem).to_contain_text("Beeswax candle")
        line = shopper.page.get_by_role("listitem").filter(has_text="No longer available")
        expect(line).to_have_count(1)
        expect(line).to_contain_text("Beeswax candle")
        shopper.see("rejected")
        shopper.page.get_by_role("button", name="Remove Beeswax candle").click()
        expect(problem).to_be_hidden()
        shopper.check_out()
    finally:
        prices.update(candle.id, {"active": True})


@pytest.mark.full  # as any cart that is refused, above
def test_items_in_different_currencies_are_explained(shopper: Shopper) -> None:
    shopper.visit()
    shopper.add("Mug", "Matcha")
    expect(shopper.page.locator("#total")).to_have_text("€12.00 + JP¥1,500")
    shopper.buy_button.click()
    shopper.read("We can't check out this cart.")


@pytest.mark.parametrize("status", [429, 502, 503][: sample(some=1, all=3)])
def test_a_busy_api_is_asked_again_with_the_same_key(shopper: Shopper, status: int) -> None:
    shopper.visit()
    shopper.add("Mug")
    busy(shopper, times=1, status=status, retry_after="0")
    shopper.check_out()
    keys = [one.headers["idempotency-key"] for one in shopper.creates]
    bodies = [one.post_data for one in shopper.creates]
    assert len(keys) == 2
    assert len(set(keys)) == len(set(bodies)) == 1


def test_the_api_down_at_checkout_then_up_again(shopper: Shopper) -> None:
    shopper.visit()
    shopper.add("Mug")
    # Later than a customer would wait.
    busy(shopper, times=1, status=503, retry_after="3600")
    shopper.buy_button.click()
    problem = shopper.page.get_by_role("group", name="Problem with the checkout")
    expect(problem).to_be_focused()
    expect(problem).to_contain_text("Nothing was charged")
    shopper.see("unavailable")
    shopper.has_in_cart(1)
    shopper.check_out()
    first, second = (one.headers["idempotency-key"] for one in shopper.creates)
    assert first == second


def test_the_api_down_at_confirm_then_up_again(shopper: Shopper, world: World) -> None:
    shopper.buy("Mug")
    world.simulator.behave(
        faults=[{"method": "GET", "path": "/v1/checkout/sessions/*", "status": 503, "times": 99}]
    )
    shopper.pay_by_card()
    shopper.come_back("We can't check your payment right now")
    shopper.see("confirm-unavailable")
    world.simulator.behave_again()
    shopper.read(THANKS)
    shopper.has_in_cart(0)


@pytest.mark.full  # the page does the same where the API is down
def test_no_network_at_confirm_then_one_again(shopper: Shopper) -> None:
    shopper.buy("Mug")
    shopper.page.route(API, lambda route: route.abort("connectionrefused"))
    shopper.pay_by_card()
    shopper.come_back("We can't check your payment right now")
    shopper.page.unroute(API)
    shopper.read(THANKS)


def test_the_catalogue_is_loaded_at_the_second_try(shopper: Shopper) -> None:
    shopper.page.route(API, lambda route: route.fulfill(status=500, json={}))
    shopper.visit()
    problem = shopper.page.get_by_role("group", name="Problem with the catalogue")
    expect(problem).to_be_focused()
    shopper.see("no-catalogue")
    shopper.page.unroute(API)
    shopper.page.get_by_role("button", name="Try again").click()
    shopper.add("Mug")
    shopper.check_out()


@pytest.mark.parametrize(
    "address",
    [
        "thanks.html",
        "thanks.html?session_id=%3Cscript%3Ealert(1)%3C/script%3E&status=paid&amount=1",
        "thanks.html?session_id=cs_test_unknown",
        "thanks.html?session_id=../../prices",
        "thanks.html?session_id=",
    ][: sample(some=2, all=5)],
)
def test_an_address_is_not_believed(shopper: Shopper, address: str) -> None:
    shopper.visit(address)
    shopper.read("We can't find this order")
    asked = [urlsplit(one.url).path for one in shopper.sent if "/checkout/" in one.url]
    assert all(path.endswith("/checkout/sessions/cs_test_unknown/confirm") for path in asked)
    if address == "thanks.html":
        shopper.see("unknown-order")


def test_who_has_not_paid_is_not_thanked(shopper: Shopper) -> None:
    session_id = shopper.buy("Mug")
    shopper.visit(f"thanks.html?session_id={session_id}")
    shopper.read("You have not paid yet")
    shopper.has_in_cart(1)
    shopper.see("not-paid")

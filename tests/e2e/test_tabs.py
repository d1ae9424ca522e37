"""Customers click twice, go back, reload, and use more tabs than one."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Route, expect

from tests.e2e.shopper import Shopper
from tests.integration.world import World

THANKS = "Thank you for your order"


def pay_and_close(shopper: Shopper) -> None:
    """The page of the result is never reached."""
    with staying(shopper, "**/thanks.html?**"):
        shopper.pay_by_card()
    shopper.page.close()


@contextmanager
def staying(shopper: Shopper, address: str) -> Iterator[None]:
    """The browser asks for the next page, and stays on the one that it has."""
    shopper.page.route(address, lambda route: route.fulfill(status=204))
    with shopper.page.expect_response(address):
        yield
    shopper.page.unroute(address)


def another_tab(shopper: Shopper) -> Shopper:
    return Shopper(shopper.page.context.new_page(), shopper.base)


def test_a_double_click_makes_one_checkout(shopper: Shopper, world: World) -> None:
    shopper.visit()
    shopper.add("Mug")
    before = world.number_of_orders()
    shopper.buy_button.dblclick()
    shopper.reach_payment()
    assert len(shopper.creates) == 1
    assert world.number_of_orders() == before + 1


def test_carts_by_lookup_key_are_distinguished(shopper: Shopper) -> None:
    """The client is there to be copied, and a page may name prices by their lookup keys."""
    shopper.visit()
    start = """async ([api_url, lookup_key]) => {
        const { CheckoutApi } = await import("./checkout.js");
        const origin = location.origin;
        const pages = { success_url: `${origin}/thanks.html`, cancel_url: `${origin}/cart.html` };
        const started = await new CheckoutApi(api_url).start([{ lookup_key, quantity: 1 }], pages);
        return started.session_id;
    }"""
    config = shopper.page.evaluate("async () => (await fetch('config.json')).json()")
    mug, again, candle = (
        shopper.page.evaluate(start, [config["api_url"], key]) for key in ("mug", "mug", "candle")
    )
    assert mug == again
    assert candle != mug


def test_two_tabs_make_one_checkout(shopper: Shopper) -> None:
    shopper.visit()
    shopper.add("Mug")
    other = another_tab(shopper)
    other.visit()
    other.has_in_cart(1)
    shopper.buy_button.click()
    other.buy_button.click()
    assert shopper.reach_payment() == other.reach_payment()


def test_two_tabs_with_a_changed_cart_make_one_checkout(shopper: Shopper) -> None:
    first = shopper.buy("Mug")
    shopper.visit()
    shopper.add("Teapot")
    other = another_tab(shopper)
    other.visit()
    other.has_in_cart(2)
    # While one tab asks what became of the first checkout, the other is clicked.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    shopper.page.route("**/confirm", hold)
    with shopper.page.expect_request("**/confirm"):
        shopper.buy_button.click()
    other.buy_button.click()
    held[0].continue_()
    second = shopper.reach_payment()
    assert second == other.reach_payment() != first


def test_a_cart_is_the_same_in_every_tab(shopper: Shopper) -> None:
    shopper.visit()
    other = another_tab(shopper)
    other.visit()
    shopper.add("Mug")
    other.has_in_cart(1)
    other.page.get_by_role("button", name="One Mug more").click()
    shopper.has_in_cart(2)


def test_the_result_survives_a_reload_and_a_second_tab(shopper: Shopper, world: World) -> None:
    shopper.buy("Mug")
    shopper.pay_by_card()
    session_id = shopper.come_back(THANKS)
    shopper.page.reload()
    shopper.read(THANKS)
    # The next order's cart, which the old page must not take.
    shopper.buy("Teapot")
    other = another_tab(shopper)
    other.visit(f"thanks.html?session_id={session_id}")
    other.read(THANKS)
    other.has_in_cart(1)


def test_back_after_paying_offers_no_second_payment(shopper: Shopper) -> None:
    shopper.buy("Mug")
    shopper.pay_by_card()
    shopper.come_back(THANKS)
    shopper.page.go_back()
    shopper.read("You're all done")
    shopper.see("payment-done")
    shopper.page.go_back()
    shopper.has_in_cart(0)
    expect(shopper.buy_button).to_be_hidden()


def test_a_page_that_the_browser_kept_works_again(shopper: Shopper) -> None:
    """Chromium restores pages from its cache with this event; Playwright turns that cache off."""
    shopper.visit()
    shopper.add("Mug")
    with staying(shopper, "**/c/pay/**"):
        shopper.buy_button.click()
    expect(shopper.buy_button).to_have_attribute("aria-disabled", "true")
    expect(shopper.page.get_by_text("Taking you to the payment")).to_be_visible()
    shopper.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(shopper.buy_button).to_have_attribute("aria-disabled", "false")
    shopper.check_out()


def test_who_paid_in_another_tab_is_not_charged_again(shopper: Shopper, world: World) -> None:
    shopper.buy("Mug")
    other = another_tab(shopper)
    pay_and_close(shopper)
    other.visit()
    other.has_in_cart(1)
    before = world.number_of_orders()
    other.buy_button.click()
    other.come_back(THANKS)
    other.has_in_cart(0)
    assert world.number_of_orders() == before


def test_what_was_added_since_the_payment_stays(shopper: Shopper) -> None:
    first = shopper.buy("Mug")
    other = another_tab(shopper)
    pay_and_close(shopper)
    other.visit()
    other.add("Teapot")
    other.buy_button.click()
    assert other.come_back(THANKS) == first
    other.has_in_cart(1)
    other.visit("cart.html")
    expect(other.page.get_by_role("listitem").filter(has_text="Teapot")).to_be_visible()
    assert other.check_out() != first


def test_the_cart_page_shows_the_paid_order(shopper: Shopper) -> None:
    shopper.buy("Mug")
    other = another_tab(shopper)
    pay_and_close(shopper)
    other.visit("cart.html")
    expect(other.page.get_by_text("Your last order went through")).to_be_visible()
    other.has_in_cart(0)
    other.see("cart-after-order")
    other.page.get_by_role("link", name="See your order").click()
    other.come_back(THANKS)


def test_a_changed_cart_supersedes_the_first_checkout(shopper: Shopper, world: World) -> None:
    first = shopper.buy("Mug")
    shopper.page.get_by_role("link", name="Back").click()
    shopper.page.wait_for_url("**/cart.html")
    shopper.page.get_by_role("button", name="One Mug more").click()
    second = shopper.check_out()
    assert second != first
    expect(shopper.page.locator("#totalAmount")).to_have_text("€24.00")
    assert world.session(first).status == "expired"
    shopper.page.goto(shopper.page.url.replace(second, first))
    shopper.read("This page has expired")
    assert world.session(second).status == "open"

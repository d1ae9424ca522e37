"""A purchase as customers click it, and the ways in which it goes otherwise."""

from playwright.sync_api import Route, expect

from local.shop.customer import DECLINED_CARD, FAILING_IBAN
from tests.e2e.conftest import NewShopper
from tests.e2e.shopper import PHONE, Shopper
from tests.integration.world import World, changes

THANKS = "Thank you for your order"


def have_a_slow_bank(shopper: Shopper) -> None:
    """The first confirm comes before the bank has decided, which takes half a second here."""

    def respond(route: Route) -> None:
        response = route.fetch()
        undecided = {"status": "processing", "payment_status": "unpaid"}
        route.fulfill(response=response, json=response.json() | undecided)

    shopper.page.route("**/confirm", respond, times=1)


def test_a_customer_buys_and_is_thanked(shopper: Shopper, world: World) -> None:
    shopper.visit()
    expect(shopper.page.get_by_role("button", name="Add to cart: Mug")).to_be_visible()
    shopper.see("shop")
    shopper.add("Mug", "Teapot", "Mug")
    said = shopper.page.locator("#announcement")
    expect(said).to_have_text("Mug added. 3 items in your cart.")
    shopper.see("shop-with-cart")
    session_id = shopper.check_out()
    expect(shopper.page.locator("#totalAmount")).to_have_text("€62.00")
    shopper.see("payment")
    shopper.pay_by_card()
    assert shopper.come_back(THANKS) == session_id
    expect(shopper.page.get_by_text("€62.00")).to_be_visible()
    shopper.has_in_cart(0)
    shopper.see("paid")
    order_id = shopper.page.locator("dd").first.inner_text()
    order = world.wait_for_status(order_id, "paid")
    assert changes(order).count("order.paid") == 1
    assert sorted(item["lookup_key"] for item in order["items"]) == ["mug", "teapot"]


def test_a_customer_turns_back_is_declined_and_then_pays(shopper: Shopper) -> None:
    first = shopper.buy("Mug", "Teapot")
    shopper.page.get_by_role("link", name="Back").click()
    shopper.page.wait_for_url("**/cart.html")
    expect(shopper.page.get_by_text("You have not paid yet")).to_be_visible()
    shopper.has_in_cart(2)
    shopper.see("cancelled")
    assert shopper.check_out() == first
    shopper.pay_by_card(DECLINED_CARD)
    expect(shopper.page.get_by_label("Card number")).to_have_attribute("aria-invalid", "true")
    shopper.see("declined")
    shopper.pay_by_card()
    shopper.come_back(THANKS)


def test_a_bank_debit_is_processing_then_paid(shopper: Shopper) -> None:
    shopper.buy("Mug")
    have_a_slow_bank(shopper)
    shopper.pay_by_debit()
    shopper.come_back("Your payment is on its way")
    shopper.has_in_cart(0)
    shopper.read(THANKS)
    shopper.has_in_cart(0)


def test_a_failed_bank_debit_gives_the_cart_back(shopper: Shopper) -> None:
    shopper.buy("Mug", "Mug")
    have_a_slow_bank(shopper)
    shopper.pay_by_debit(FAILING_IBAN)
    shopper.come_back("Your payment is on its way")
    shopper.has_in_cart(0)
    shopper.read("Your payment did not go through")
    shopper.has_in_cart(2)
    shopper.see("failed")
    shopper.page.get_by_role("link", name="Go to your cart").click()
    shopper.check_out()


def test_an_expired_checkout_is_replaced(shopper: Shopper, world: World) -> None:
    first = shopper.buy("Mug")
    world.merchant.expire(first)
    shopper.page.reload()
    shopper.read("This page has expired")
    shopper.see("payment-expired")
    shopper.visit(f"thanks.html?session_id={first}")
    shopper.read("This checkout has expired")
    shopper.see("expired")
    shopper.page.get_by_role("link", name="Go to your cart").click()
    assert shopper.check_out() != first


def test_an_expired_cart_is_checked_out_again(shopper: Shopper, world: World) -> None:
    first = shopper.buy("Mug")
    world.merchant.expire(first)
    shopper.visit()
    second = shopper.check_out()
    assert second != first
    keys = [one.headers["idempotency-key"] for one in shopper.creates]
    assert keys[0] == keys[1] != keys[2]


def test_a_purchase_on_a_phone(new_shopper: NewShopper) -> None:
    shopper = new_shopper(**PHONE)
    shopper.visit()
    shopper.add("Mug")
    # In reach without scrolling.
    expect(shopper.buy_button).to_be_in_viewport()
    shopper.see("phone-shop")
    shopper.check_out()
    shopper.see("phone-payment")
    shopper.pay_by_card()
    shopper.come_back(THANKS)
    shopper.see("phone-paid")


def test_nothing_moves_while_the_shop_loads(new_shopper: NewShopper) -> None:
    shopper = new_shopper()
    shopper.page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries())"
        " if (!one.hadRecentInput) window.moved += one.value; })"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    shopper.visit()
    expect(shopper.page.get_by_role("button", name="Add to cart: Mug")).to_be_visible()
    shopper.page.wait_for_load_state("networkidle")
    assert shopper.page.evaluate("window.moved") < 0.01

"""The payment in a page of the shop's own: `ui_mode` is embedded_page in its config.json."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from local.shop.customer import DECLINED_CARD, GOOD_CARD
from tests.e2e.shopper import Shopper, fill_in_card, submit
from tests.integration.world import World

THANKS = "Thank you for your order"


@pytest.fixture
def embedded(shopper: Shopper) -> Shopper:
    def configure(route: Route) -> None:
        config = route.fetch().json()
        route.fulfill(json=config | {"ui_mode": "embedded_page"})

    shopper.page.route("**/config.json", configure)
    return shopper


def reach_form(page: Page) -> None:
    page.wait_for_url("**/pay.html")
    expect(page.frame_locator("iframe").get_by_label("Email")).to_be_visible()


def test_a_customer_pays_in_the_shops_own_page(embedded: Shopper, world: World) -> None:
    embedded.visit()
    embedded.add("Mug")
    embedded.buy_button.click()
    reach_form(embedded.page)
    embedded.see("embedded-payment")
    form = embedded.page.frame_locator("iframe")
    fill_in_card(form, DECLINED_CARD)
    submit(form)
    expect(form.get_by_label("Card number")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Card number").fill(GOOD_CARD)
    submit(form)
    session_id = embedded.come_back(THANKS)
    embedded.has_in_cart(0)
    assert world.session(session_id).ui_mode == "embedded_page"
    embedded.page.go_back()
    embedded.page.wait_for_url("**/cart.html")


def test_the_payment_survives_a_reload_and_a_forged_message(embedded: Shopper) -> None:
    embedded.visit()
    embedded.add("Mug")
    embedded.buy_button.click()
    reach_form(embedded.page)
    frame = embedded.page.locator("iframe")
    payment = urlsplit(frame.get_attribute("src") or "").path
    embedded.page.reload()
    reach_form(embedded.page)
    assert urlsplit(frame.get_attribute("src") or "").path == payment
    keys = {one.headers["idempotency-key"] for one in embedded.creates}
    assert len(keys) == 1
    # The form has reported its own height.
    expect(frame).to_have_attribute("style", re.compile("height: "))
    style = frame.get_attribute("style")
    # Of another origin than the form's.
    embedded.page.evaluate(
        "new Promise((resolve) => { addEventListener('message', resolve, {once: true});"
        " postMessage({type: 'checkout.resize', height: 12345}); })"
    )
    assert frame.get_attribute("style") == style

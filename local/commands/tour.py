"""`make tour`: a purchase in Chromium, in a shop of its own, and its pictures in docs/images."""

import re
import sys
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from local.cloud.stack import local_stack
from local.machine import browser as local_browser
from local.machine.console import Console
from local.machine.ports import free_port
from local.machine.processes import LocalCloudError
from local.paths import ROOT
from local.shop.customer import GOOD_CARD
from local.shop.purchase_steps import stored_order
from local.shop.storefront import HOSTED_PAGE, Config, local_frontend, storefront

IMAGES = ROOT / "docs" / "images"
DESKTOP: ViewportSize = {"width": 1120, "height": 720}
PHONE: ViewportSize = {"width": 360, "height": 720}


def main() -> int:
    console = Console()
    frontend = local_frontend(free_port())
    try:
        with (
            local_browser.chromium() as browser,
            local_stack(console, frontend=frontend) as stack,
            storefront(
                frontend.origin,
                Config(stack.facts.api_url, HOSTED_PAGE, stack.facts.stripe_url),
                partial(stored_order, stack),
            ) as shop,
        ):
            take(browser, shop, f"{stack.facts.stripe_url}/live", IMAGES)
    except LocalCloudError as error:
        console.say(error.explained())
        return 1
    console.say(f"Pictures in {IMAGES.relative_to(ROOT)}")
    return 0


def take(browser: Browser, shop: str, live_url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    live = browser.new_page(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")
    live.goto(live_url)
    page = browser.new_page(viewport=DESKTOP, locale="en-GB")
    fill_cart(page, shop)
    page.screenshot(path=folder / "shop.png")
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=folder / "shop-dark.png")
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/c/pay/**")
    page.get_by_label("Email").fill("a@example.com")
    page.get_by_role("button", name=GOOD_CARD).click()
    page.get_by_label(re.compile("^Name on")).fill("A Customer")
    page.screenshot(path=folder / "payment.png")
    page.get_by_test_id("hosted-payment-submit-button").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    page.screenshot(path=folder / "thanks.png")
    expect(live.get_by_text("12 of 12 steps are done.")).to_be_visible()
    live.screenshot(path=folder / "live.png", full_page=True)

    phone = browser.new_page(viewport=PHONE, locale="en-GB", has_touch=True, is_mobile=True)
    fill_cart(phone, shop)
    phone.evaluate("scrollTo(0, 0)")
    phone.screenshot(path=folder / "shop-phone.png")


def fill_cart(page: Page, shop: str) -> None:
    page.goto(shop)
    for name in ("Mug", "Mug", "Teapot"):
        page.get_by_role("button", name=f"Add to cart: {name}").click()


if __name__ == "__main__":
    sys.exit(main())

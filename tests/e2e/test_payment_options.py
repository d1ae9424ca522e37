"""The simulator's payment page in a browser, with a session that asks for a lot."""

from typing import Any

from playwright.sync_api import Browser, ViewportSize, expect

from local.shop.customer import GOOD_CARD
from stripe_simulator.testing import Shop, fast, running
from tests.e2e.shopper import Shopper, fill_in_card, submit

VIEWPORT: ViewportSize = {"width": 1280, "height": 860}
THANKS = "https://shop.example/thanks"


def options(shop: Shop) -> dict[str, Any]:
    coupon = shop.sdk.v1.coupons.create({"percent_off": 50})
    shop.sdk.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SPRING"}
    )
    rates = [
        {"display_name": name, "fixed_amount": {"amount": amount, "currency": "eur"}}
        for name, amount in (("Standard", 500), ("Express", 900))
    ]
    return {
        "allow_promotion_codes": True,
        "automatic_tax": {"enabled": True},
        "consent_collection": {"terms_of_service": "required"},
        "phone_number_collection": {"enabled": True},
        "shipping_address_collection": {"allowed_countries": ["DE", "FR"]},
        "shipping_options": [{"shipping_rate_data": rate} for rate in rates],
    }


def test_total_follows_what_the_customer_chooses(browser: Browser) -> None:
    with (
        running(fast()) as simulator,
        browser.new_context(viewport=VIEWPORT, reduced_motion="reduce") as context,
    ):
        shop = Shop(simulator.sdk)
        item = {
            "price": shop.price(1000, "eur").id,
            "quantity": 1,
            "adjustable_quantity": {"enabled": True},
        }
        session = shop.session(line_items=[item], success_url=THANKS, **options(shop))
        context.route(f"{THANKS}**", lambda route: route.fulfill(body="Thank you"))
        page = context.new_page()
        shopper = Shopper(page, simulator.url)
        page.goto(f"{simulator.url}/c/pay/{session.id}")
        total = page.locator("#totalAmount")
        expect(total).to_have_text("€15.00")
        page.get_by_label("Express: €9.00").check()
        expect(total).to_have_text("€19.00")
        page.get_by_label("Quantity of Mug").fill("2")
        page.get_by_label("Quantity of Mug").blur()
        expect(total).to_have_text("€29.00")
        page.get_by_label("Promotion code").fill("NONE")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("alert")).to_contain_text("This promotion code is invalid.")
        page.get_by_label("Promotion code").fill("SPRING")
        page.get_by_role("button", name="Apply").click()
        expect(total).to_have_text("€19.00")
        shopper.see("payment-options")
        fill_in_card(page, GOOD_CARD)
        submit(page)
        expect(page.get_by_role("alert")).to_contain_text("Agree to the terms of service.")
        page.get_by_label("Phone number").fill("+4930123456")
        page.get_by_label("Full name").fill("Jenny Rosen")
        page.get_by_label("Address line 1").fill("1 Straße")
        page.get_by_label("I agree to the terms of service.").check()
        expect(page.get_by_test_id("hosted-payment-submit-button")).to_have_text("Pay €19.00")
        submit(page)
        page.wait_for_url(f"{THANKS}**")
        paid = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
        assert (paid.payment_status, paid.amount_total) == ("paid", 1900)

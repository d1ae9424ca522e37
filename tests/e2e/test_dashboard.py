"""A refund at the simulator's dashboard, as the merchant clicks it at Stripe's."""

from playwright.sync_api import expect

from tests.e2e.conftest import NewShopper
from tests.e2e.shopper import Shopper
from tests.integration.world import World

THANKS = "Thank you for your order"


def test_a_refund_reaches_the_order_the_message_and_the_customer(
    shopper: Shopper, new_shopper: NewShopper, world: World
) -> None:
    merchant = new_shopper()
    with world.fulfilment("order.refunded") as service:
        session_id = shopper.buy("Mug")
        shopper.pay_by_card()
        shopper.come_back(THANKS)
        intent = str(world.session(session_id).payment_intent)
        merchant.page.goto(f"{world.stack.facts.stripe_url}/dashboard/payments/{intent}")
        merchant.page.get_by_label("Amount in EUR").fill("5.00")
        merchant.page.get_by_role("button", name="Refund", exact=True).click()
        expect(merchant.page.get_by_text("The refund was created.")).to_be_visible()
        order_id = shopper.page.locator("dd").first.inner_text()
        order = world.wait_for_order(order_id, lambda one: one.get("amount_refunded") == 500)
        assert order["status"] == "paid"
        [message] = service.wait_for_types(order_id, "order.refunded")
        assert message["amount_refunded"] == 500
    shopper.page.reload()
    shopper.read(THANKS)
    expect(shopper.page.get_by_text("€5.00")).to_be_visible()
    shopper.see("refunded")

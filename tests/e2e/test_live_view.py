"""The simulator's live view in one tab, while a customer buys in another."""

from playwright.sync_api import expect

from tests.e2e.conftest import NewShopper
from tests.e2e.shopper import PHONE, Shopper
from tests.integration.world import World

THANKS = "Thank you for your order"
STEPS = 12


def test_the_live_view_reaches_step_12(
    shopper: Shopper, new_shopper: NewShopper, world: World
) -> None:
    viewer = new_shopper()
    live = f"{world.stack.facts.stripe_url}/live"
    viewer.page.goto(live)
    shopper.buy("Mug")
    expect(viewer.page.get_by_text("5 of 12 steps are done.")).to_be_visible()
    viewer.see("live-view-next")
    shopper.pay_by_card()
    shopper.come_back(THANKS)
    expect(viewer.page.get_by_text("12 of 12 steps are done.")).to_be_visible()
    steps = viewer.page.locator("#flow").get_by_role("listitem")
    expect(steps).to_have_count(STEPS)
    expect(steps.last).to_contain_text("12. Frontend: the page shows the result")
    expect(steps.last).to_contain_text("done: 200, the order is paid")
    order_id = shopper.page.locator("dd").first.inner_text()
    order = viewer.page.locator("#order")
    expect(order).to_contain_text(order_id)
    expect(order.get_by_role("list", name="History")).to_contain_text("order.paid")
    viewer.see("live-view")

    phone = new_shopper(**PHONE)
    phone.page.goto(live)
    phone.see("live-view-phone")

"""The polling intervals of a page while a payment is processing, with the test's clock."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.shopper import Shopper

SESSION = "cs_test_a1"
CONFIRM = f"**/checkout/sessions/{SESSION}/confirm"
HOUR_SECONDS = 3_600
HEADING = "Your payment is on its way"


def respond(route: Route) -> None:
    payment = {
        "order_id": "ord_1",
        "session_id": SESSION,
        "status": "processing",
        "payment_status": "unpaid",
        "amount_total": 1200,
        "amount_refunded": 0,
        "currency": "eur",
    }
    route.fulfill(json=payment, headers={"access-control-allow-origin": "*"})


def is_hidden(value: str) -> str:
    """Return a script that sets `document.hidden`."""
    return f"Object.defineProperty(document, 'hidden', {{configurable: true, value: {value}}})"


@pytest.fixture
def processing(shopper: Shopper) -> Page:
    """The page of the result, hidden after its first question, with a clock that stands still."""
    page = shopper.page
    page.route(CONFIRM, respond)
    page.clock.install()
    page.add_init_script(is_hidden("true"))
    shopper.visit(f"thanks.html?session_id={SESSION}")
    shopper.read(HEADING)
    # A page that is not hidden would ask again meanwhile, on a slow machine.
    page.clock.pause_at(page.evaluate("Date.now() / 1_000") + HOUR_SECONDS)
    return page


def show(page: Page) -> None:
    with page.expect_response(CONFIRM):
        page.evaluate(is_hidden("false"))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_page_asks_at_growing_intervals(shopper: Shopper, processing: Page) -> None:
    show(processing)
    asked: list[str] = []
    processing.on("request", lambda request: asked.append(request.url))
    for interval in (1_600, 2_560, 4_096):
        before = len(asked)
        processing.clock.run_for(interval - 10)
        assert len(asked) == before
        with processing.expect_response(CONFIRM):
            processing.clock.run_for(20)
    processing.clock.resume()
    shopper.see("processing")


def test_a_hidden_page_asks_nothing(processing: Page) -> None:
    asked: list[str] = []
    processing.on("request", lambda request: asked.append(request.url))
    processing.clock.run_for(60_000)
    assert asked == []
    show(processing)
    expect(processing.get_by_role("heading", name=HEADING)).to_be_visible()

"""The polling intervals of a page while a payment is processing, with the test's clock."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.shopper import Shopper

SESSION = "cs_test_a1"
CONFIRM = f"**/checkout/sessions/{SESSION}/confirm"
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


@pytest.fixture
def processing(shopper: Shopper) -> Page:
    """The page of the result, after its first question."""
    page = shopper.page
    page.route(CONFIRM, respond)
    page.clock.install()
    shopper.visit(f"thanks.html?session_id={SESSION}")
    shopper.read(HEADING)
    return page


def asks(page: Page, *, after_ms: int) -> None:
    with page.expect_response(CONFIRM):
        page.clock.run_for(after_ms)


def test_a_page_asks_at_growing_intervals(shopper: Shopper, processing: Page) -> None:
    asked = [CONFIRM]
    processing.on("request", lambda request: asked.append(request.url))
    for interval in (1_000, 1_600, 2_560, 4_096):
        before = len(asked)
        processing.clock.run_for(interval - 10)
        assert len(asked) == before
        asks(processing, after_ms=20)
    shopper.see("processing")


def test_a_hidden_page_asks_nothing(processing: Page) -> None:
    asked: list[str] = []
    processing.on("request", lambda request: asked.append(request.url))
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, value: %s})"
    processing.evaluate(hide % "true")
    processing.clock.run_for(60_000)
    assert asked == []
    processing.evaluate(hide % "false")
    with processing.expect_response(CONFIRM):
        processing.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(processing.get_by_role("heading", name=HEADING)).to_be_visible()

"""The dashboard's buttons for reserved money."""

import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.dashboards import Dashboard


@pytest.fixture
def dashboard(simulator: Running) -> Dashboard:
    return Dashboard(simulator)


@pytest.fixture
def path(sdk: stripe.StripeClient, shop: Shop) -> str:
    """The page of a payment that waits to be captured."""
    session = shop.session(payment_intent_data={"capture_method": "manual"})
    shop.pay(session, shop.payment_method(token="tok_visa"))
    intent = sdk.v1.checkout.sessions.retrieve(session.id).payment_intent
    return f"/dashboard/payments/{intent}"


def test_reserved_money_is_captured_in_part(
    dashboard: Dashboard, sdk: stripe.StripeClient, path: str
) -> None:
    page = dashboard.press(path, f"{path}/capture", amount="12.50")
    assert page.one(id_="notice").text == "The payment was captured."
    intent = sdk.v1.payment_intents.retrieve(path.rpartition("/")[2])
    assert (intent.status, intent.amount_received) == ("succeeded", 1250)
    assert page.form(method="post", action=f"{path}/refund") in page.elements


def test_no_more_is_captured_than_reserved(dashboard: Dashboard, path: str) -> None:
    status, page = dashboard.refused(path, f"{path}/capture", amount="30.01")
    assert status == 400
    assert page.one(id_="error").text.startswith("The amount to capture (3001)")
    assert page.inputs(page.form(method="post", action=f"{path}/capture"))["amount"] == "30.01"


def test_reserved_money_is_released(
    dashboard: Dashboard, sdk: stripe.StripeClient, path: str
) -> None:
    page = dashboard.press(path, f"{path}/cancel", reason="duplicate")
    assert page.one(id_="notice").text == "The payment was canceled."
    intent = sdk.v1.payment_intents.retrieve(path.rpartition("/")[2])
    assert (intent.status, intent.cancellation_reason) == ("canceled", "duplicate")

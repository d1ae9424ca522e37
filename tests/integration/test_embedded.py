"""A checkout in a page of the shop's own, from its client secret to the paid order."""

from typing import Any

import pytest

from tests.integration.world import World, changes
from tests.support.documents import Json

RETURN_URL = "http://localhost:3000/thanks"


def pay(world: World, session_id: str, amount: int) -> Json:
    """Pay as Stripe.js does in the shop's page."""
    sdk = world.simulator.sdk
    card: Any = {"token": "tok_visa"}
    method = sdk.raw_request("post", "/v1/payment_methods", type="card", card=card).data["id"]
    path = f"/v1/payment_pages/{session_id}/confirm"
    paid: Json = sdk.raw_request("post", path, payment_method=method, expected_amount=amount).data
    return paid


# tests/e2e/test_embedded.py pays in the first mode.
@pytest.mark.parametrize(
    "mode", [pytest.param("embedded_page", marks=pytest.mark.full), "elements"]
)
def test_is_paid_and_confirmed_as_any_other(world: World, mode: str) -> None:
    created = world.checkout(ui_mode=mode, return_url=RETURN_URL)
    assert created["url"] is None
    assert created["client_secret"].startswith(f"{created['session_id']}_secret_")
    paid = pay(world, created["session_id"], 1200)
    assert paid["success_url"] == f"{RETURN_URL}?session_id={created['session_id']}"
    confirmed = world.frontend.confirm(created["session_id"]).json()
    assert (confirmed["status"], confirmed["order_id"]) == ("paid", created["order_id"])
    order = world.wait_for_status(created["order_id"], "paid")
    assert changes(order).count("order.paid") == 1

"""Payments that are captured by hand: what becomes of them reaches the order and its consumers."""

import secrets
from typing import Any

import pytest

from local.cloud.invocations import reconcile
from local.shop.customer import pay_by_card
from tests.integration.world import World, changes

PRICE = 1200
CAPTURED = ["order.authorized", "order.paid"]
AMOUNTS = ("amount_total", "amount_captured", "amount_refunded")

type Json = dict[str, Any]


@pytest.fixture
def mark(world: World) -> Json:
    """Give the metadata by which the stack knows an order as its own."""
    metadata: Json = world.session(world.checkout()["session_id"]).to_dict()["metadata"]
    return {
        "order_id": f"ord_{secrets.token_hex(16)}",
        "checkout_stack": metadata["checkout_stack"],
    }


def reserve(world: World, mark: Json) -> str:
    """Pay a session as the service makes it where a shop captures by hand; give its id."""
    data = {"capture_method": "manual", "metadata": mark}
    params: Any = {
        "mode": "payment",
        "line_items": [world.one_mug],
        "metadata": mark,
        "payment_intent_data": data,
        "success_url": "https://shop.example/thanks",
    }
    session = world.simulator.sdk.v1.checkout.sessions.create(params)
    assert session.url
    assert pay_by_card(session.url).status_code == 303
    return session.id


def amounts(order: Json) -> list[int]:
    return [order[name] for name in AMOUNTS]


def test_a_payment_captured_in_part_is_paid_once(world: World, mark: Json) -> None:
    order_id = mark["order_id"]
    with world.fulfilment(*CAPTURED) as fulfilment:
        session_id = reserve(world, mark)
        world.wait_for_status(order_id, "authorized")
        confirmed = world.frontend.confirm(session_id).json()
        assert (confirmed["status"], confirmed["payment_status"]) == ("authorized", "unpaid")
        found = world.operate("orders", "find", "--status", "authorized", "--json").document
        assert order_id in [one["order_id"] for one in found]
        shown = world.operate("orders", "show", order_id).printed
        assert "Capture or cancel it in Stripe's Dashboard" in shown
        world.merchant.capture(session_id, 500)
        order = world.wait_for_status(order_id, "paid")
        assert amounts(order) == [PRICE, 500, 0]
        assert [one for one in changes(order) if one in CAPTURED] == CAPTURED
        messages = fulfilment.wait_for_types(order_id, *CAPTURED)
        assert [amounts(one) for one in messages] == [[PRICE, 0, 0], [PRICE, 500, 0]]
    world.merchant.refund(session_id)
    refunded = world.wait_for_order(order_id, lambda one: bool(one["amount_refunded"]))
    assert amounts(refunded) == [PRICE, 500, 500]
    assert world.operate("orders", "diff", order_id).exit_code == 0


def test_a_canceled_authorization_is_published(world: World, mark: Json) -> None:
    with world.fulfilment("order.canceled") as fulfilment:
        session_id = reserve(world, mark)
        world.wait_for_status(mark["order_id"], "authorized")
        world.merchant.cancel(session_id)
        order = world.wait_for_status(mark["order_id"], "canceled")
        assert amounts(order) == [PRICE, 0, 0]
        [message] = fulfilment.wait_for_types(mark["order_id"], "order.canceled")
        assert amounts(message) == [PRICE, 0, 0]


def test_a_capture_that_was_not_heard_of_is_found(world: World, mark: Json) -> None:
    world.simulator.behave(deliveries_paused=True)
    session_id = reserve(world, mark)
    for status in ("authorized", "paid"):
        assert reconcile(world.stack.aws)["failed"] == 0
        assert world.order(mark["order_id"])["status"] == status
        if status == "authorized":
            world.merchant.capture(session_id)
    assert amounts(world.order(mark["order_id"])) == [PRICE, PRICE, 0]

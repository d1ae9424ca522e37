"""Payments that are captured by hand: what becomes of them reaches the order and its consumers."""

from collections.abc import Callable

import pytest

from local.cloud.invocations import reconcile
from local.shop.customer import pay_by_card
from tests.integration.server import Server
from tests.integration.world import World, changes
from tests.options_docs import EXAMPLES
from tests.support.documents import Json

PRICE = 1200
CAPTURED = ["order.authorized", "order.paid"]
AMOUNTS = ("amount_total", "amount_captured", "amount_refunded")


@pytest.fixture
def reserve(world: World) -> Callable[[], Json]:
    """Pay an order with manual capture; return the 201 response's document."""
    server = Server(world)

    def pay() -> Json:
        created = server.checkout(options=EXAMPLES["Manual capture"])
        assert pay_by_card(created["url"]).status_code == 303
        return created

    return pay


def amounts(order: Json) -> list[int]:
    return [order[name] for name in AMOUNTS]


def test_a_payment_captured_in_part_is_paid_once(world: World, reserve: Callable[[], Json]) -> None:
    with world.fulfilment(*CAPTURED) as fulfilment:
        created = reserve()
        order_id, session_id = created["order_id"], created["session_id"]
        world.wait_for_status(order_id, "authorized")
        confirmed = world.frontend.confirm(session_id).json()
        assert (confirmed["status"], confirmed["payment_status"]) == ("authorized", "unpaid")
        found = world.operate("orders", "find", "--status", "authorized", "--json").document
        assert order_id in [one["order_id"] for one in found]
        shown = world.operate("orders", "show", order_id).printed
        assert "Capture or cancel it in the simulator's dashboard" in shown
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


def test_a_canceled_authorization_is_published(world: World, reserve: Callable[[], Json]) -> None:
    with world.fulfilment("order.canceled") as fulfilment:
        created = reserve()
        world.wait_for_status(created["order_id"], "authorized")
        world.merchant.cancel(created["session_id"])
        order = world.wait_for_status(created["order_id"], "canceled")
        assert amounts(order) == [PRICE, 0, 0]
        [message] = fulfilment.wait_for_types(created["order_id"], "order.canceled")
        assert amounts(message) == [PRICE, 0, 0]


@pytest.mark.full  # tests/unit/test_reconciliation_captures.py
def test_an_unheard_capture_is_found(world: World, reserve: Callable[[], Json]) -> None:
    world.simulator.behave(deliveries_paused=True)
    created = reserve()
    assert reconcile(world.stack.aws)["failed"] == 0
    assert world.order(created["order_id"])["status"] == "authorized"
    world.merchant.capture(created["session_id"])
    assert reconcile(world.stack.aws)["failed"] == 0
    order = world.order(created["order_id"])
    assert (order["status"], amounts(order)) == ("paid", [PRICE, PRICE, 0])

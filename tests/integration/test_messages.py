"""What a fulfilment service hears: each change of an order once, and nothing personal."""

import json
from typing import Any

import pytest

from local.customer import DECLINED_CARD, FAILING_IBAN, pay_by_bank_debit, pay_by_card
from local.merchant import LOSING
from local.paths import ROOT
from tests.integration.world import World

COMPLETED = "checkout.session.completed"
DISPUTING_CARD = "4000 0000 0000 0259"
REFUND_FAILING_CARD = "4000 0000 0000 5126"
SCHEMA = ROOT / "docs" / "order-message.schema.json"

type Json = dict[str, Any]


def test_a_paid_order_is_told_once(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment:
        world.simulator.behave(duplicates=3, shuffle=True)
        orders = [world.paid() for _ in range(3)]
        for created in orders:
            event = world.simulator.event_about(created["session_id"], COMPLETED)
            assert world.redeliver(event).json()["outcome"] == "duplicate"
            assert world.frontend.confirm(created["session_id"]).json()["status"] == "paid"
        for created in orders:
            [message] = fulfilment.wait_for_types(created["order_id"], "order.paid")
            assert message["id"] == f"{created['order_id']}:{message['version']}"
        assert {one["type"] for one in fulfilment.messages.values()} == {"order.paid"}


def test_a_message_says_what_the_order_is(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment:
        created = world.checkout(client_reference_id="cart-77", customer_email="a@example.com")
        pay_by_card(created["url"])
        [message] = fulfilment.wait_for_types(created["order_id"], "order.paid")
    order = world.order(created["order_id"])
    assert message == {
        "id": f"{created['order_id']}:2",
        "type": "order.paid",
        "occurred_at": order["history"][-1]["occurred_at"],
        "version": 2,
        "order_id": created["order_id"],
        "session_id": created["session_id"],
        "payment_intent": order["payment_intent"],
        "client_reference_id": "cart-77",
        "status": "paid",
        "payment_status": "paid",
        "amount_total": 1200,
        "amount_refunded": 0,
        "currency": "eur",
        "dispute_status": None,
        "dispute_reason": None,
    }
    assert message.keys() == json.loads(SCHEMA.read_text())["properties"].keys()


def test_what_is_no_change_of_the_order_is_not_told(world: World) -> None:
    with world.fulfilment() as fulfilment:
        created = world.checkout()
        pay_by_card(created["url"], DECLINED_CARD)
        world.wait_for_order(created["order_id"], lambda order: len(order["declines"]) == 1)
        pay_by_card(created["url"])
        [message] = fulfilment.wait_for_types(created["order_id"], "order.paid")
    assert message["version"] == 3


def test_refunds_are_told_with_what_is_refunded_by_then(world: World) -> None:
    with world.fulfilment("order.refunded", "order.refund_failed") as fulfilment:
        created = world.paid()
        world.merchant.refund(created["session_id"], 500)
        world.wait_for_order(created["order_id"], lambda order: order["amount_refunded"] == 500)
        world.merchant.refund(created["session_id"])
        told = fulfilment.wait_for_types(created["order_id"], *["order.refunded"] * 2)
        assert [one["amount_refunded"] for one in told] == [500, 1200]
        failing = world.paid(REFUND_FAILING_CARD)
        world.merchant.refund(failing["session_id"])
        told = fulfilment.wait_for_types(
            failing["order_id"], "order.refunded", "order.refund_failed"
        )
        assert [one["amount_refunded"] for one in told] == [1200, 0]
        assert {one["status"] for one in fulfilment.messages.values()} == {"paid"}


def test_disputes_are_told_when_opened_and_when_closed(world: World) -> None:
    with world.fulfilment("order.dispute_opened", "order.dispute_closed") as fulfilment:
        created = world.paid(DISPUTING_CARD)
        fulfilment.wait_for_types(created["order_id"], "order.dispute_opened")
        world.merchant.settle_dispute(created["session_id"], LOSING)
        told = fulfilment.wait_for_types(
            created["order_id"], "order.dispute_opened", "order.dispute_closed"
        )
    assert [one["dispute_status"] for one in told] == ["needs_response", "lost"]
    assert {one["dispute_reason"] for one in told} == {"fraudulent"}


@pytest.mark.parametrize(
    ("ended", "types"),
    [
        ("failed", ("order.processing", "order.failed")),
        ("expired", ("order.expired",)),
    ],
)
def test_what_is_not_paid_is_told_too(world: World, ended: str, types: tuple[str, ...]) -> None:
    with world.fulfilment() as fulfilment:
        created = world.checkout()
        if ended == "failed":
            pay_by_bank_debit(created["url"], FAILING_IBAN)
        else:
            world.merchant.expire(created["session_id"])
        told = fulfilment.wait_for_types(created["order_id"], *types)
    assert told[-1]["status"] == ended

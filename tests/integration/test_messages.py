"""What a fulfilment service receives: each change of an order once, and nothing personal."""

import json

import pytest

from local.paths import ROOT
from local.shop.customer import DECLINED_CARD, FAILING_IBAN, pay_by_bank_debit, pay_by_card
from local.shop.merchant import LOSING
from tests.integration.world import World, lookup_item
from tests.support.documents import Json

COMPLETED = "checkout.session.completed"
DISPUTING_CARD = "4000 0000 0000 0259"
REFUND_FAILING_CARD = "4000 0000 0000 5126"
SCHEMA = ROOT / "docs" / "order-message.schema.json"


def test_a_paid_order_is_published_once(world: World) -> None:
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


def test_a_message_has_the_orders_state(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment:
        items = [world.one_mug, lookup_item(2)]
        created = world.checkout(
            items=items, client_reference_id="cart-77", customer_email="a@example.com"
        )
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
        "amount_subtotal": 3600,
        "amount_discount": 0,
        "amount_tax": 0,
        "amount_shipping": 0,
        "amount_total": 3600,
        "amount_captured": 3600,
        "amount_refunded": 0,
        "currency": "eur",
        "items": [bought(world, 1), bought(world, 2)],
        "dispute_status": None,
        "dispute_reason": None,
    }
    assert order["items"] == message["items"]
    assert fulfilment.shipped[created["order_id"]] == message["items"]
    assert message.keys() == json.loads(SCHEMA.read_text())["properties"].keys()


def bought(world: World, quantity: int) -> Json:
    """What the order and its messages say of so many mugs."""
    price = world.simulator.sdk.v1.prices.retrieve(str(world.stack.price))
    return {
        "price": price.id,
        "product": price.product,
        "lookup_key": "mug",
        "quantity": quantity,
        "amount_total": 1200 * quantity,
    }


def test_a_message_has_more_items_than_stripe_expands(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment:
        created = world.checkout(items=[world.one_mug] * 12)
        pay_by_card(created["url"])
        [message] = fulfilment.wait_for_types(created["order_id"], "order.paid")
    assert message["items"] == [bought(world, 1)] * 12


def test_an_order_known_by_its_event_ships_its_items(world: World) -> None:
    """As after a crash before create wrote it: the event has no items, so they are fetched."""
    with world.fulfilment("order.paid") as fulfilment:
        created = world.paid_unheard()
        world.forget_order(created["order_id"])
        event = world.simulator.event_about(created["session_id"], COMPLETED)
        assert world.redeliver(event).json()["outcome"] == "applied"
        fulfilment.wait_for_types(created["order_id"], "order.paid")
    assert fulfilment.shipped[created["order_id"]] == [bought(world, 1)]


def test_declines_are_not_published(world: World) -> None:
    with world.fulfilment() as fulfilment:
        created = world.checkout()
        pay_by_card(created["url"], DECLINED_CARD)
        world.wait_for_order(created["order_id"], lambda order: len(order["declines"]) == 1)
        pay_by_card(created["url"])
        [message] = fulfilment.wait_for_types(created["order_id"], "order.paid")
    assert message["version"] == 3


def test_refunds_are_published_with_their_sum(world: World) -> None:
    with world.fulfilment("order.refunded", "order.refund_failed") as fulfilment:
        created = world.paid()
        world.merchant.refund(created["session_id"], 500)
        world.wait_for_order(created["order_id"], lambda order: order["amount_refunded"] == 500)
        world.merchant.refund(created["session_id"])
        published = fulfilment.wait_for_types(created["order_id"], *["order.refunded"] * 2)
        assert [one["amount_refunded"] for one in published] == [500, 1200]
        failing = world.paid(REFUND_FAILING_CARD)
        world.merchant.refund(failing["session_id"])
        published = fulfilment.wait_for_types(
            failing["order_id"], "order.refunded", "order.refund_failed"
        )
        assert [one["amount_refunded"] for one in published] == [1200, 0]
        assert {one["status"] for one in fulfilment.messages.values()} == {"paid"}


def test_disputes_are_published_when_opened_and_closed(world: World) -> None:
    with world.fulfilment("order.dispute_opened", "order.dispute_closed") as fulfilment:
        created = world.paid(DISPUTING_CARD)
        fulfilment.wait_for_types(created["order_id"], "order.dispute_opened")
        world.merchant.settle_dispute(created["session_id"], LOSING)
        published = fulfilment.wait_for_types(
            created["order_id"], "order.dispute_opened", "order.dispute_closed"
        )
    assert [one["dispute_status"] for one in published] == ["needs_response", "lost"]
    assert {one["dispute_reason"] for one in published} == {"fraudulent"}


@pytest.mark.parametrize(
    ("ended", "types"),
    [
        ("failed", ("order.processing", "order.failed")),
        ("expired", ("order.expired",)),
    ],
)
def test_what_is_not_paid_is_published_too(
    world: World, ended: str, types: tuple[str, ...]
) -> None:
    with world.fulfilment() as fulfilment:
        created = world.checkout()
        if ended == "failed":
            pay_by_bank_debit(created["url"], FAILING_IBAN)
        else:
            world.merchant.expire(created["session_id"])
        published = fulfilment.wait_for_types(created["order_id"], *types)
    assert published[-1]["status"] == ended

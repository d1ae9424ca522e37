"""A purchase, from the shop's page to the paid order, by every source of its facts."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local.shop.customer import (
    DECLINED_CARD,
    FAILING_IBAN,
    pay_by_bank_debit,
    pay_by_card,
    session_id_of,
)
from tests.integration.world import World, changes, lookup_item
from tests.support.documents import Json

if TYPE_CHECKING:
    import httpx

COMPLETED = "checkout.session.completed"


def statuses(order: Json) -> list[str]:
    """Its changes, without the attempts to pay that failed."""
    return [change for change in changes(order) if change != "order.payment_declined"]


def test_the_webhook_alone_makes_the_order_paid(world: World) -> None:
    created = world.checkout()
    assert pay_by_card(created["url"]).status_code == 303
    # The page's redirect has waited for the webhook: there is nothing left to wait for.
    order = world.order(created["order_id"])
    assert order["status"] == "paid"
    assert changes(order) == ["order.created", "order.paid"]
    assert order["history"][-1]["source"].startswith("evt_")


def test_confirm_alone_makes_the_order_paid(world: World) -> None:
    created = world.checkout()
    world.simulator.behave(deliveries_paused=True)
    paid = pay_by_card(created["url"])
    assert world.order(created["order_id"])["status"] == "open"
    response = world.frontend.confirm(session_id_of(paid.headers["location"]))
    assert response.status_code == 200
    assert response.json() == {
        "order_id": created["order_id"],
        "session_id": created["session_id"],
        "status": "paid",
        "payment_status": "paid",
        "amount_total": 1200,
        "amount_refunded": 0,
        "currency": "eur",
    }
    order = world.order(created["order_id"])
    assert changes(order) == ["order.created", "order.paid"]
    assert order["history"][-1]["source"] == "confirm"


def test_a_webhook_after_confirm_is_a_duplicate(world: World) -> None:
    created = world.checkout()
    world.simulator.behave(deliveries_paused=True)
    pay_by_card(created["url"])
    world.frontend.confirm(created["session_id"])
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    response = world.redeliver(event)
    assert (response.status_code, response.json()) == (
        200,
        {"received": True, "outcome": "duplicate"},
    )
    assert changes(world.order(created["order_id"])) == ["order.created", "order.paid"]


@pytest.mark.full  # test_concurrency.py, with several orders
def test_webhooks_and_confirms_at_once_pay_it_once(world: World) -> None:
    created = world.checkout()
    world.simulator.behave(deliveries_paused=True)
    pay_by_card(created["url"])
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    with ThreadPoolExecutor(8) as threads:
        deliveries = [threads.submit(world.redeliver, event) for _ in range(4)]
        confirms = [threads.submit(world.frontend.confirm, created["session_id"]) for _ in range(4)]
        outcomes = [one.result().json()["outcome"] for one in deliveries]
        statuses = [one.result().json()["status"] for one in confirms]
    assert statuses == ["paid"] * 4
    assert outcomes.count("applied") <= 1
    assert set(outcomes) <= {"applied", "duplicate"}
    assert changes(world.order(created["order_id"])) == ["order.created", "order.paid"]


def test_the_same_delivery_many_times_changes_the_order_once(world: World) -> None:
    world.simulator.behave(duplicates=4, shuffle=True)
    created = world.checkout()
    pay_by_card(created["url"])
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    world.wait_for_order(
        created["order_id"], lambda _: len(world.simulator.deliveries(event["id"])) == 5
    )
    assert {one["status"] for one in world.simulator.deliveries(event["id"])} == {200}
    assert changes(world.order(created["order_id"])) == ["order.created", "order.paid"]


def test_a_declined_card_leaves_the_order_open_until_another_pays(world: World) -> None:
    created = world.checkout()
    declined = pay_by_card(created["url"], DECLINED_CARD)
    assert declined.status_code == 402
    confirmed = world.frontend.confirm(created["session_id"]).json()
    assert (confirmed["status"], confirmed["payment_status"]) == ("open", "unpaid")
    pay_by_card(created["url"])
    order = world.wait_for_status(created["order_id"], "paid")
    assert statuses(order) == ["order.created", "order.paid"]


def test_a_bank_debit_is_processing_and_then_paid(world: World) -> None:
    created = world.checkout()
    assert pay_by_bank_debit(created["url"]).status_code == 303
    order = world.wait_for_status(created["order_id"], "paid")
    assert changes(order) == ["order.created", "order.processing", "order.paid"]


@pytest.mark.full  # test_messages.py has it published
def test_a_bank_debit_that_fails_ends_as_failed(world: World) -> None:
    created = world.checkout()
    pay_by_bank_debit(created["url"], FAILING_IBAN)
    order = world.wait_for_status(created["order_id"], "failed")
    assert statuses(order) == ["order.created", "order.processing", "order.failed"]
    confirmed = world.frontend.confirm(created["session_id"]).json()
    assert (confirmed["status"], confirmed["payment_status"]) == ("failed", "unpaid")


@pytest.mark.full  # test_messages.py has it published
def test_an_expired_session_ends_as_expired(world: World) -> None:
    created = world.checkout()
    world.simulator.sdk.v1.checkout.sessions.expire(created["session_id"])
    order = world.wait_for_status(created["order_id"], "expired")
    assert changes(order) == ["order.created", "order.expired"]


def test_an_expiry_that_comes_late_does_not_cover_paid(world: World) -> None:
    created = world.checkout()
    pay_by_card(created["url"])
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    event["type"] = "checkout.session.expired"
    event["data"]["object"] |= {"status": "expired", "payment_status": "unpaid"}
    response = world.redeliver(event)
    assert (response.status_code, response.json()["outcome"]) == (200, "stale")
    assert world.order(created["order_id"])["status"] == "paid"


def test_the_same_key_and_body_give_the_same_session(world: World) -> None:
    items = [lookup_item()]
    with ThreadPoolExecutor(2) as threads:
        responses = list(
            threads.map(
                lambda _: world.frontend.request_checkout(
                    {"items": items}, idempotency_key="cart-of-one-click-too-many"
                ),
                range(2),
            )
        )
    again = world.frontend.request_checkout(
        {"items": items}, idempotency_key="cart-of-one-click-too-many"
    )
    made = [one.json() for one in responses if one.status_code == 201]
    assert {one.status_code for one in responses} <= {201, 502, 503}
    assert all(one == again.json() for one in made)
    assert changes(world.order(again.json()["order_id"])) == ["order.created"]


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    key = "cart-that-changed"
    first = world.frontend.request_checkout({"items": [lookup_item(1)]}, idempotency_key=key)
    second = world.frontend.request_checkout({"items": [lookup_item(2)]}, idempotency_key=key)
    assert (first.status_code, second.status_code) == (201, 422)
    assert second.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("status", [500, pytest.param(503, marks=pytest.mark.full)])
def test_a_create_that_stripe_fails_can_be_repeated(world: World, status: int) -> None:
    fault = {"method": "POST", "path": "/v1/checkout/sessions", "status": status, "times": 2}
    world.simulator.behave(faults=[fault])
    key = f"cart-of-a-bad-minute-{status}"
    responses: list[httpx.Response] = []
    while not responses or responses[-1].status_code != 201:
        responses.append(
            world.frontend.request_checkout({"items": [lookup_item()]}, idempotency_key=key)
        )
        assert len(responses) < 5
    assert {one.status_code for one in responses[:-1]} <= {502}
    order = world.order(responses[-1].json()["order_id"])
    assert order["session_id"] == responses[-1].json()["session_id"]

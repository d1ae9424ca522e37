"""Many who bring the same and conflicting facts about a hundred orders at once, over HTTP."""

import copy
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from local.shop.customer import pay_by_card
from tests.integration.world import World, changes
from tests.support.documents import Json
from tests.support.samples import sample

ORDERS = sample(some=8, all=100)
# Each of them starts functions of its own.
THREADS = sample(some=3, all=8)
SEED = 20261124
COMPLETED = "checkout.session.completed"
TAKEN = {"applied", "duplicate", "stale"}

type Send = Callable[[], httpx.Response]


def conflicting(event: Json, event_type: str, **changed: str) -> Json:
    """Another event of the same session, that Stripe would not send."""
    other = copy.deepcopy(event)
    other |= {"id": f"{event['id']}{event_type[-7:]}", "type": event_type}
    other["data"]["object"] |= changed
    return other


def facts_about(world: World, event: Json) -> list[Send]:
    """All that is brought of one order: the fact, twice and under another id; what conflicts with
    it; and the customer's own page.
    """
    session_id = event["data"]["object"]["id"]
    events = (
        event,
        event,
        event | {"id": f"{event['id']}again"},
        conflicting(event, "checkout.session.expired", status="expired", payment_status="unpaid"),
        conflicting(event, COMPLETED, payment_status="unpaid"),
    )
    return [
        *(lambda one=one: world.redeliver(one) for one in events),
        lambda: world.frontend.confirm(session_id),
    ]


def test_a_hundred_orders_are_paid_once_each(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment, ThreadPoolExecutor(THREADS) as threads:
        world.simulator.behave(deliveries_paused=True)
        created = [world.checkout() for _ in range(ORDERS)]
        for status in threads.map(lambda one: pay_by_card(one["url"]).status_code, created):
            assert status == 303
        sessions = {one["session_id"] for one in created}
        events = [
            event
            for event in world.simulator.events(COMPLETED)
            if event["data"]["object"]["id"] in sessions
        ]
        assert len(events) == ORDERS

        sends = [send for event in events for send in facts_about(world, event)]
        random.Random(SEED).shuffle(sends)  # noqa: S311  (an order of events, no secret)
        responses = list(threads.map(lambda send: send(), sends))

        assert {response.status_code for response in responses} == {200}
        outcomes = Counter(response.json().get("outcome") for response in responses)
        assert outcomes.keys() <= {*TAKEN, None}
        orders = [world.order(one["order_id"]) for one in created]
        assert {order["status"] for order in orders} == {"paid"}
        assert {changes(order).count("order.paid") for order in orders} == {1}
        assert {len(order["history"]) for order in orders} <= {2, 3, 4}

        ids = {order["order_id"] for order in orders}
        fulfilment.wait_for(
            lambda: {one["order_id"] for one in fulfilment.messages.values()} >= ids,
            "every order's payment is published",
        )
        # Of another test's order a message may still be on its way.
        published = Counter(
            one["order_id"] for one in fulfilment.messages.values() if one["order_id"] in ids
        )
        assert published == dict.fromkeys(ids, 1)


def test_refunds_at_once_all_count(world: World) -> None:
    """Each is merged with what another has just written."""
    created = world.paid_unheard()
    refunds = [world.merchant.refund(created["session_id"], 100) for _ in range(THREADS)]
    events = [world.simulator.event_about(one.id, "refund.created") for one in refunds]
    with ThreadPoolExecutor(THREADS) as threads:
        responses = list(threads.map(world.redeliver, [*events, *events]))
    assert {response.status_code for response in responses} == {200}
    order = world.order(created["order_id"])
    assert order["amount_refunded"] == 100 * THREADS
    assert changes(order).count("order.refunded") == THREADS

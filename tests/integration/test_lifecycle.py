"""Changes of an order after its payment, with every form of event."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.cloud.invocations import FunctionFailed, invoke
from local.shop.customer import DECLINED_CARD, pay_by_card
from local.shop.merchant import ESCALATING, LOSING, WINNING
from tests.integration.world import World, changes, from_event_bridge
from tests.support.documents import Json

PRICE = 1200
DISPUTING_CARD = "4000 0000 0000 0259"
INQUIRING_CARD = "4000 0000 0000 1976"
REFUND_FAILING_CARD = "4000 0000 0000 5126"
REFUND_PENDING_CARD = "4000 0000 0000 7726"
COMPLETED = "checkout.session.completed"


def refund_statuses(order: Json) -> list[str]:
    return sorted(refund["status"] for refund in order["refunds"].values())


def refunded(amount: int) -> Callable[[Json], bool]:
    return lambda order: bool(order["amount_refunded"] == amount)


def test_a_partial_refund_keeps_the_order_paid(world: World) -> None:
    created = world.paid()
    world.merchant.refund(created["session_id"], 500)
    order = world.wait_for_order(created["order_id"], refunded(500))
    assert order["status"] == "paid"
    assert changes(order)[:3] == ["order.created", "order.paid", "order.refunded"]
    confirmed = world.frontend.confirm(created["session_id"]).json()
    assert (confirmed["status"], confirmed["amount_refunded"]) == ("paid", 500)


@pytest.mark.full  # tests/unit/test_orders_table_parts.py joins them
def test_repeated_refunds_add_up(world: World) -> None:
    created = world.paid()
    for amount in (200, 300, None):
        world.merchant.refund(created["session_id"], amount)
    order = world.wait_for_order(created["order_id"], refunded(PRICE))
    assert sorted(one["amount"] for one in order["refunds"].values()) == [200, 300, 700]
    # A charge.refunded brings all refunds that there are, and is one change.
    assert changes(order).count("order.refunded") in {1, 2, 3}
    assert order["status"] == "paid"


@pytest.mark.full  # test_messages.py has it published
def test_a_refund_that_fails_gives_its_amount_back(world: World) -> None:
    created = world.paid(REFUND_FAILING_CARD)
    world.merchant.refund(created["session_id"])
    order = world.wait_for_order(
        created["order_id"], lambda order: refund_statuses(order) == ["failed"]
    )
    assert order["amount_refunded"] == 0
    assert changes(order).count("order.refund_failed") == 1


@pytest.mark.full  # tests/unit/test_parts.py
def test_a_pending_refund_counts_and_then_succeeds(world: World) -> None:
    created = world.paid(REFUND_PENDING_CARD)
    world.merchant.refund(created["session_id"], 400)
    order = world.wait_for_order(
        created["order_id"], lambda order: refund_statuses(order) == ["succeeded"]
    )
    assert order["amount_refunded"] == 400


@pytest.mark.parametrize(
    ("evidence", "decided"),
    [(WINNING, "won"), pytest.param(LOSING, "lost", marks=pytest.mark.full)],
)
def test_a_dispute_is_opened_and_decided(world: World, evidence: str, decided: str) -> None:
    created = world.paid(DISPUTING_CARD)
    order = world.wait_for_order(created["order_id"], lambda order: bool(order["disputes"]))
    assert (order["dispute_status"], order["dispute_reason"]) == ("needs_response", "fraudulent")
    world.merchant.settle_dispute(created["session_id"], evidence)
    order = world.wait_for_order(
        created["order_id"], lambda order: order["dispute_status"] == decided
    )
    assert order["status"] == "paid"
    assert changes(order).count("order.dispute_opened") == 1
    assert changes(order).count("order.dispute_closed") == 1


@pytest.mark.parametrize("merchant_responds", [pytest.param(True, marks=pytest.mark.full), False])
def test_an_inquiry_becomes_a_dispute(world: World, merchant_responds: bool) -> None:  # noqa: FBT001
    """Only the chargeback withdraws the money, and so opens the dispute once more."""
    with world.fulfilment() as fulfilment:
        created = world.paid(INQUIRING_CARD)
        world.wait_for_order(created["order_id"], lambda order: bool(order["disputes"]))
        dispute = world.merchant.dispute(created["session_id"])
        if merchant_responds:
            world.merchant.respond_to_dispute(dispute.id, ESCALATING)
        else:
            world.simulator.escalate(dispute)
        order = world.wait_for_order(
            created["order_id"], lambda order: order["dispute_status"] == "needs_response"
        )
        published = fulfilment.wait_for_types(
            created["order_id"], "order.paid", *["order.dispute_opened"] * 2
        )
    statuses = [one["dispute_status"] for one in published]
    assert statuses == [None, "warning_needs_response", "needs_response"]
    assert order["disputes"][dispute.id]["reason"] == order["dispute_reason"] == "general"


@pytest.mark.full  # tests/unit/test_disputes.py
def test_several_disputes_do_not_hide_each_other(world: World) -> None:
    created = world.paid(DISPUTING_CARD)
    world.merchant.settle_dispute(created["session_id"], LOSING)
    second = world.simulator.dispute_again(world.merchant.dispute(created["session_id"]))
    order = world.wait_for_order(
        created["order_id"],
        lambda order: (
            sorted(one["status"] for one in order["disputes"].values())
            == ["lost", "needs_response"]
        ),
    )
    assert order["dispute_status"] == "needs_response"
    world.merchant.respond_to_dispute(second, WINNING)
    order = world.wait_for_order(
        created["order_id"], lambda order: order["disputes"][second]["status"] == "won"
    )
    assert order["dispute_status"] == "lost"


@pytest.mark.full  # tests/unit/test_parts.py
def test_declines_are_bounded_and_never_a_status(world: World) -> None:
    """Anybody at the page can repeat them: the latest ten are kept, and none in the history."""
    created = world.checkout()
    world.simulator.behave(deliveries_paused=True)
    for _ in range(12):
        pay_by_card(created["url"], DECLINED_CARD)
    intent = world.merchant.payment_intent(created["session_id"])
    declined = [
        event
        for event in world.simulator.events("payment_intent.payment_failed")
        if event["data"]["object"]["id"] == intent
    ]
    assert len(declined) == 12
    assert {world.redeliver(event).status_code for event in declined} == {200}
    order = world.order(created["order_id"])
    assert order["status"] == "open"
    assert len(order["declines"]) == 10
    assert {one["code"] for one in order["declines"].values()} == {"generic_decline"}
    assert changes(order) == ["order.created"]
    pay_by_card(created["url"])
    assert world.frontend.confirm(created["session_id"]).json()["status"] == "paid"
    order = world.order(created["order_id"])
    assert changes(order) == ["order.created", "order.paid"]


def test_a_refund_that_comes_before_the_payment(world: World) -> None:
    """Which order was paid only its session says: it is recorded first."""
    created = world.paid_unheard()
    refund = world.merchant.refund(created["session_id"], 500)
    charge = refund.charge
    assert isinstance(charge, str)
    events = (
        world.simulator.event_about(charge, "charge.refunded"),
        world.simulator.event_about(refund.id, "refund.created"),
        world.simulator.event_about(created["session_id"], COMPLETED),
    )
    responses = [world.redeliver(event) for event in events]
    assert [one.json()["outcome"] for one in responses] == ["applied", "duplicate", "duplicate"]
    order = world.order(created["order_id"])
    assert (order["status"], order["amount_refunded"]) == ("paid", 500)
    assert changes(order) == ["order.created", "order.paid", "order.refunded"]


@pytest.mark.full  # tests/unit/test_reconciliation.py, test_recorder.py
def test_a_refund_of_an_order_that_was_never_written(world: World) -> None:
    """As after a crash between Stripe's session and our write."""
    created = world.paid_unheard()
    refund = world.merchant.refund(created["session_id"], 500)
    world.forget_order(created["order_id"])
    response = world.redeliver(world.simulator.event_about(refund.id, "refund.created"))
    assert (response.status_code, response.json()["outcome"]) == (200, "applied")
    order = world.order(created["order_id"])
    assert (order["status"], order["amount_refunded"]) == ("paid", 500)
    assert changes(order) == ["order.paid", "order.refunded"]


@pytest.mark.full  # as an event destination's, below
def test_thin_events_tell_as_much(world: World) -> None:
    world.simulator.behave(thin_events=True)
    created = world.paid(DISPUTING_CARD)
    order = world.wait_for_order(created["order_id"], lambda order: bool(order["disputes"]))
    assert {entry["source"][:9] for entry in order["history"][1:]} == {"evt_test_"}
    world.merchant.settle_dispute(created["session_id"], WINNING)
    world.merchant.refund(created["session_id"], 500)
    world.wait_for_order(created["order_id"], refunded(500))
    world.wait_for_order(created["order_id"], lambda order: order["dispute_status"] == "won")


@contextmanager
def thin_destination(world: World, *event_types: str) -> Iterator[None]:
    """An event destination of thin events, and no other: its secret is added to the stack's."""
    v1, v2 = world.simulator.sdk.v1, world.simulator.sdk.v2.core.event_destinations
    endpoint = v1.webhook_endpoints.list().data[0]
    made = v2.create(
        {
            "name": "Orders",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": [f"v1.{name}" for name in event_types],
            "webhook_endpoint": {"url": world.stack.facts.webhook_url},
            "include": ["webhook_endpoint.signing_secret"],
        }
    )
    assert made.webhook_endpoint is not None
    secret = made.webhook_endpoint.signing_secret
    assert secret is not None
    known = world.stack.facts.webhook_secret
    v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    world.stack.set_signing_secrets(known, secret)
    try:
        yield
    finally:
        world.stack.set_signing_secrets(known)
        v1.webhook_endpoints.update(endpoint.id, {"disabled": False})
        v2.delete(made.id)


def test_an_event_destination_of_thin_events(world: World) -> None:
    with thin_destination(world, COMPLETED, "refund.created"):
        created = world.paid()
        order = world.wait_for_status(created["order_id"], "paid")
        assert order["history"][-1]["source"].startswith("evt_test_")
        world.merchant.refund(created["session_id"], 500)
        world.wait_for_order(created["order_id"], refunded(500))


def test_events_from_eventbridge(world: World) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    assert world.hand_over(event) == {"received": True, "outcome": "applied"}
    assert world.hand_over(event) == {"received": True, "outcome": "duplicate"}
    order = world.order(created["order_id"])
    assert changes(order) == ["order.created", "order.paid"]
    assert order["history"][-1]["source"] == event["id"]


@pytest.mark.full  # test_alarms.py has one that fails
def test_a_failed_eventbridge_event_is_raised(world: World) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    del event["data"]["object"]["payment_status"]
    with pytest.raises(FunctionFailed, match="has no payment_status"):
        invoke(world.stack.aws, "StripeWebhookFunction", from_event_bridge(event))
    assert world.order(created["order_id"])["status"] == "open"


@pytest.mark.full  # tests/unit/test_stripe_webhook_lifecycle.py
def test_the_envelope_of_eventbridge_over_http_needs_a_signature(world: World) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    for sent in (event, from_event_bridge(event)):
        body = json.dumps(sent).encode()
        for signature in (None, world.signature(body, secret="whsec_somebody_elses")):
            assert world.deliver(body, signature).status_code == 400
    assert world.order(created["order_id"])["status"] == "open"


@pytest.mark.full  # tests/unit/test_stripe_webhook_lifecycle.py
def test_a_fact_costs_at_most_one_call_to_stripe(world: World) -> None:
    created = world.paid_unheard(DISPUTING_CARD)
    world.merchant.settle_dispute(created["session_id"], WINNING)
    refund = world.merchant.refund(created["session_id"], 500)
    dispute = world.merchant.dispute(created["session_id"])
    assert isinstance(refund.charge, str)
    about = {
        COMPLETED: (created["session_id"], []),
        "refund.created": (refund.id, [("GET", f"/v1/refunds/{refund.id}")]),
        "charge.refunded": (refund.charge, [("GET", "/v1/refunds")]),
        "charge.dispute.created": (dispute.id, [("GET", f"/v1/disputes/{dispute.id}")]),
    }
    for event_type, (object_id, calls) in about.items():
        event = world.simulator.event_about(object_id, event_type)
        world.simulator.forget_requests()
        assert world.redeliver(event).status_code == 200
        assert world.simulator.requests == calls

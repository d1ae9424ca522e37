"""A payment belongs to the order that recorded it, whatever people write into its metadata."""

import pytest

from local.cloud.invocations import reconcile
from tests.integration.world import World, changes
from tests.support.documents import Json

DISPUTING_CARD = "4000 0000 0000 0259"
COMPLETED = "checkout.session.completed"


# The others are decided alike: tests/unit/test_recorder.py.
@pytest.fixture(
    params=[
        pytest.param("cleared", marks=pytest.mark.full),
        pytest.param("overwritten", marks=pytest.mark.full),
        "marked as another order's",
    ]
)
def edit(request: pytest.FixtureRequest, world: World) -> Json:
    """Edits of a payment's metadata by people or plugins."""
    if request.param == "marked as another order's":
        return {"order_id": world.paid()["order_id"]}
    return {} if request.param == "cleared" else {"order_id": "SO-10023"}


def test_a_refund_finds_the_order_that_was_paid(world: World, edit: Json) -> None:
    with world.fulfilment("order.refunded") as fulfilment:
        created = world.paid()
        world.merchant.edit_payment(created["session_id"], **edit)
        world.merchant.refund(created["session_id"], 500)
        [message] = fulfilment.wait_for_types(created["order_id"], "order.refunded")
    assert message["amount_refunded"] == 500
    assert changes(world.order(created["order_id"]))[-1] == "order.refunded"
    if edit.get("order_id", "").startswith("ord_"):
        assert world.order(edit["order_id"])["amount_refunded"] == 0


@pytest.mark.full  # as a refund does: tests/unit/test_recorder.py
def test_a_dispute_finds_the_order_that_was_paid(world: World, edit: Json) -> None:
    created = world.paid_unheard(DISPUTING_CARD)
    dispute = world.merchant.dispute(created["session_id"])
    world.merchant.edit_payment(created["session_id"], **edit)
    for object_id, event_type in (
        (created["session_id"], COMPLETED),
        (dispute.id, "charge.dispute.created"),
    ):
        event = world.simulator.event_about(object_id, event_type)
        assert world.redeliver(event).json()["outcome"] == "applied"
    assert world.order(created["order_id"])["dispute_status"] == "needs_response"


def test_a_refund_before_the_payment_finds_its_order(world: World, edit: Json) -> None:
    """The order has no payment yet: the session that Stripe has for the payment names it."""
    created = world.paid_unheard()
    world.merchant.edit_payment(created["session_id"], **edit)
    refund = world.merchant.refund(created["session_id"], 500)
    event = world.simulator.event_about(refund.id, "refund.created")
    assert world.redeliver(event).json()["outcome"] == "applied"
    order = world.order(created["order_id"])
    assert (order["status"], order["amount_refunded"]) == ("paid", 500)


@pytest.mark.full  # tests/unit/test_reconciliation.py
def test_reconciliation_finds_it_as_well(world: World, edit: Json) -> None:
    world.simulator.behave(deliveries_paused=True)
    created = world.paid_unheard()
    world.merchant.edit_payment(created["session_id"], **edit)
    world.merchant.refund(created["session_id"], 500)
    assert reconcile(world.stack.aws)["failed"] == 0
    order = world.order(created["order_id"])
    assert (order["status"], order["amount_refunded"]) == ("paid", 500)


@pytest.mark.parametrize(
    "whose",
    [{"account": "acct_1Other"}, pytest.param({"context": "acct_1Other"}, marks=pytest.mark.full)],
)
def test_an_event_of_another_account_changes_nothing(world: World, whose: Json) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    response = world.redeliver(event | whose)
    assert (response.status_code, response.json()["outcome"]) == (200, "ignored")
    assert world.hand_over(event | whose)["outcome"] == "ignored"
    assert world.order(created["order_id"])["status"] == "open"
    assert world.redeliver(event).json()["outcome"] == "applied"


@pytest.mark.full  # tests/unit/test_stripe_events_ignored.py
def test_an_event_of_another_account_makes_no_order(world: World) -> None:
    created = world.paid_unheard()
    event = world.simulator.event_about(created["session_id"], COMPLETED)
    world.forget_order(created["order_id"])
    before = world.number_of_orders()
    assert world.redeliver(event | {"account": "acct_1Other"}).json()["outcome"] == "ignored"
    assert world.number_of_orders() == before

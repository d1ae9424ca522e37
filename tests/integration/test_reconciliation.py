"""Nothing that Stripe knows is lost, though every delivery is."""

import pytest

from local.cloud.invocations import reconcile
from local.machine.waiting import wait_for
from local.shop.customer import FAILING_IBAN, PAYING_IBAN, pay_by_bank_debit, pay_by_card
from local.shop.merchant import LOSING
from tests.integration.world import World, changes

DISPUTING_CARD = "4000 0000 0000 0259"
WAIT_SECONDS = 60.0


@pytest.fixture
def deaf(world: World) -> World:
    """Nothing is delivered from now on, and nothing is left to repair of what other tests did."""
    world.simulator.behave(drop_probability=1.0)
    reconcile_until_nothing_is_repaired(world)
    return world


def reconcile_until_nothing_is_repaired(world: World) -> None:
    wait_for(
        lambda: reconcile(world.stack.aws)["repaired"] == 0, "nothing is repaired", seconds=60.0
    )


def bank_debit(world: World, iban: str) -> str:
    """An order that Stripe settles after a while, without a webhook."""
    created = world.checkout()
    pay_by_bank_debit(created["url"], iban)
    intent = world.merchant.payment_intent(created["session_id"])
    wait_for(
        lambda: world.simulator.sdk.v1.payment_intents.retrieve(intent).status != "processing",
        "the bank responds",
        seconds=WAIT_SECONDS,
    )
    order_id: str = created["order_id"]
    return order_id


def test_every_end_that_was_not_heard_of_is_found(deaf: World) -> None:
    paid, expired, still_open = deaf.checkout(), deaf.checkout(), deaf.checkout()
    pay_by_card(paid["url"])
    deaf.merchant.expire(expired["session_id"])
    ends = {
        paid["order_id"]: "paid",
        expired["order_id"]: "expired",
        still_open["order_id"]: "open",
        bank_debit(deaf, PAYING_IBAN): "paid",
        bank_debit(deaf, FAILING_IBAN): "failed",
    }
    assert {deaf.order(one)["status"] for one in ends} == {"open"}
    report = reconcile(deaf.stack.aws)
    assert (report["repaired"], report["failed"], report["finished"]) == (4, 0, True)
    assert {one: deaf.order(one)["status"] for one in ends} == ends
    assert deaf.order(paid["order_id"])["history"][-1]["source"] == "reconcile"
    assert reconcile(deaf.stack.aws)["repaired"] == 0


def test_refunds_and_disputes_that_were_not_heard_of_are_found(world: World, deaf: World) -> None:
    world.simulator.behave(drop_probability=0.0)
    refunded, disputed = world.paid(), world.paid(DISPUTING_CARD)
    world.wait_for_order(disputed["order_id"], lambda order: bool(order["disputes"]))
    world.simulator.behave(drop_probability=1.0)
    world.merchant.refund(refunded["session_id"], 500)
    world.merchant.settle_dispute(disputed["session_id"], LOSING)
    report = reconcile(world.stack.aws)
    assert (report["repaired"], report["failed"], report["finished"]) == (2, 0, True)
    assert world.order(refunded["order_id"])["amount_refunded"] == 500
    assert world.order(disputed["order_id"])["dispute_status"] == "lost"
    assert reconcile(world.stack.aws)["repaired"] == 0


def test_an_order_is_repaired_whole_in_one_run(deaf: World) -> None:
    created = deaf.checkout()
    pay_by_card(created["url"])
    deaf.merchant.refund(created["session_id"], 500)
    deaf.merchant.refund(created["session_id"], 300)
    assert reconcile(deaf.stack.aws)["repaired"] == 1, "orders are counted, not objects"
    order = deaf.order(created["order_id"])
    assert (order["status"], order["amount_refunded"]) == ("paid", 800)
    # Refunds of one payment that are found together are one change.
    assert sorted(changes(order)[1:]) == ["order.paid", "order.refunded"]


def test_what_is_repaired_is_published(deaf: World) -> None:
    with deaf.fulfilment("order.paid") as fulfilment:
        created = deaf.checkout()
        pay_by_card(created["url"])
        reconcile(deaf.stack.aws)
        fulfilment.wait_for_types(created["order_id"], "order.paid")


def test_a_session_that_stripe_fails_for_stops_no_other(deaf: World) -> None:
    """The list of sessions fails once, so each is retrieved; the first one of these fails too."""
    orders = [deaf.checkout() for _ in range(2)]
    for created in orders:
        pay_by_card(created["url"])
    # The SDK makes each call twice.
    faults = [
        {"method": "GET", "path": "/v1/checkout/sessions", "status": 503, "times": 2},
        {"method": "GET", "path": "/v1/checkout/sessions/*", "status": 500, "times": 2},
    ]
    deaf.simulator.behave(faults=faults)
    report = reconcile(deaf.stack.aws)
    assert (report["repaired"], report["failed"], report["finished"]) == (2, 1, True)
    assert {deaf.order(one["order_id"])["status"] for one in orders} == {"paid"}


def test_an_outage_of_stripe_is_made_up_by_the_next_run(deaf: World) -> None:
    created = deaf.checkout()
    pay_by_card(created["url"])
    deaf.simulator.behave(faults=[{"method": "GET", "path": "/v1/*", "status": 503, "times": 100}])
    report = reconcile(deaf.stack.aws)
    assert not report["finished"]
    assert report["failed"] >= 4
    deaf.simulator.behave(faults=[])
    reconcile_until_nothing_is_repaired(deaf)
    assert deaf.order(created["order_id"])["status"] == "paid"

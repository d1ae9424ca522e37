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
        lambda: reconcile(world.stack.aws)["repaired"] == 0,
        "nothing is repaired",
        seconds=WAIT_SECONDS,
    )


def bank_debits(world: World, ibans: dict[str, str]) -> dict[str, str]:
    """Orders that Stripe settles after a while, by their ends, without a webhook."""
    orders = {}
    intents = []
    for ended, iban in ibans.items():
        created = world.checkout()
        pay_by_bank_debit(created["url"], iban)
        intents.append(world.merchant.payment_intent(created["session_id"]))
        orders[created["order_id"]] = ended
    read = world.simulator.sdk.v1.payment_intents.retrieve
    wait_for(
        lambda: all(read(intent).status != "processing" for intent in intents),
        "the bank responds",
        seconds=WAIT_SECONDS,
    )
    return orders


def test_every_end_that_was_not_heard_of_is_found_and_published(deaf: World) -> None:
    paid, expired, still_open = deaf.checkout(), deaf.checkout(), deaf.checkout()
    with deaf.fulfilment("order.paid") as fulfilment:
        pay_by_card(paid["url"])
        deaf.merchant.expire(expired["session_id"])
        ends = {
            paid["order_id"]: "paid",
            expired["order_id"]: "expired",
            still_open["order_id"]: "open",
        } | bank_debits(deaf, {"paid": PAYING_IBAN, "failed": FAILING_IBAN})
        assert {deaf.order(one)["status"] for one in ends} == {"open"}
        report = reconcile(deaf.stack.aws)
        assert (report["repaired"], report["failed"], report["finished"]) == (4, 0, True)
        fulfilment.wait_for_types(paid["order_id"], "order.paid")
    assert {one: deaf.order(one)["status"] for one in ends} == ends
    assert deaf.order(paid["order_id"])["history"][-1]["source"] == "reconcile"
    assert reconcile(deaf.stack.aws)["repaired"] == 0


def test_refunds_and_disputes_that_were_not_heard_of_are_found(deaf: World) -> None:
    """The payments, too, are found, each with what came after it in one run."""
    refunded, disputed = deaf.checkout(), deaf.checkout()
    pay_by_card(refunded["url"])
    deaf.merchant.refund(refunded["session_id"], 500)
    pay_by_card(disputed["url"], DISPUTING_CARD)
    deaf.merchant.settle_dispute(disputed["session_id"], LOSING)
    report = reconcile(deaf.stack.aws)
    assert (report["repaired"], report["failed"], report["finished"]) == (2, 0, True)
    assert deaf.order(refunded["order_id"])["amount_refunded"] == 500
    assert deaf.order(disputed["order_id"])["dispute_status"] == "lost"
    assert reconcile(deaf.stack.aws)["repaired"] == 0


@pytest.mark.full  # tests/unit/test_reconciliation.py
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


@pytest.mark.full  # tests/unit/test_reconciliation_isolation.py
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


@pytest.mark.full  # tests/unit/test_reconciliation_failures.py
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

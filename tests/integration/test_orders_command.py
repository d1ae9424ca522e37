"""`ops/checkout orders …`, as an operator types it: orders are found, shown, compared, repaired."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from local.cloud.stack import LocalStack
from local.shop.customer import DECLINED_CARD, pay_by_card
from tests.integration.world import World

if TYPE_CHECKING:
    from tests.support.documents import Json


@dataclass(frozen=True)
class Bought:
    """An order of one mug, and whose it is."""

    order_id: str
    session_id: str
    payment_intent: str
    client_reference_id: str
    email: str


@pytest.fixture(scope="module")
def bought(stack: LocalStack) -> Bought:
    """A paid order, of which 500 are refunded, for all tests that only read it."""
    world = World(stack)
    reference, email = f"cart {secrets.token_hex(4)}/été", f"a+{secrets.token_hex(4)}@example.com"
    created = world.checkout(client_reference_id=reference, customer_email=email)
    pay_by_card(created["url"], DECLINED_CARD)
    world.wait_for_order(created["order_id"], lambda order: bool(order["declines"]))
    assert pay_by_card(created["url"]).status_code == 303
    world.wait_for_status(created["order_id"], "paid")
    world.merchant.refund(created["session_id"], 500)
    world.wait_for_order(created["order_id"], lambda order: bool(order["amount_refunded"]))
    return Bought(
        order_id=created["order_id"],
        session_id=created["session_id"],
        payment_intent=world.merchant.payment_intent(created["session_id"]),
        client_reference_id=reference,
        email=email,
    )


@pytest.fixture
def unheard(world: World) -> str:
    """An order that Stripe knows to be paid, and 300 of it refunded, while we think it is open."""
    created = world.paid_unheard()
    world.merchant.refund(created["session_id"], 300)
    order_id: str = created["order_id"]
    return order_id


def test_an_order_is_shown_whole(world: World, bought: Bought) -> None:
    shown = world.operate("orders", "show", bought.order_id, "--json")
    order = shown.document
    assert shown.exit_code == 0
    assert (order["status"], order["amount_refunded"], order["version"]) == ("paid", 500, 4)
    assert [one["code"] for one in order["declines"]] == ["generic_decline"]
    assert [one["lookup_key"] for one in order["items"]] == ["mug"]
    assert [(one["status"], one["amount"]) for one in order["refunds"]] == [("succeeded", 500)]
    assert order["client_reference_id"] == bought.client_reference_id
    page = f"{world.stack.facts.stripe_url}/dashboard/payments/{bought.payment_intent}"
    assert order["payment_page"] == page
    assert bought.email not in shown.printed
    printed = world.operate("orders", "show", bought.order_id).printed
    assert f"Refund it in the simulator's dashboard: {page}" in printed
    assert {"items", "refunds", "declines"} <= set(printed.splitlines())
    assert order["refunds"][0]["id"] in printed


def test_history_has_timestamps_and_sources(world: World, bought: Bought) -> None:
    changes = world.operate("--json", "orders", "history", bought.order_id).document
    assert [one["type"] for one in changes] == ["order.created", "order.paid", "order.refunded"]
    assert changes[0]["source"] == "create"
    assert changes[1]["source"].startswith("evt_")
    stored = world.order(bought.order_id)["history"][0]
    for time in ("occurred_at", "recorded_at"):
        assert changes[0][time].endswith("Z")
        assert datetime.fromisoformat(changes[0][time]).timestamp() == stored[time]


def test_the_form_of_a_query_finds_the_order(world: World, bought: Bought) -> None:
    for by in ("order_id", "session_id", "payment_intent", "client_reference_id", "email"):
        found = world.operate("orders", "find", getattr(bought, by), "--json")
        assert found.exit_code == 0, found.progress
        assert [one["order_id"] for one in found.document] == [bought.order_id], by
        assert bought.email not in found.printed + found.progress


def test_orders_of_one_customer_come_newest_first(world: World) -> None:
    reference, email = f"cart-{secrets.token_hex(4)}", f"{secrets.token_hex(4)}@example.com"
    more: Json = {"client_reference_id": reference, "customer_email": email}
    first, second, third = (world.checkout(**more)["order_id"] for _ in range(3))
    # Those of one second have no order of their own.
    for what in (reference, email):
        found = world.operate("orders", "find", what, "--json").document
        times = [one["created_at"] for one in found]
        assert times == sorted(times, reverse=True)
        assert {one["order_id"] for one in found} == {first, second, third}
    few = world.operate("orders", "find", reference, "--limit", "2")
    assert len(few.printed.splitlines()) == 3
    assert "There are more than 2" in few.progress


def test_a_reference_that_looks_like_an_id_is_found_by_its_option(world: World) -> None:
    created = world.checkout(client_reference_id="pi_of_mine")
    found = world.operate("orders", "find", "--client-reference-id", "pi_of_mine")
    heading, row = found.printed.splitlines()
    assert heading.split()[:2] == ["order_id", "status"]
    assert row.split()[:3] == [created["order_id"], "open", "1200"]


def test_a_payment_that_the_table_does_not_know_is_found_at_stripe(
    world: World, unheard: str
) -> None:
    session_id = world.order(unheard)["session_id"]
    payment_intent = world.merchant.payment_intent(session_id)
    found = world.operate("orders", "find", "--payment-intent", payment_intent, "--json")
    assert [(one["order_id"], one["status"]) for one in found.document] == [(unheard, "open")]


def test_a_session_with_edited_metadata_is_found(world: World) -> None:
    paid = world.paid()
    world.simulator.sdk.v1.checkout.sessions.update(
        paid["session_id"], {"metadata": {"order_id": "", "checkout_stack": ""}}
    )
    found = world.operate("orders", "find", paid["session_id"], "--json")
    assert [one["order_id"] for one in found.document] == [paid["order_id"]]


@pytest.mark.parametrize(
    "what",
    [
        "nobody@example.com",
        "pi_nobody",
        pytest.param("cart-of-nobody", marks=pytest.mark.full),
        pytest.param("cs_test_nobody", marks=pytest.mark.full),
    ],
)
def test_what_no_order_has_is_not_found(world: World, what: str) -> None:
    found = world.operate("orders", "find", what)
    assert (found.exit_code, found.printed) == (1, "")
    assert "has no order of this" in found.progress
    assert "nobody@example.com" not in found.progress


def test_an_order_as_stripe_has_it_does_not_differ(world: World, bought: Bought) -> None:
    compared = world.operate("orders", "diff", bought.order_id)
    assert compared.exit_code == 0, compared.printed
    assert compared.printed == f"{bought.order_id} is as Stripe has it: paid.\n"


def test_what_was_missed_is_shown_and_repaired(world: World, unheard: str) -> None:
    compared = world.operate("orders", "diff", unheard, "--json")
    assert compared.exit_code == 1
    fields = {one["field"].split(".")[0]: one for one in compared.document["differences"]}
    assert fields.keys() == {"status", "payment_status", "payment_intent", "refunds"}
    assert (fields["status"]["ours"], fields["status"]["stripe"]) == ("open", "paid")
    assert fields["refunds"]["stripe"] == {"status": "succeeded", "amount": 300}
    assert compared.document["repairs"] == ["order.paid", "order.refunded"]
    advised = world.operate("orders", "diff", unheard).printed.splitlines()[-1]
    assert advised.endswith(f"ops/checkout --env local orders reconcile {unheard}")

    done = world.operate("orders", "reconcile", unheard)
    assert (done.exit_code, done.printed) == (0, f"{unheard}: repaired, paid\n"), done.progress
    order = world.order(unheard)
    assert (order["status"], order["amount_refunded"]) == ("paid", 300)
    assert {one["source"] for one in order["history"][1:]} == {"operator"}
    assert world.operate("orders", "diff", unheard).exit_code == 0


def test_what_stripe_refuses_is_one_clear_line(world: World, bought: Bought) -> None:
    faults = [{"method": "GET", "path": "/v1/checkout/sessions/*", "status": 400}]
    world.simulator.behave(faults=faults)
    compared = world.operate("orders", "diff", bought.order_id)
    assert (compared.exit_code, compared.printed) == (1, "")
    [line] = compared.progress.splitlines()
    assert line.startswith("Error: Stripe refuses the request")


def test_an_amount_that_no_fact_explains_is_shown(world: World) -> None:
    order_id = world.paid()["order_id"]
    world.stack.aws.dynamodb.update_item(
        TableName=world.stack.facts.orders_table,
        Key={"order_id": {"S": order_id}},
        UpdateExpression="SET amount_total = :wrong",
        ExpressionAttributeValues={":wrong": {"N": "1"}},
    )
    compared = world.operate("orders", "diff", order_id)
    assert compared.exit_code == 1
    assert compared.printed.splitlines()[1].split() == ["amount_total", "1", "1200"]
    assert "Nothing at Stripe changes this order" in compared.printed


def test_all_that_was_missed_since_a_time_is_repaired(world: World, unheard: str) -> None:
    forgotten = world.paid_unheard()["order_id"]
    world.forget_order(forgotten)
    done = world.operate("orders", "reconcile", "--since", "1h", "--json")
    assert done.exit_code == 0, done.progress
    assert (done.document["failed"], done.document["finished"]) == (0, True)
    assert done.document["repaired"] >= 2
    assert world.order(unheard)["amount_refunded"] == 300
    assert world.order(forgotten)["status"] == "paid"


def test_an_order_that_stripe_fails_for_is_reported(world: World, unheard: str) -> None:
    faults = [{"method": "GET", "path": "/v1/checkout/sessions/*", "status": 500, "times": 2}]
    world.simulator.behave(faults=faults)
    done = world.operate("orders", "reconcile", unheard)
    assert done.exit_code == 1
    assert f"logs --order {unheard}" in done.printed
    assert "not reconciled" in world.operate("logs", "--order", unheard, "--level", "ERROR").printed


def test_an_open_order_is_expired(world: World) -> None:
    world.simulator.behave(deliveries_paused=True)
    created = world.checkout()
    asked = world.operate("orders", "expire", created["order_id"])
    assert (asked.exit_code, asked.printed) == (2, "")
    assert "confirm with --yes" in asked.progress
    assert world.session(created["session_id"]).status == "open"
    done = world.operate("orders", "expire", created["order_id"], "--yes", "--json")
    assert (done.exit_code, done.document["status"]) == (0, "expired"), done.progress
    assert world.session(created["session_id"]).status == "expired"


def test_an_order_that_was_paid_meanwhile_is_not_expired(world: World, unheard: str) -> None:
    done = world.operate("orders", "expire", unheard, "--yes")
    assert done.exit_code == 1
    assert "the session is no longer open, and the order is paid" in done.progress
    again = world.operate("orders", "expire", unheard, "--yes")
    assert "The order is paid: only an open one can be expired." in again.progress


def test_a_change_is_published_again_with_the_same_id(world: World, bought: Bought) -> None:
    with world.fulfilment("order.refunded") as fulfilment:
        done = world.operate("orders", "republish", bought.order_id, "--json")
        expected = {"message_id": f"{bought.order_id}:4", "type": "order.refunded"}
        assert (done.exit_code, done.document) == (0, expected), done.progress
        fulfilment.wait_for_types(bought.order_id, "order.refunded")
        [message] = fulfilment.of(bought.order_id)
        assert message["id"] == expected["message_id"]
        done = world.operate("orders", "republish", "--since", "1h", "--yes", "--json")
        assert done.exit_code == 0, done.progress
        assert done.document["published"] >= 1
        fulfilment.wait_for(
            lambda: fulfilment.deliveries.count(message) == 2, "the message comes again"
        )


def test_a_change_that_is_not_published_is_not_published_again(world: World) -> None:
    order_id = world.checkout()["order_id"]
    done = world.operate("orders", "republish", order_id)
    assert done.exit_code == 1
    assert f"The latest change of {order_id}, order.created, is not published." in done.progress


def test_orders_are_exported_as_lines(world: World, bought: Bought) -> None:
    broken = world.checkout()["order_id"]
    world.stack.aws.dynamodb.update_item(
        TableName=world.stack.facts.orders_table,
        Key={"order_id": {"S": broken}},
        UpdateExpression="REMOVE currency",
    )
    try:
        done = world.operate("orders", "export", "--since", "1h")
        shown = world.operate("orders", "show", broken)
        found = world.operate("orders", "find", broken)
    finally:
        world.forget_order(broken)
    orders = {one["order_id"]: one for one in map(json.loads, done.printed.splitlines())}
    assert (
        orders[bought.order_id]
        == world.operate("orders", "show", bought.order_id, "--json").document
    )
    assert broken not in orders
    assert f"{broken}: The stored order can't be read" in done.progress
    assert done.exit_code == 1
    assert f"{len(orders)} of " in done.progress
    assert (shown.exit_code, shown.printed) == (1, "")
    assert f"{broken}: The stored order can't be read" in shown.progress
    assert found.printed.splitlines()[1].split() == [broken, "unreadable"]


def test_the_scheduled_run_is_made_by_hand(world: World, unheard: str) -> None:
    young = world.operate("reconcile", "--minimum-age", "3600", "--json")
    assert (young.exit_code, young.document["finished"]) == (0, True), young.progress
    done = world.operate("reconcile", "--json")
    assert (done.exit_code, done.document["failed"]) == (0, 0), done.progress
    assert world.order(unheard)["status"] == "paid"

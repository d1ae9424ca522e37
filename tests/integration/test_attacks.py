"""Requests of attackers and broken clients to the webhook, none of which change an order."""

import copy
import json
import time

import httpx
import pytest

from local.machine.waiting import wait_for
from local.shop.customer import pay_by_card
from tests.integration.world import WAIT_SECONDS, World, changes
from tests.support.documents import Json


@pytest.fixture
def paid_event(world: World) -> Json:
    """Stripe's own event about an order of ours that it has not delivered yet."""
    created = world.checkout()
    world.simulator.behave(deliveries_paused=True)
    pay_by_card(created["url"])
    return world.simulator.event_about(created["session_id"], "checkout.session.completed")


def order_of(world: World, event: Json) -> Json:
    return world.order(event["data"]["object"]["metadata"]["order_id"])


def accepted(response: httpx.Response) -> Json | None:
    document: Json = response.json()
    return document if response.is_success else None


def assert_refused(response: httpx.Response) -> None:
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:problem-type:checkout:not-authentic"


def test_what_stripe_did_not_sign_changes_nothing(world: World, paid_event: Json) -> None:
    """More of each kind: tests/unit/test_stripe_webhook.py and test_webhook.py."""
    body = json.dumps(paid_event).encode()
    paid_event["data"]["object"]["amount_total"] = 1
    changed = json.dumps(paid_event).encode()
    forged = [
        (body, None),
        (body, world.signature(body, secret="whsec_guessed")),
        (body, world.signature(body, secret="whsec_")),
        (changed, world.signature(body)),
        (body, world.signature(body, timestamp=time.time() - 330)),
        (body, world.signature(body, timestamp=time.time() + 330)),
        (body, ""),
        (body, "t=1795000000,v1=" + "0" * 5000),
    ]
    for sent, signature in forged:
        assert_refused(world.deliver(sent, signature))
    assert order_of(world, paid_event)["status"] == "open"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_event_even_when_it_is_signed(world: World, body: bytes) -> None:
    """More of them: tests/unit/test_deliveries_malformed.py."""
    assert_refused(world.deliver(body, world.signature(body)))


def test_an_oversized_body(world: World) -> None:
    body = json.dumps({"id": "evt_1", "object": "event", "type": "x", "pad": "x" * 600_000})
    assert_refused(world.deliver(body.encode(), world.signature(body.encode())))


def test_an_event_of_another_stack_or_mode_is_ignored(world: World, paid_event: Json) -> None:
    before = world.number_of_orders()
    live = copy.deepcopy(paid_event)
    live["data"]["object"]["livemode"] = True
    another = copy.deepcopy(paid_event)
    another["data"]["object"]["metadata"]["checkout_stack"] = "another"
    for event in (live, another):
        response = world.redeliver(event)
        assert (response.status_code, response.json()["outcome"]) == (200, "ignored")
    assert world.number_of_orders() == before
    assert order_of(world, paid_event)["status"] == "open"


def test_a_signed_event_of_an_unknown_shape_is_sent_again(world: World, paid_event: Json) -> None:
    session = paid_event["data"]["object"]
    amount = session.pop("amount_total")
    response = world.redeliver(paid_event)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "amount_total" not in response.text
    session["amount_total"] = amount
    assert world.redeliver(paid_event).json()["outcome"] == "applied"


def test_a_body_that_arrives_in_base64_is_verified_as_it_was_sent(
    world: World, paid_event: Json
) -> None:
    body = json.dumps(paid_event).encode()
    headers = {"content-type": "application/octet-stream"}
    response = world.deliver(body, world.signature(body), **headers)
    assert response.json() == {"received": True, "outcome": "applied"}


def test_the_apis_own_route_to_the_webhook(world: World, paid_event: Json) -> None:
    url = f"{world.stack.facts.api_url}/stripe/webhook"
    body = json.dumps(paid_event).encode()
    assert_refused(world.deliver(body, None, url=url))
    response = world.deliver(body, world.signature(body), url=url)
    assert response.json() == {"received": True, "outcome": "applied"}


def test_a_rolled_secret_works_without_a_deploy(world: World, paid_event: Json) -> None:
    body = json.dumps(paid_event).encode()
    old = world.stack.facts.webhook_secret
    world.stack.set_signing_secrets("whsec_rolled", old)
    try:
        # The secret is read again once a second, whatever is forged in between; Stripe, too, sends
        # again what was refused in such a second.
        response = wait_for(
            lambda: accepted(world.deliver(body, world.signature(body, secret="whsec_rolled"))),
            "the new secret is accepted",
            seconds=WAIT_SECONDS,
        )
        assert response == {"received": True, "outcome": "applied"}
        assert world.deliver(body, world.signature(body)).json()["outcome"] == "duplicate"
    finally:
        world.stack.set_signing_secrets(old)
    assert changes(order_of(world, paid_event)) == ["order.created", "order.paid"]

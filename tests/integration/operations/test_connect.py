"""`ops/checkout connect`: Stripe delivers to the stack, which verifies it, whatever was before.

What connect decides is tested in tests/unit/test_ops_connection.py and
test_ops_commands_connect.py.
"""

from typing import Any

import pytest

from ops.destinations import API_VERSION, EVENT_TYPES, Destination
from tests.integration.operations.shop_at_stripe import (
    DRAIN,
    Interrupted,
    Steps,
    connection,
    destinations,
    registered,
    store_secret,
    stored_secret,
)
from tests.integration.world import World
from tests.support.samples import SAMPLES

QUICKLY = ("--wait", "60", *DRAIN)
LOST = ("--wait", "5", *DRAIN)


def connect(world: World, *arguments: str, **environment: str) -> None:
    called = world.operate("connect", *arguments or QUICKLY, **environment)
    assert called.exit_code == 0, called.progress
    stored = stored_secret(world)
    [signing_secret] = stored["webhook_signing_secrets"]
    assert called.stack_file["webhook_secret"] == signing_secret
    assert signing_secret not in called.printed + called.progress
    assert stored["stripe_api_key"] not in called.printed + called.progress


def only_destination(world: World) -> Destination:
    [one] = registered(world)
    assert one.enabled
    assert one.events == EVENT_TYPES
    assert (one.api, one.payload, one.api_version) == ("v2", "snapshot", API_VERSION)
    return one


def test_a_purchase_is_recorded_after_connect(world: World) -> None:
    only_destination(world)
    created = world.paid()
    assert world.order(created["order_id"])["status"] == "paid"


@pytest.mark.full  # the fixture `connected` replaces that of the local stack
def test_a_webhook_endpoint_of_the_first_api_is_replaced(world: World) -> None:
    url = world.stack.facts.webhook_url
    params: Any = {"url": url, "enabled_events": ["checkout.session.completed"]}
    for one in registered(world):
        destinations(world).remove(one)
    endpoint = world.simulator.sdk.v1.webhook_endpoints.create(params)
    connect(world, *LOST)
    assert only_destination(world).id != endpoint.id
    world.paid()


def test_a_second_connect_changes_nothing(world: World) -> None:
    params: Any = {"url": "https://other.example/hook", "enabled_events": ["charge.refunded"]}
    other = world.simulator.sdk.v1.webhook_endpoints.create(params)
    before, secret = only_destination(world), stored_secret(world)
    connect(world)
    assert only_destination(world) == before
    assert stored_secret(world) == secret
    assert world.simulator.sdk.v1.webhook_endpoints.retrieve(other.id).status == "enabled"
    world.simulator.sdk.v1.webhook_endpoints.delete(other.id)


@pytest.mark.parametrize(
    "secrets",
    [
        ["whsec_" + "0" * 32],
        # A stack starts without any: each other test's first connect.
        pytest.param([], marks=pytest.mark.full),
        pytest.param("none", marks=pytest.mark.full),
    ],
)
def test_a_lost_signing_secret_is_replaced(world: World, secrets: object) -> None:
    before = only_destination(world)
    lost = stored_secret(world) | {"webhook_signing_secrets": secrets}
    store_secret(world, lost)
    connect(world, *LOST)
    assert only_destination(world) != before
    world.paid()


@pytest.mark.full  # tests/unit/test_ops_connection.py, without waiting for a ping in vain
def test_a_second_destination_of_the_url_is_removed(world: World) -> None:
    before = only_destination(world)
    other, _ = destinations(world).register("by hand")
    destinations(world).receive(other)
    connect(world, *LOST)
    assert only_destination(world) == before


# tests/unit/test_ops_connection.py interrupts it before each step.
@pytest.mark.parametrize("steps", range(6) if SAMPLES == "all" else (2,))
def test_an_interrupted_connect_is_completed_by_the_next(world: World, steps: int) -> None:
    store_secret(world, {})
    for one in registered(world):
        destinations(world).remove(one)
    with pytest.raises(Interrupted):
        connection(world, Steps(allowed=steps)).connect(world.stack.service_key)
    connect(world, *LOST, STRIPE_SERVICE_API_KEY=world.stack.service_key)
    only_destination(world)
    assert stored_secret(world)["stripe_api_key"] == world.stack.service_key
    world.paid()

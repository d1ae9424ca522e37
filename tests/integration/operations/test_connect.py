"""`ops/checkout connect`: Stripe delivers to the stack, which verifies it, whatever was before."""

from pathlib import Path
from typing import Any

import pytest

from ops.destinations import API_VERSION, EVENT_TYPES, Destination
from tests.integration.operations.shop_at_stripe import (
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

QUICKLY = ("--wait", "60", "--drain", "0")
LOST = ("--wait", "5", "--drain", "0")


def connect(world: World, *arguments: str, **environment: str) -> None:
    called = world.operate("connect", *arguments or QUICKLY, **environment)
    assert called.exit_code == 0, called.progress


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
    before, secret = only_destination(world), stored_secret(world)
    connect(world)
    assert only_destination(world) == before
    assert stored_secret(world) == secret


@pytest.mark.parametrize("events", [["charge.refunded"], sorted({*EVENT_TYPES, "payout.paid"})])
def test_other_types_of_events_are_corrected_in_place(world: World, events: list[str]) -> None:
    before = only_destination(world)
    destinations(world).receive(before, frozenset(events))
    connect(world)
    assert only_destination(world) == before


def test_a_disabled_destination_is_enabled_again(world: World) -> None:
    before = only_destination(world)
    destinations(world).disable(before)
    connect(world)
    assert only_destination(world) == before


def test_a_thin_destination_is_replaced(world: World) -> None:
    before = only_destination(world)
    destinations(world).remove(before)
    params: Any = {
        "name": "thin",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.checkout.session.completed"],
        "webhook_endpoint": {"url": world.stack.facts.webhook_url},
    }
    world.simulator.sdk.v2.core.event_destinations.create(params)
    connect(world)
    only_destination(world)
    world.paid()


@pytest.mark.parametrize("secrets", [["whsec_" + "0" * 32], [], "none"])
def test_a_lost_signing_secret_is_replaced(world: World, secrets: object) -> None:
    before = only_destination(world)
    lost = stored_secret(world) | {"webhook_signing_secrets": secrets}
    store_secret(world, lost)
    connect(world, *LOST)
    assert only_destination(world) != before
    world.paid()


def test_a_second_destination_of_the_url_is_removed(world: World) -> None:
    before = only_destination(world)
    other, _ = destinations(world).register("by hand")
    destinations(world).receive(other)
    connect(world, *LOST)
    assert only_destination(world) == before


def test_destinations_of_others_are_left_alone(world: World) -> None:
    params: Any = {"url": "https://other.example/hook", "enabled_events": ["charge.refunded"]}
    other = world.simulator.sdk.v1.webhook_endpoints.create(params)
    connect(world)
    assert world.simulator.sdk.v1.webhook_endpoints.retrieve(other.id).status == "enabled"


def test_an_empty_secret_gets_a_key_and_a_signing_secret(world: World) -> None:
    store_secret(world, {})
    connect(world, STRIPE_SERVICE_API_KEY=world.stack.service_key)
    only_destination(world)
    assert stored_secret(world)["stripe_api_key"] == world.stack.service_key
    world.paid()


@pytest.mark.parametrize("stored", ["sk_live_" + "0" * 20, "rk_test_" + "0" * 20])
def test_a_stored_key_that_does_not_work_is_replaced(world: World, stored: str) -> None:
    store_secret(world, stored_secret(world) | {"stripe_api_key": stored})
    connect(world)
    assert stored_secret(world)["stripe_api_key"] == world.stack.facts.stripe_api_key
    store_secret(world, stored_secret(world) | {"stripe_api_key": world.stack.service_key})


def test_a_service_key_that_lacks_a_permission_is_refused(world: World) -> None:
    before = stored_secret(world)
    with world.simulator.granting("checkout_session_read", "plan_read"):
        called = world.operate("connect", STRIPE_SERVICE_API_KEY=world.stack.service_key)
    assert called.exit_code == 1
    assert "Checkout Sessions: Write" in called.progress
    assert "Disputes: Read" in called.progress
    assert "Prices: Read" not in called.progress
    assert stored_secret(world) == before


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("sk_live_" + "1" * 24, "the stack's StripeMode is test"),
        ("pk_test_" + "1" * 24, "must start with sk_test_ or rk_test_"),
        ("sk_test_" + "1" * 24, "Stripe does not accept the API key."),
    ],
)
def test_a_setup_key_that_is_wrong_is_named_and_not_printed(
    world: World, key: str, reason: str
) -> None:
    before = stored_secret(world), registered(world)
    called = world.operate("connect", STRIPE_API_KEY=key)
    assert called.exit_code == 1
    assert reason in called.progress
    assert key not in called.progress + called.printed
    assert len(called.progress.splitlines()) <= 2
    assert (stored_secret(world), registered(world)) == before


def test_no_secret_is_printed(world: World) -> None:
    store_secret(world, {})
    called = world.operate("connect", "--json", *QUICKLY)
    assert called.document["destination"] == only_destination(world).id
    stored = stored_secret(world)
    printed = called.printed + called.progress
    assert stored["stripe_api_key"] not in printed
    assert stored["webhook_signing_secrets"][0] not in printed
    store_secret(world, stored | {"stripe_api_key": world.stack.service_key})


def test_the_file_of_the_local_stack_has_the_new_secret(world: World, tmp_path: Path) -> None:
    store_secret(world, {})
    called = world.operate("connect", *QUICKLY)
    assert called.exit_code == 0
    [secret] = stored_secret(world)["webhook_signing_secrets"]
    assert called.stack_file["webhook_secret"] == secret


@pytest.mark.parametrize("steps", range(6) if SAMPLES == "all" else (0, 2, 5))
def test_an_interrupted_connect_is_completed_by_the_next(
    world: World, tmp_path: Path, steps: int
) -> None:
    store_secret(world, {})
    for one in registered(world):
        destinations(world).remove(one)
    with pytest.raises(Interrupted):
        connection(world, tmp_path, Steps(allowed=steps)).connect(world.stack.service_key)
    connect(world, *LOST, STRIPE_SERVICE_API_KEY=world.stack.service_key)
    only_destination(world)
    world.paid()

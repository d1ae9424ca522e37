"""`ops/checkout rotate`: a secret is rolled, and not one delivery is refused meanwhile.

Wrong keys, and questions, are in tests/unit/test_ops_commands_connect.py.
"""

import pytest

from tests.integration.operations.shop_at_stripe import (
    DRAIN,
    Interrupted,
    Steps,
    connection,
    deliveries_going_on,
    expired_events,
    registered,
    stored_secret,
)
from tests.integration.world import World
from tests.support.samples import SAMPLES

QUICKLY = ("--wait", "60", *DRAIN, "--yes")
# One more than can be interrupted, so that the last one completes.
STEPS = 10


def assert_each_was_taken(world: World, events: list[str]) -> None:
    """Each event was delivered, and no attempt at one was refused."""
    assert events
    for event in events:
        world.simulator.wait_for_delivery(event)
        statuses = [one["status"] for one in world.simulator.deliveries(event)]
        # None: the destination was disabled before this attempt.
        assert set(statuses) <= {200, None}, (event, statuses)
        assert 200 in statuses


def test_a_webhook_secret_is_rolled(world: World) -> None:
    [before], secret = registered(world), stored_secret(world)
    called = world.operate("rotate", "webhook-secret", *QUICKLY)
    assert called.exit_code == 0, called.progress
    [after] = registered(world)
    assert after.id != before.id
    rolled = stored_secret(world)
    assert rolled["stripe_api_key"] == secret["stripe_api_key"]
    [new] = rolled["webhook_signing_secrets"]
    assert new not in secret["webhook_signing_secrets"]
    world.paid()


# While both destinations have events.
@pytest.mark.parametrize("steps", range(STEPS) if SAMPLES == "all" else (5,))
def test_a_rotation_refuses_nothing_wherever_it_is_interrupted(world: World, steps: int) -> None:
    earlier = set(expired_events(world))
    with deliveries_going_on(world):
        begun = Steps(allowed=steps)
        try:
            connection(world, begun).replace()
        except Interrupted:
            assert len(begun.begun) == steps
        else:
            assert steps == STEPS - 1, begun.begun
        connection(world, Steps()).replace()
    [only] = registered(world)
    assert only.enabled
    assert len(stored_secret(world)["webhook_signing_secrets"]) == 1
    assert_each_was_taken(world, [one for one in expired_events(world) if one not in earlier])


def test_an_api_key_is_replaced_after_it_was_checked(world: World) -> None:
    before = stored_secret(world)
    new = world.stack.facts.stripe_api_key
    called = world.operate("rotate", "api-key", "--yes", STRIPE_API_KEY=new)
    assert called.exit_code == 0, called.progress
    assert stored_secret(world) == before | {"stripe_api_key": new}
    assert new not in called.printed + called.progress
    world.paid()
    back = world.operate("rotate", "api-key", "--yes", STRIPE_API_KEY=world.stack.service_key)
    assert back.exit_code == 0

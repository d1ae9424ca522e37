"""The real Stripe CLI's purchases are not this stack's: delivered, and ignored."""

import pytest

from local.machine.waiting import wait_for
from tests.integration.world import WAIT_SECONDS, World
from tests.support.documents import Json
from tests.support.stripe_cli import StripeCli, install


@pytest.fixture(scope="module")
def stripe_cli(tmp_path_factory: pytest.TempPathFactory) -> StripeCli:
    return install(tmp_path_factory.mktemp("stripe_cli_home"))


# Of each kind of object one: the others are ignored alike, tests/unit/test_recorder_of_others.py.
IN_EACH_RUN = ["checkout.session.completed", "charge.refunded", "charge.dispute.created"]
MORE = [
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "charge.captured",
    "price.created",
    "charge.dispute.closed",
]


@pytest.mark.parametrize(
    "event_type", [*IN_EACH_RUN, *(pytest.param(one, marks=pytest.mark.full) for one in MORE)]
)
def test_a_triggered_event_is_ignored(world: World, stripe_cli: StripeCli, event_type: str) -> None:
    orders = world.number_of_orders()
    before = {event["id"] for event in world.simulator.events(event_type)}

    def new_events() -> list[Json]:
        return [one for one in world.simulator.events(event_type) if one["id"] not in before]

    with world.simulator.delivering_everything():
        stripe_cli.trigger(
            event_type, api_base=world.simulator.url, api_key=world.simulator.api_key
        )
        made = wait_for(
            new_events,
            f"Stripe makes a {event_type}",
            seconds=WAIT_SECONDS,
        )
        for event in made:
            assert world.simulator.wait_for_delivery(event["id"])["status"] == 200
            assert world.outcome_of(event["id"]) == "ignored"
    assert world.number_of_orders() == orders

"""The deployed stack emits what alarms on its own metrics watch, with the value that fires."""

import json
from typing import TYPE_CHECKING

import pytest

from local.customer import pay_by_card
from local.function_logs import function_logs
from local.functions import reconcile
from local.waiting import wait_for
from tests.integration.world import WAIT_SECONDS, World
from tests.unit.stack import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

PARAMETERS = load_template()["Parameters"]


def values(world: World, metric: str) -> list[float]:
    """Give what was emitted so far, oldest first, as CloudWatch reads it from the logs."""
    lines = function_logs(world.stack.aws, f'"{metric}"')
    documents = [json.loads(line) for line in lines if '"_aws"' in line]
    return [value for document in documents for value in document.get(metric, [])]


def refused_delivery(world: World) -> None:
    assert world.deliver(b"{}", world.signature(b"{}", secret="whsec_guessed")).is_client_error


def failed_call(world: World) -> None:
    response = world.frontend.request_checkout({"items": [world.one_mug]})
    assert response.json()["type"].endswith(":stripe-unavailable")


@pytest.mark.parametrize(
    ("metric", "cause"),
    [("SignaturesRefused", refused_delivery), ("StripeCallsFailed", failed_call)],
)
def test_a_metric_passes_its_alarms_threshold(
    world: World, metric: str, cause: "Callable[[World], None]"
) -> None:
    outage = {"method": "POST", "path": "/v1/checkout/sessions", "status": 500, "times": 100}
    world.simulator.behave(faults=[outage])
    before, threshold = sum(values(world, metric)), PARAMETERS[f"Alarm{metric}"]["Default"]
    for _ in range(threshold + 1):
        cause(world)
    wait_for(lambda: sum(values(world, metric)) - before > threshold, metric, seconds=WAIT_SECONDS)


def test_missed_webhooks_are_repaired_in_two_runs_in_a_row(world: World) -> None:
    world.simulator.behave(drop_probability=1.0)
    while reconcile(world.stack.aws)["repaired"]:
        """What other tests left."""
    for _ in range(2):
        pay_by_card(world.checkout()["url"])
        reconcile(world.stack.aws)

    def last_runs() -> bool:
        none, *two = values(world, "OrdersRepaired")[-3:]
        return none == 0 and len(two) == 2 and all(two)

    wait_for(last_runs, "two runs that repaired, after one that did not", seconds=WAIT_SECONDS)

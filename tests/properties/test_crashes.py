"""A crash, and a failure, at every point between two side effects, and what comes of it: once the
step is repeated, or the reconciliation has run, the order is right, and got there once.

Each scenario lists its side effects; before and after each of them is a point to break at. That
the list is whole, a test says, by running the step unbroken. Of effects that repeat each other, as
the queries of the shards do, `make test` breaks the first and the last, and `make test-all` each.
"""

import contextlib
from collections.abc import Iterator

import pytest

from checkout.errors import CheckoutError
from tests.properties.cloud import Crash, Mishap
from tests.properties.crash_scenarios import SCENARIOS, Scenario, Step
from tests.properties.world import World, world
from tests.samples import SAMPLES


def amid_repetitions(effects: tuple[str, ...], number: int) -> bool:
    """Say of an effect, counted from 0, whether it does what those beside it do."""
    return 0 < number < len(effects) - 1 and len(set(effects[number - 1 : number + 2])) == 1


POINTS = [
    pytest.param(name, number, id=f"{name}: {number}, {point}")
    for name, scenario in SCENARIOS.items()
    for number, point in enumerate(scenario.points, start=1)
    if SAMPLES == "all" or not amid_repetitions(scenario.effects, (number - 1) // 2)
]
MADE_UP_FOR = [param for param in POINTS if SCENARIOS[str(param.values[0])].is_made_up]


@pytest.fixture
def shop() -> Iterator[World]:
    with world() as one:
        yield one


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_lists_every_side_effect(shop: World, name: str) -> None:
    step = SCENARIOS[name].prepare(shop)
    shop.service.restart()
    step()
    assert shop.service.effects.points == SCENARIOS[name].points


@pytest.mark.parametrize("mishap", ["crash", "failure"])
@pytest.mark.parametrize(("name", "number"), POINTS)
def test_repeated_step_ends_right(shop: World, name: str, number: int, mishap: Mishap) -> None:
    scenario = SCENARIOS[name]
    step = scenario.prepare(shop)
    break_step(shop, step, number, mishap)
    assert shop.service.effects.struck == scenario.points[number - 1]
    shop.service.restart()
    shop.check()
    step()
    end(shop)
    assert shop.reconcile()["mended"] == scenario.mended
    assert_right(shop, scenario)


@pytest.mark.parametrize("mishap", ["crash", "failure"])
@pytest.mark.parametrize(("name", "number"), MADE_UP_FOR)
def test_reconciliation_makes_up_for_it(
    shop: World, name: str, number: int, mishap: Mishap
) -> None:
    scenario = SCENARIOS[name]
    break_step(shop, scenario.prepare(shop), number, mishap)
    shop.service.restart()
    shop.reconcile()
    end(shop)
    assert_right(shop, scenario)


def break_step(shop: World, step: Step, number: int, mishap: Mishap) -> None:
    shop.service.restart()
    shop.service.effects.break_at(number, mishap)
    if mishap == "crash":
        with pytest.raises(Crash):
            step()
        return
    with contextlib.suppress(CheckoutError):
        step()


def end(shop: World) -> None:
    """Replay what is kept, after the bug was mended, and publish what was written."""
    for kept in shop.service.queue.messages:
        shop.service.receive_from_eventbridge(kept["requestPayload"]["detail"])
    shop.service.publish()


def assert_right(shop: World, scenario: Scenario) -> None:
    shop.service.publish()
    shop.check()
    shop.check_against_stripe()
    shop.check_convergence()
    table = shop.service.table
    assert list(scenario.changes) in [table.entered(order_id) for order_id in table.items]

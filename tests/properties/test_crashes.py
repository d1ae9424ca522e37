"""A crash, and a failure, at every point between two side effects: once the step is retried, or the
reconciliation has run, the order is right, and got there once.

Each scenario lists its side effects; before and after each of them is a point to break at. A test
runs the step unbroken to see that the list is complete. Of effects that repeat each other, as the
queries of the shards do, `make test` breaks the first and the last, and `make test-all` each. And
where `make test-all` crashes and fails before and after each effect, `make test` does one of these
four in turn.
"""

import contextlib
from collections.abc import Iterator

import pytest

from checkout.errors import CheckoutError
from tests.properties.cloud import Crash, Mishap
from tests.properties.crash_scenarios import SCENARIOS, Scenario
from tests.properties.crash_steps import OTHER_KEY, Step, sold
from tests.properties.world import World, world
from tests.support.samples import SAMPLES


def amid_repetitions(effects: tuple[str, ...], number: int) -> bool:
    """Say of an effect, counted from 0, whether it does what those beside it do."""
    return 0 < number < len(effects) - 1 and len(set(effects[number - 1 : number + 2])) == 1


def mishaps(number: int) -> tuple[Mishap, ...]:
    """Return what happens at a point: before an effect if the number is odd, after it if even."""
    if SAMPLES == "all":
        return ("crash", "failure")
    effect, is_after = divmod(number - 1, 2)
    if is_after != effect % 2:
        return ()
    return ("crash",) if effect // 2 % 2 == 0 else ("failure",)


POINTS = [
    pytest.param(name, number, mishap, id=f"{name}: {number}, {mishap} {point}")
    for name, scenario in SCENARIOS.items()
    for number, point in enumerate(scenario.points, start=1)
    for mishap in mishaps(number)
    if SAMPLES == "all" or not amid_repetitions(scenario.effects, (number - 1) // 2)
]
RECONCILED = [
    param
    for param in POINTS[:: 1 if SAMPLES == "all" else 2]
    if SCENARIOS[str(param.values[0])].is_reconciled
]


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


@pytest.mark.parametrize(("name", "number", "mishap"), POINTS)
def test_repeated_step_ends_right(shop: World, name: str, number: int, mishap: Mishap) -> None:
    scenario = SCENARIOS[name]
    step = scenario.prepare(shop)
    break_step(shop, step, number, mishap)
    assert shop.service.effects.struck == scenario.points[number - 1]
    shop.service.restart()
    shop.check()
    step()
    end(shop)
    assert shop.reconcile()["repaired"] == scenario.repaired + (number in scenario.left_at)
    assert_right(shop, scenario)


@pytest.mark.parametrize(("name", "number", "mishap"), RECONCILED)
def test_reconciliation_repairs_a_broken_step(
    shop: World, name: str, number: int, mishap: Mishap
) -> None:
    scenario = SCENARIOS[name]
    break_step(shop, scenario.prepare(shop), number, mishap)
    shop.service.restart()
    shop.reconcile()
    end(shop)
    assert_right(shop, scenario)


@pytest.mark.parametrize("mishap", ["crash", pytest.param("failure", marks=pytest.mark.full)])
def test_reconciliation_survives_every_point(shop: World, mishap: Mishap) -> None:
    """Two orders, one of them refunded, whose events were all lost."""
    two_unheard_sales(shop)
    shop.service.restart()
    assert shop.service.reconcile()["repaired"] == 2
    points = shop.service.effects.points
    assert {"before GET refunds", "before GET disputes", "before UpdateItem"} <= set(points)
    for number in first_and_last_of_a_kind(points):
        with world() as other:
            two_unheard_sales(other)
            break_step(other, other.service.reconcile, number, mishap)
            assert other.service.effects.struck == points[number - 1]
            other.service.restart()
            other.reconcile()
            end(other)
            other.check()
            other.check_convergence()


def two_unheard_sales(shop: World) -> None:
    shop.account.refund(sold(shop), 100)
    sold(shop, key=OTHER_KEY)


def first_and_last_of_a_kind(points: list[str]) -> list[int]:
    """Number the points to break at: of calls repeated in a row, such as a shard each, two."""
    effects = [point.partition(" ")[2] for point in points]
    return [
        number
        for number in range(1, len(points) + 1)
        if effects[max(number - 3, 0)] != effects[number - 1]
        or effects[min(number + 1, len(points) - 1)] != effects[number - 1]
    ]


def test_an_event_is_dead_lettered_once(shop: World) -> None:
    """Stripe retries it for three days, and its copies come at once."""
    deliver_to_a_bug = SCENARIOS["dead-letter"].prepare(shop)
    for _ in range(3):
        deliver_to_a_bug()
        shop.service.restart()
    assert len(shop.service.queue.messages) == 1


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
    """Replay what was dead-lettered, after the bug was fixed, and publish what was written."""
    for message in shop.service.queue.messages:
        shop.service.receive_from_eventbridge(message["requestPayload"]["detail"])
    shop.service.publish()


def assert_right(shop: World, scenario: Scenario) -> None:
    shop.service.publish()
    shop.check()
    shop.check_against_stripe()
    shop.check_convergence()
    table = shop.service.table
    histories = [table.entered(order_id) for order_id in table.items]
    assert list(scenario.changes) in histories if scenario.changes else not histories
    assert not shop.account.open_for_what_is_not_sold()

"""`ops/checkout logs`, as an operator types it."""

import json
import signal
from pathlib import Path

import pytest

from local.cloud.function_logs import wait_for_entry
from local.machine.waiting import wait_for
from tests.integration.operator import typed
from tests.integration.world import World
from tests.support.documents import Json


@pytest.fixture
def paid(world: World) -> Json:
    """A paid order's 201, and its published payment is logged."""
    created = world.paid()
    wait_for_entry(world.stack.aws, message="published", message_id=f"{created['order_id']}:2")
    return created


def lines(world: World, *arguments: str) -> list[Json]:
    called = world.operate("logs", *arguments, "--json")
    assert called.exit_code == 0, called.progress
    return [json.loads(line) for line in called.printed.splitlines()]


def test_what_happened_to_an_order_is_printed_in_its_order(world: World, paid: Json) -> None:
    printed = world.operate("logs", "--order", paid["order_id"]).printed.splitlines()
    assert [line.split()[1:4] for line in printed] == [
        ["CreateSession", "INFO", "recorded"],
        ["StripeWebhook", "INFO", "recorded"],
        ["PublishChanges", "INFO", "published"],
    ]
    assert all(line.startswith("20") and "Z " in line for line in printed)
    assert f"order_id={paid['order_id']}" in printed[0]
    assert "event_id=evt_" in printed[1]


def test_lines_are_chosen_by_session_event_function_and_time(world: World, paid: Json) -> None:
    of_session = lines(world, "--session", paid["session_id"])
    assert {one["session_id"] for one in of_session} == {paid["session_id"]}
    event = world.simulator.event_about(paid["session_id"], "checkout.session.completed")["id"]
    of_event = lines(world, "--event", event)
    assert [one["message"] for one in of_event] == ["recorded", "processed"]
    assert {one["function"] for one in of_event} == {"StripeWebhook"}
    order = ("--order", paid["order_id"])
    assert [one["function"] for one in lines(world, *order, "--function", "createsession")] == [
        "CreateSession"
    ]
    assert lines(world, *order, "--since", "2h", "--until", "1h") == []
    assert lines(world, *order, "--level", "warning") == []


def test_a_failure_is_printed_by_its_level(world: World) -> None:
    session_id = world.checkout()["session_id"]
    faults = [{"method": "GET", "path": "/v1/checkout/sessions/*", "status": 500, "times": 2}]
    world.simulator.behave(faults=faults)
    assert world.frontend.confirm(session_id).status_code == 502
    wait_for_entry(world.stack.aws, message="refused", problem="stripe-unavailable")
    failures = lines(world, "--level", "ERROR", "--function", "ConfirmPaymentFunction")
    assert {one["level"] for one in failures} == {"ERROR"}
    assert failures[-1]["problem"] == "stripe-unavailable"


def test_new_lines_are_followed_until_it_is_interrupted(world: World, tmp_path: Path) -> None:
    first = world.checkout()["order_id"]
    arguments = ("logs", "--follow", "--function", "CreateSession")
    with typed(world.stack, *arguments, folder=tmp_path) as (process, printed):
        wait_for(lambda: first in printed.read_text(), "what is there is printed", seconds=60.0)
        second = world.checkout()["order_id"]
        wait_for(lambda: second in printed.read_text(), "what comes is printed", seconds=60.0)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    recorded = [line for line in printed.read_text().splitlines() if "recorded" in line]
    assert sum(first in line for line in recorded) == sum(second in line for line in recorded) == 1
    assert "Traceback" not in printed.read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--level", "loud"), "'loud' is not a level: use one of DEBUG, INFO"),
        (("--function", "Refund"), "There is no function 'Refund': use one of "),
        (("--order", "ord 1"), "'ord 1' is not an id."),
        (("--since", "1h", "--until", "2h"), "--until is before --since."),
        (("--follow", "--until", "1m"), "Give either --follow or --until."),
        (("--since", "yesterday"), "'yesterday' is not a time"),
    ],
)
def test_a_wrong_call_is_one_clear_line(
    world: World, arguments: tuple[str, ...], problem: str
) -> None:
    called = world.operate("logs", *arguments)
    assert (called.exit_code, called.printed) == (2, "")
    assert called.progress.startswith(f"Error: {problem}")
    assert called.progress.count("\n") == 1

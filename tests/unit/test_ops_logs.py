"""What `ops/checkout logs` reads from CloudWatch, and prints."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import pytest

from ops.commands.logs import line
from ops.errors import UsageError
from ops.logs import Entry, Wanted, entries, followed, log_groups
from tests.support.deployed_stack import stack_of
from tests.support.documents import Json

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

type Lines = list[tuple[int, str]]

SECOND = 1_769_850_000
GROUPS = {"CreateSession": "create", "StripeWebhook": "webhook"}


@dataclass
class Logs:
    """CloudWatch Logs: lines by their time in milliseconds in each group, more at each look."""

    looks: list[dict[str, Lines]]
    asked: list[Json] = field(default_factory=list)

    def get_paginator(self, operation: str) -> "Logs":
        assert operation == "filter_log_events"
        return self

    def paginate(self, **request: Any) -> Iterator[Json]:  # noqa: ANN401
        look = len(self.asked) // len(GROUPS)
        self.asked.append(request)
        groups = self.looks[min(look, len(self.looks) - 1)]
        for number, (time, text) in enumerate(groups.get(request["logGroupName"], [])):
            if time >= request["startTime"]:
                event_id = f"{request['logGroupName']}-{number}"
                yield {"events": [{"timestamp": time, "message": text, "eventId": event_id}]}
        yield {"events": []}


def client(*looks: dict[str, Lines]) -> "CloudWatchLogsClient":
    return cast("CloudWatchLogsClient", Logs(list(looks)))


def logged(message: str, level: str = "INFO", **more: object) -> str:
    return json.dumps({"level": level, "message": message, **more}) + "\n"


def read(lines: Lines, **wanted: Any) -> list[Entry]:  # noqa: ANN401
    return list(entries(client({"create": lines}), GROUPS, Wanted(SECOND, **wanted)))


def at(seconds: float) -> int:
    return int((SECOND + seconds) * 1000)


def test_lines_of_all_functions_come_in_the_order_of_time() -> None:
    groups = {
        "create": [(at(1), logged("first")), (at(1), logged("second")), (at(5), logged("last"))],
        "webhook": [(at(2), logged("third"))],
    }
    found = list(entries(client(groups), GROUPS, Wanted(SECOND)))
    assert [one.message for one in found] == ["first", "second", "third", "last"]
    assert [one.function for one in found][2:] == ["StripeWebhook", "CreateSession"]


def test_levels_below_the_wanted_one_are_left_out() -> None:
    names = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    lines = [(at(0), logged(name, name)) for name in names]
    for number, name in enumerate(names):
        assert [one.level for one in read(lines, level=name)] == list(names[number:])


def test_ids_filter_in_cloudwatch_and_here() -> None:
    fake = Logs([{"create": [(at(0), logged("a", order_id="ord_1")), (at(0), logged("b"))]}])
    wanted = Wanted(SECOND, SECOND + 60, ("ord_1", "evt_1"))
    logs_client = cast("CloudWatchLogsClient", fake)
    assert list(entries(logs_client, GROUPS, wanted)) == []
    assert fake.asked[0] == {
        "logGroupName": "create",
        "startTime": SECOND * 1000,
        "endTime": (SECOND + 60) * 1000 + 999,
        "filterPattern": '"ord_1" "evt_1"',
    }
    found = list(entries(logs_client, GROUPS, Wanted(SECOND, ids=("ord_1",))))
    assert [one.message for one in found] == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1",
        "END RequestId: 1",
        "REPORT RequestId: 1",
        "",
        '{"_aws": {}}',
        '{"type": "platform.start", "record": {}}',
        '{"type": "platform.report", "record": {"status": "success"}}',
        "[1]",
    ],
)
def test_unrelated_lines_are_left_out(text: str) -> None:
    assert read([(at(0), text)]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Task timed out after 3.00 seconds\n", "Task timed out after 3.00 seconds"),
        (
            '{"type": "platform.report", "record": {"status": "timeout"}}',
            "the invocation ended: timeout",
        ),
        ('{"message": "out of memory", "level": "FATAL"}', "out of memory"),
    ],
)
def test_a_bad_end_is_an_error(text: str, message: str) -> None:
    [entry] = read([(at(0), text)], level="ERROR")
    assert (entry.level, entry.message) == ("ERROR", message)


def test_new_lines_are_followed_and_none_comes_twice() -> None:
    first, second = (at(1), logged("first")), (at(2), logged("second"))
    late = (at(1), logged("late"))
    looks = client({"create": [first]}, {"create": [first, second]}, {"webhook": [late]})
    slept: list[float] = []
    lines = followed(
        looks, GROUPS, Wanted(SECOND), now=lambda: float(SECOND + 3), sleep=slept.append
    )
    assert [one.message for one in islice(lines, 3)] == ["first", "second", "late"]
    assert len(slept) == 2


def test_a_printed_line_has_ids_and_no_constants() -> None:
    fields = {
        "order_id": "ord_1",
        "status": 502,
        "location": "x:1",
        "none": None,
        "xray_trace_id": 1,
    }
    entry = Entry(SECOND + 0.25, "CreateSession", "ERROR", "refused", fields)
    shown = "2026-01-31T09:00:00.250Z CreateSession ERROR refused order_id=ord_1 status=502"
    assert line(entry) == shown
    assert entry.document["location"] == "x:1"


def test_no_line_controls_the_terminal() -> None:
    entry = Entry(SECOND, "StripeWebhook", "INFO", "ignored", {"type": "a\x1b[2J\nb"})
    assert "\x1b" not in line(entry)
    assert "\n" not in line(entry)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", ["stripewebhook", "StripeWebhook", "StripeWebhookFunction"])
def test_a_function_is_named_with_or_without_its_suffix(name: str) -> None:
    assert log_groups(stack_of(), name) == {"StripeWebhook": "checkout-test-StripeWebhook-logs"}


@pytest.mark.usefixtures("aws")
def test_the_log_groups_are_those_of_the_functions() -> None:
    assert "HttpApi" not in log_groups(stack_of())
    assert len(log_groups(stack_of())) == 4
    with pytest.raises(UsageError, match="no function 'HttpApi': use one of CreateSession"):
        log_groups(stack_of(), "HttpApi")

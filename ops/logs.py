"""Reads the functions' logs from CloudWatch Logs.

The service logs one JSON object per line. CloudWatch's filter pattern reduces what is read; each
entry is also checked here.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import heapq
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ops.errors import UsageError
from ops.stack import Stack
from ops.times import rfc3339

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

GROUP, FUNCTION = "LogGroup", "Function"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Lambda's statuses of a failed invocation:
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
BAD_STATUSES = frozenset({"timeout", "error", "failure"})
# Fields of every line, which are not about the event itself.
USUAL = frozenset(
    {
        *("timestamp", "level", "message", "location", "service", "cold_start", "function_name"),
        *("function_memory_size", "function_arn", "xray_trace_id", "exception"),
    }
)
POLL_SECONDS = 2.0
# A line may arrive later than one with a later timestamp.
LATE_SECONDS = 10

type Json = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The filter: entries that contain all `ids`, with this `level` or a higher one.

    Timestamps are in seconds since 1970 UTC; `until` None means no end.
    """

    since: int
    until: int | None = None
    ids: tuple[str, ...] = ()
    level: str | None = None

    @property
    def pattern(self) -> str:
        return " ".join(f'"{one}"' for one in self.ids)

    def has(self, entry: "Entry", line: str) -> bool:
        if self.level and LEVELS.index(entry.level) < LEVELS.index(self.level):
            return False
        return all(one in line for one in self.ids)


@dataclass(frozen=True)
class Entry:
    """`time` is in seconds since 1970 UTC; `fields` are the line's own."""

    time: float
    function: str
    level: str
    message: str
    fields: Mapping[str, Any]

    @property
    def document(self) -> Json:
        known = {"time": rfc3339(self.time), "function": self.function, "level": self.level}
        return known | {"message": self.message, **self.fields}

    @property
    def details(self) -> str:
        return " ".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value)}"
            for name, value in self.fields.items()
            if name not in USUAL and value is not None
        )


def log_groups(stack: Stack, function: str | None = None) -> dict[str, str]:
    """Return the log groups of the functions, or of one function, by short function name.

    Raise UsageError for an unknown function.
    """
    names = [one.removesuffix(FUNCTION) for one in stack.resources if one.endswith(FUNCTION)]
    groups = {name: stack.resources[name + GROUP] for name in names}
    if function is None:
        return groups
    wanted = function.removesuffix(FUNCTION).lower()
    chosen = {name: group for name, group in groups.items() if name.lower() == wanted}
    if not chosen:
        raise UsageError(f"There is no function {function!r}: use one of {', '.join(groups)}.")
    return chosen


def entries(
    client: "CloudWatchLogsClient", groups: Mapping[str, str], wanted: Wanted
) -> Iterator[Entry]:
    """Yield the lines that the groups have now, oldest first."""
    found = (_of_group(client, name, group, wanted) for name, group in groups.items())
    for _, entry in heapq.merge(*found, key=lambda one: one[1].time):
        yield entry


def followed(
    client: "CloudWatchLogsClient",
    groups: Mapping[str, str],
    wanted: Wanted,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Entry]:
    """Yield the lines that the groups have, then new ones until interrupted."""
    seen: dict[str, float] = {}
    since = wanted.since
    while True:
        looked_at = now()
        window = replace(wanted, since=since)
        found = (_of_group(client, name, group, window) for name, group in groups.items())
        for event_id, entry in heapq.merge(*found, key=lambda one: one[1].time):
            if event_id not in seen:
                yield entry
            seen[event_id] = looked_at
        since = max(since, int(looked_at) - LATE_SECONDS)
        seen = {event_id: at for event_id, at in seen.items() if at >= looked_at}
        sleep(POLL_SECONDS)


def _of_group(
    client: "CloudWatchLogsClient", name: str, group: str, wanted: Wanted
) -> Iterator[tuple[str, Entry]]:
    end: Any = {} if wanted.until is None else {"endTime": wanted.until * 1000 + 999}
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=wanted.since * 1000, filterPattern=wanted.pattern, **end
    )
    for page in pages:
        for event in page["events"]:
            entry = _entry(name, event)
            if entry and wanted.has(entry, event["message"]):
                yield _event_id(event), entry


def _event_id(event: "FilteredLogEventTypeDef") -> str:
    # The local AWS returns none.
    return event.get("eventId") or "/".join(
        (event["logStreamName"], str(event["timestamp"]), event["message"])
    )


def _entry(function: str, event: "FilteredLogEventTypeDef") -> Entry | None:
    """Read a line of the service, or Lambda's report of a failure; None for other lines."""
    at, line = event["timestamp"] / 1000, event["message"].rstrip()
    try:
        fields = json.loads(line)
    except ValueError:
        return _plain_entry(at, function, line)
    if not isinstance(fields, dict) or "_aws" in fields:
        return None
    if str(fields.get("type", "")).startswith("platform."):
        status = fields.get("record", {}).get("status")
        message = f"the invocation ended: {status}"
        return Entry(at, function, "ERROR", message, {}) if status in BAD_STATUSES else None
    level = str(fields.pop("level", "INFO"))
    message = str(fields.pop("message", ""))
    return Entry(at, function, level if level in LEVELS else "ERROR", message, fields)


def _plain_entry(at: float, function: str, line: str) -> Entry | None:
    """Read a line that is not JSON; Lambda's lines for normal invocations are left out."""
    if not line or line.startswith(("START ", "END ", "REPORT ", "INIT_START ")):
        return None
    return Entry(at, function, "ERROR", line, {})

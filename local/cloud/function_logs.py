"""Reads the functions' logs from the local CloudWatch Logs."""

import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from local.cloud.aws import LocalAws
from local.machine.waiting import wait_for

WAIT_SECONDS = 60.0

type Entry = dict[str, Any]


def function_logs(aws: LocalAws, pattern: str = "") -> list[str]:
    """Return the lines of all functions that match a filter pattern, oldest first.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    lines: list[tuple[int, str]] = []
    for groups in aws.logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], filterPattern=pattern
            )
            lines += [
                (event["timestamp"], event["message"].rstrip())
                for page in pages
                for event in page["events"]
            ]
    # Lines of the same millisecond keep the order in which the function wrote them.
    return [message for _, message in sorted(lines, key=itemgetter(0))]


def entries(aws: LocalAws, pattern: str) -> Iterator[Entry]:
    """Yield the service's own lines, which are JSON."""
    for line in function_logs(aws, pattern):
        if line.startswith("{"):
            yield json.loads(line)


def wait_for_entry(aws: LocalAws, **wanted: object) -> Entry:
    """Wait for the first entry with these fields: logs arrive shortly after the response.

    Raise TimeoutError if there is none in time.
    """
    terms = " ".join(f'"{value}"' for value in wanted.values() if isinstance(value, str))

    def look() -> list[Entry]:
        return [entry for entry in entries(aws, terms) if wanted.items() <= entry.items()]

    return wait_for(look, f"a log entry with {wanted}", seconds=WAIT_SECONDS)[0]

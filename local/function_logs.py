"""What the functions logged, read from the local CloudWatch Logs."""

import json
import time
from collections.abc import Iterator
from typing import Any

from local.aws import LocalAws

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05

type Entry = dict[str, Any]


def function_logs(aws: LocalAws) -> list[str]:
    """Every line of every function, oldest first."""
    lines: list[tuple[int, str]] = []
    for groups in aws.logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            pages = aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            lines += [
                (event["timestamp"], event["message"].rstrip())
                for page in pages
                for event in page["events"]
            ]
    return [message for _, message in sorted(lines)]


def entries(aws: LocalAws) -> Iterator[Entry]:
    """The lines that the service itself logged, which are JSON."""
    for line in function_logs(aws):
        if line.startswith("{"):
            yield json.loads(line)


def wait_for_entry(aws: LocalAws, **wanted: object) -> Entry:
    """The first entry with these fields; a log arrives a moment after the answer that it is about.

    Raise TimeoutError when it does not come.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        for entry in entries(aws):
            if wanted.items() <= entry.items():
                return entry
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"the functions logged nothing with {wanted}")

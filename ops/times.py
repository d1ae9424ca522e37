"""Timestamps as operators type them and as commands print them."""

import re
import time
from datetime import UTC, datetime

from ops.errors import UsageError

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
AGO = re.compile(r"([0-9]{1,6})([smhd])")
FORMS = "an RFC 3339 time such as 2026-01-31T09:00:00Z, or how long ago: 15m, 2h, 7d"


def past_time(text: str) -> int:
    """Read a past timestamp; return seconds since 1970 UTC, or raise UsageError."""
    now = int(time.time())
    seconds = _seconds(text, now)
    if seconds > now:
        raise UsageError(f"{text!r} is in the future.")
    return seconds


def _seconds(text: str, now: int) -> int:
    if ago := AGO.fullmatch(text):
        return max(0, now - int(ago[1]) * UNITS[ago[2]])
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is None or given.tzinfo is None:
        raise UsageError(f"{text!r} is not a time: give {FORMS}.")
    return max(0, int(given.timestamp()))


def rfc3339(seconds: float) -> str:
    """Return a timestamp such as `2026-01-31T09:00:00Z`, with milliseconds if there are any."""
    precision = "seconds" if seconds == int(seconds) else "milliseconds"
    written = datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision)
    return written.replace("+00:00", "Z")

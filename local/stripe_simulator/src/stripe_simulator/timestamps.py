"""Formats timestamps as the v2 API and the simulator's logs do."""

from datetime import UTC, datetime


def written(seconds: float) -> str:
    """Return `2026-11-24T05:51:00.123Z` from seconds since 1970 UTC."""
    timestamp = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return timestamp.replace("+00:00", "Z")

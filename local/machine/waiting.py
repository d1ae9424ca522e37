"""Polls for the result of another process."""

import time
from collections.abc import Callable

POLL_SECONDS = 0.03


def wait_for[T](look: Callable[[], T], what: str, *, seconds: float) -> T:
    """Poll `look` until it returns a true value, and return it; raise TimeoutError with `what`."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)
    return seen

"""What the commands tell the person who waits: phases, their progress, and how long they took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

CLEAR_LINE = "\r\033[K"
WIDTH = 96
SECONDS_BETWEEN_LINES = 2.0


class Console:
    """On a terminal the latest progress is rewritten in place, elsewhere a line comes at times."""

    def __init__(self) -> None:
        self._out: TextIO = sys.stdout
        self._in_place = self._out.isatty()
        self._spoke_at = 0.0

    def say(self, text: str = "") -> None:
        self._write(f"{text}\n")

    def progress(self, text: str) -> None:
        shown = text.strip(" -=\t\n")[:WIDTH]
        if not shown:
            return
        if self._in_place:
            self._write(f"{CLEAR_LINE}  {shown}")
        elif time.monotonic() - self._spoke_at > SECONDS_BETWEEN_LINES:
            self._write(f"    {shown}\n")

    @contextmanager
    def phase(self, title: str) -> Iterator[None]:
        started = time.monotonic()
        self._write(f"{title} ..." + ("" if self._in_place else "\n"))
        yield
        done = f"{title} ({time.monotonic() - started:.1f} s)"
        self._write(f"{CLEAR_LINE}{done}\n" if self._in_place else f"  {done}\n")

    def _write(self, text: str) -> None:
        self._spoke_at = time.monotonic()
        self._out.write(text)
        self._out.flush()

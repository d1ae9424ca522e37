"""Progress output of the commands: phases, their progress, and their durations."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich.console
from rich.text import Text

if TYPE_CHECKING:
    from rich.status import Status

WIDTH = 96


class Console:
    """On a terminal, progress is shown beside the phase; elsewhere each step is a line."""

    def __init__(self) -> None:
        self._out = rich.console.Console(file=sys.stdout, highlight=False)
        self._status: Status | None = None
        self._title = ""
        self._latest = ""

    def say(self, text: str = "") -> None:
        # Leave wrapping to the terminal: a line break would cut a URL.
        self._out.print(Text(text), soft_wrap=True)

    def progress(self, text: str) -> None:
        """Show the current step of the phase; a repeated step only once."""
        if text == self._latest:
            return
        self._latest = text
        if self._status is None:
            self.say(f"    {shortened(text, WIDTH)}")
        else:
            self._status.update(Text(shortened(f"{self._title}: {text}", self._out.width - 4)))

    @contextmanager
    def phase(self, title: str) -> Iterator[None]:
        started = time.monotonic()
        self._title, self._latest = title, ""
        if self._out.is_terminal:
            with self._out.status(Text(title)) as self._status:
                yield
        else:
            self.say(f"{title} ...")
            yield
        indent = "" if self._out.is_terminal else "  "
        self.say(f"{indent}{title} ({time.monotonic() - started:.1f} s)")


def shortened(text: str, width: int) -> str:
    """Truncate a string to the width, and mark that it was truncated."""
    return text if len(text) <= width else f"{text[: width - 1]}…"

"""Makes terminating signals unwind `with` and `finally`, and defers them at critical steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(BaseException):
    """SIGTERM or SIGHUP. Not an Exception, so that only `with` and `finally` handle it."""


@contextmanager
def termination_unwinds() -> Iterator[None]:
    """Raise Terminated on SIGTERM, which by default skips `finally`, to stop the children first."""
    if not _in_main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise Terminated(signal.Signals(number).name)

    previous = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def held_signals() -> Iterator[None]:
    """Defer terminating signals to the end of the block. Otherwise a second Ctrl-C could leave
    children running, and a first one a child that was just started.
    """
    if not _in_main_thread():
        yield
        return
    arrived: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    # Ignored signals stay ignored, such as Ctrl-C in a shell's background job.
    previous = {
        number: signal.signal(number, hold)
        for number in ENDING
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

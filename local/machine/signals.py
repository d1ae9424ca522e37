"""Signals that end us unwind `with` and `finally`, and wait while a child is started or stopped."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Terminated(BaseException):
    """SIGTERM or SIGHUP. Not an Exception: only the ways out of `with` and `finally` meet it."""


@contextmanager
def termination_unwinds() -> Iterator[None]:
    """SIGTERM ends a Python process without any `finally`; here it stops the children first."""
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
    """Keep what ends us until the end, and have it then: a second Ctrl-C would otherwise leave the
    rest of the children running, and a first one a child that was started and is not known yet.
    """
    if not _in_main_thread():
        yield
        return
    arrived: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    # One that is ignored, as Ctrl-C is in a shell's background, stays so.
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

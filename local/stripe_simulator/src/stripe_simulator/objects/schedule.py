"""Scheduled changes: a session expires, a bank debit settles, a refund fails."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

type Action = Callable[[], None]


class Schedule:
    """Call `run_due` before each request, so that no outdated state is visible; `run` as a task
    applies changes without requests.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, Action, bool]] = []
        self._number = itertools.count()
        self._changed = asyncio.Event()

    @property
    def pending(self) -> bool:
        """True if a change scheduled by `after` is outstanding."""
        return any(under_way for *_, under_way in self._waiting)

    def at(self, at: float, action: Action) -> None:
        self._push(at, action, under_way=False)

    def after(self, seconds: float, action: Action) -> None:
        self._push(self._clock() + seconds, action, under_way=True)

    def clear(self) -> None:
        self._waiting.clear()
        self._changed.set()

    def run_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._clock():
            _, _, action, _ = heapq.heappop(self._waiting)
            action()

    async def run(self) -> None:
        while True:
            self._changed.clear()
            self.run_due()
            seconds = self._waiting[0][0] - self._clock() if self._waiting else None
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _push(self, at: float, action: Action, *, under_way: bool) -> None:
        heapq.heappush(self._waiting, (at, next(self._number), action, under_way))
        self._changed.set()

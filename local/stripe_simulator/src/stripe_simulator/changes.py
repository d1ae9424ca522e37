"""That something changed: what open dashboards wait for."""

import asyncio


class Changes:
    """`version` grows with each change; it says nothing else."""

    def __init__(self) -> None:
        self.version = 0
        self.ended = False
        self._next = asyncio.Event()

    def notify(self) -> None:
        self.version += 1
        self._wake()

    def end(self) -> None:
        """Nobody waits any more: the server stops."""
        self.ended = True
        self._wake()

    async def after(self, seen: int) -> int:
        """The version, once it is another than `seen`, or at the end."""
        while self.version == seen and not self.ended:
            await self._next.wait()
        return self.version

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

"""Notifies open dashboards of changes."""

import asyncio


class Changes:
    """`version` grows with each change and has no other meaning."""

    def __init__(self) -> None:
        self.version = 0
        self.ended = False
        self._next = asyncio.Event()

    def notify(self) -> None:
        self.version += 1
        self._wake()

    def end(self) -> None:
        """Release all waiters: the server stops."""
        self.ended = True
        self._wake()

    async def after(self, seen: int) -> int:
        """Wait until the version differs from `seen`, or until the end; return it."""
        while self.version == seen and not self.ended:
            await self._next.wait()
        return self.version

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

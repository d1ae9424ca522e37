"""The simulator's server, and one that announces its address and may create objects first."""

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from websockets.exceptions import InvalidState

from stripe_simulator import snapshots
from stripe_simulator.fixtures import FixturesError

# Time for responses in progress; one delayed by a fault may take an hour.
GRACE_SECONDS = 1


class SimulatorServer(uvicorn.Server):
    """Stops as soon as its connections do; uvicorn's own shutdown takes 0.1 s or more.

    uvicorn's also raises if a client is closing its WebSocket at that time.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(uvicorn.Config(app, log_level="warning", lifespan="on"))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            with contextlib.suppress(InvalidState):
                connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


class ReadyServer(SimulatorServer):
    """Announces its address when it responds and `seed` is done; a stop signal is its normal end.

    A FixturesError of `seed` ends it and is stored in `failure`.
    """

    def __init__(
        self, app: Starlette, ready: dict[str, str], path: Path | None, seed: Callable[[], None]
    ) -> None:
        super().__init__(app)
        self.failure: FixturesError | None = None
        self._simulator = app.state.simulator
        self._ready = ready
        self._path = path
        self._seed = seed

    async def main_loop(self) -> None:
        try:
            await asyncio.to_thread(self._seed)
        except FixturesError as error:
            self.failure = error
            return
        await snapshots.begin(self._simulator)
        self._announce()
        await super().main_loop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Responses without an end, such as the dashboard's live events.
        self._simulator.changes.end()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's handler raises the signal again after shutdown, which is no clean exit.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield

    def _announce(self) -> None:
        announcement = json.dumps(self._ready)
        print(announcement, flush=True)
        if self._path is not None:
            # Written to another file and moved, so that readers never see a partial file.
            part = self._path.with_name(f"{self._path.name}.part")
            part.write_text(f"{announcement}\n")
            part.replace(self._path)

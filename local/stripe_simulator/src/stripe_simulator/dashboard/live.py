"""`/dashboard/live`: a server-sent event for each change, on which pages reload.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from stripe_simulator.changes import Changes

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Pause between two events, so that many changes cause one reload.
PAUSE_SECONDS = 0.1
RETRY_MILLISECONDS = 1000


def routes(changes: Changes) -> list[Route]:
    async def live(request: Request) -> Response:
        return StreamingResponse(
            _events(changes, _seen(request)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )

    return [Route("/dashboard/live", live, methods=["GET"])]


class Announcing:
    """Notifies of a change after every request that may change something."""

    def __init__(self, app: ASGIApp, changes: Changes) -> None:
        self._app = app
        self._changes = changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] not in SAFE:
            self._changes.notify()


def _seen(request: Request) -> int:
    """Return the version shown by the page, or that of the last event after a reconnect."""
    given = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    return int(given) if given.isascii() and given.isdecimal() else -1


async def _events(changes: Changes, seen: int) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    while True:
        seen = await changes.after(seen)
        if changes.ended:
            return
        yield f"event: change\nid: {seen}\ndata: {seen}\n\n"
        await asyncio.sleep(PAUSE_SECONDS)

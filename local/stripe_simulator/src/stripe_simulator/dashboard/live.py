"""`/dashboard/live`: server-sent events, one for each change, by which pages load themselves again.

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
# Between two events, so that a flood of changes is one load of the page.
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
    """Every request that may change something is followed by a change."""

    def __init__(self, app: ASGIApp, changes: Changes) -> None:
        self._app = app
        self._changes = changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] not in SAFE:
            self._changes.notify()


def _seen(request: Request) -> int:
    """The version that the page shows; after a lost connection, that of the last event."""
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

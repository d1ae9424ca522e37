"""Checks the Host header of every request."""

import ipaddress

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from stripe_simulator.settings import Settings


class KnownHosts:
    """Accepts only known host names, so that no other site's page reaches the controls, not even by
    DNS rebinding to 127.0.0.1. By default it listens on loopback only.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._on_loopback = _is_loopback(settings.host)
        self._names = {name.lower() for name in (settings.host, *settings.allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_known(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        why = (
            "The simulator accepts loopback requests only.\n"
            if self._on_loopback
            else "The simulator is not called by this name: --allow-host allows it.\n"
        )
        await PlainTextResponse(why, 403)(scope, receive, send)

    def _is_known(self, request: HTTPConnection) -> bool:
        named = (request.url.hostname or "").lower()
        peer = request.client.host if request.client else ""
        return (_is_loopback(peer) or not self._on_loopback) and (
            named == "localhost"
            or named.endswith(".localhost")
            or _is_loopback(named)
            or named in self._names
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

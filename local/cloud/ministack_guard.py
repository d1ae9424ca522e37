"""Keeps web pages away from MiniStack.

MiniStack (1.5.33) accepts any Host and Origin with `Access-Control-Allow-Origin: *` and checks no
signature: every page that the developer visits could read the secret and create functions. This
ASGI middleware refuses with 403

    a Host that is not loopback                  by DNS rebinding a page can call 127.0.0.1 by a
                                                 name of its own, as its own origin
    a request that a page caused, unless it is   browsers send Origin or Sec-Fetch-Site with it:
    the HTTP API's and from an allowed origin    https://www.w3.org/TR/fetch-metadata/

and removes CORS headers from every response except the HTTP API's to an allowed origin.

It runs inside MiniStack's interpreter (ministack_main.py): standard library only.
"""

import ipaddress
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = re.compile(r"(?P<name>[0-9a-z.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
# The two forms of an HTTP API's address in ministack/app.py (`_parse_execute_api_url`). A path
# without the second slash, or one of MiniStack's own paths under the host, leads elsewhere.
API_PATH = re.compile(r"/_aws/execute-api/[^/]+/.*", re.DOTALL)
API_HOST = re.compile(r"[0-9a-f]{8}\.execute-api\.localhost")
OWN_PATHS = "/_"

WRONG_HOST = "The local AWS is reached as localhost or 127.0.0.1 only: see .local/stack.json."
WRONG_ORIGIN = (
    "Pages on {} only may call the local API: "
    "for another one, start it with `FRONTEND_ORIGIN=http://localhost:PORT make dev`."
)
NO_PAGES = "Web pages may call the HTTP API only: use an AWS client or curl for everything else."


class PagesKeptOut:
    """MiniStack's ASGI application, limited to AWS clients and to pages on the API's origins."""

    def __init__(self, app: "ASGIApp", allowed_origins: Collection[str]) -> None:
        self._app = app
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _with_cors_for(_values(scope, b"origin"), send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _send_refusal(refusal, send)

    def _refusal(self, scope: "Scope") -> str | None:
        """Return the message of a refusal, None for an allowed request."""
        hosts = _values(scope, b"host")
        names = [_loopback_name(host) for host in hosts]
        if not names or None in names:
            return WRONG_HOST
        origins = _values(scope, b"origin")
        from_page = origins or set(_values(scope, b"sec-fetch-site")) - {"none"}
        if not from_page:
            return None
        if not all(name and _is_api(scope, name) for name in names):
            return NO_PAGES
        if not origins or set(origins) - set(self._allowed_origins):
            return WRONG_ORIGIN.format(" and ".join(sorted(self._allowed_origins)))
        return None


def _values(scope: "Scope", name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _loopback_name(host: str) -> str | None:
    """Return a Host header's name without the port, None if it is not this machine.

    `*.localhost` is this machine to every browser: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    """
    match = HOST.fullmatch(host)
    if match is None:
        return None
    name = match["name"].lower()
    if name == "localhost" or name.endswith(".localhost") or _is_loopback_address(name):
        return name
    return None


def _is_loopback_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_api(scope: "Scope", name: str) -> bool:
    if scope["type"] != "http":
        return False
    path: str = scope["path"]
    if API_HOST.fullmatch(name):
        return not path.startswith(OWN_PATHS)
    # Under other loopback names, such as x.cloudfront.localhost, paths have other meanings.
    plain = name == "localhost" or _is_loopback_address(name)
    return plain and API_PATH.fullmatch(path) is not None


def _with_cors_for(origins: list[str], send: "Send") -> "Send":
    """Remove the CORS headers unless they allow exactly the request's origin, an allowed one."""

    async def send_checked(message: "Message") -> None:
        if message["type"] == "http.response.start":
            headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
            allowed = [
                value.decode("latin-1")
                for name, value in headers
                if name.lower() == b"access-control-allow-origin"
            ]
            if not origins or allowed != origins:
                headers = [
                    (name, value)
                    for name, value in headers
                    if not name.lower().startswith(b"access-control-")
                ]
            message = {**message, "headers": headers}
        await send(message)

    return send_checked


async def _send_refusal(text: str, send: "Send") -> None:
    body = f"{text}\n".encode()
    headers: Any = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})

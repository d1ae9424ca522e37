"""Reports the start and the end of certain requests to an ASGI application, for the live view.

It runs inside MiniStack's interpreter too (ministack_main.py): standard library only.
"""

import http.client
import itertools
import json
import queue
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    type Report = dict[str, Any]
    type Tell = Callable[[Report], None]

SESSION = r"(?P<session_id>cs_[A-Za-z0-9_]{1,200}?)"
MAX_BODY = 256 * 1024
TIMEOUT_SECONDS = 1.0
UNSENT_REPORTS = 100


@dataclass(frozen=True)
class Call:
    """A kind of request; `path` matches the whole path and may have the group `session_id`."""

    name: str
    method: str
    path: str


BACKEND_CALLS = (
    Call("create", "POST", r".*/checkout/sessions"),
    Call("confirm", "POST", rf".*/checkout/sessions/{SESSION}/confirm"),
)
STRIPE_CALLS = (
    Call("create_session", "POST", r"/v1/checkout/sessions"),
    Call("retrieve_session", "GET", rf"/v1/checkout/sessions/{SESSION}"),
    Call("open_page", "GET", rf"/c/(?:pay|embed)/{SESSION}(?:_secret_.*)?"),
    Call("pay", "POST", rf"/c/(?:pay|embed)/{SESSION}(?:_secret_.*)?"),
)


class Observed:
    """`tell` is called with two reports of each call: `phase` is "started", then "ended".

    A report also has `call`, `id` (the same in both), `at` (seconds since 1970 UTC), and if known
    `status` (HTTP), `session_id`, `order_id` and `order_status`. It contains nothing else of a
    request or a response.
    """

    def __init__(self, app: "ASGIApp", calls: tuple[Call, ...], tell: "Tell") -> None:
        self._app = app
        self._calls = calls
        self._tell = tell
        self._ids = itertools.count(1)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        report = self._report(scope)
        if report is None:
            await self._app(scope, receive, send)
            return
        self._tell(report | {"phase": "started", "at": time.time()})
        await self._app(scope, receive, self._observing(report, send))

    def _report(self, scope: "Scope") -> "Report | None":
        if scope["type"] != "http":
            return None
        for call in self._calls:
            match = re.fullmatch(call.path, scope["path"], re.DOTALL)
            if match and scope["method"] == call.method:
                return {
                    "call": call.name,
                    "id": f"{call.name}-{next(self._ids)}",
                    **match.groupdict(),
                }
        return None

    def _observing(self, report: "Report", send: "Send") -> "Send":
        status = 0
        body = bytearray()

        async def send_observed(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b"")[: MAX_BODY - len(body)])
                if not message.get("more_body", False):
                    ended = {"phase": "ended", "at": time.time(), "status": status}
                    self._tell(report | ended | _named(report["call"], bytes(body)))
            await send(message)

        return send_observed


def _named(call: str, body: bytes) -> "Report":
    """Return the session and order fields of a JSON response."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    names = (
        {"session_id": "id"}
        if call == "create_session"
        else {"session_id": "session_id", "order_id": "order_id", "order_status": "status"}
        if call in {"create", "confirm"}
        else {}
    )
    return {
        ours: document[its] for ours, its in names.items() if isinstance(document.get(its), str)
    }


class Reporter:
    """Posts reports as JSON to a URL on this machine, in order, from a separate thread.

    Reports that can't be sent are dropped: the live view must never delay a purchase.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._unsent: queue.Queue[Report] = queue.Queue(UNSENT_REPORTS)
        threading.Thread(target=self._send_all, name="reporter", daemon=True).start()

    def __call__(self, report: "Report") -> None:
        with suppress(queue.Full):
            self._unsent.put_nowait(report)

    def _send_all(self) -> None:
        while True:
            report = self._unsent.get()
            with suppress(OSError, http.client.HTTPException):
                self._send(json.dumps(report).encode())

    def _send(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(self._url.netloc, timeout=TIMEOUT_SECONDS)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", self._url.path, body, headers)
            connection.getresponse().read()
        finally:
            connection.close()

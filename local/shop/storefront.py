"""Serves `storefront/` as any static host does, with a config.json for the local stack.

Pages can be requested without `.html`: the stack's default return URLs are `/thanks` and `/cart`.
The products' pictures are under /pictures.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import override
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from local.machine.processes import LocalCloudError
from local.machine.waiting import wait_for
from local.paths import ROOT
from local.shop import order_reader
from local.shop.catalogue import PRODUCTS
from local.shop.frontend import Frontend
from local.shop.order_reader import ReadOrder
from stripe_simulator.listener import listen

FOLDER = ROOT / "storefront"
PICTURES = "/pictures"
START_SECONDS = 10.0
HOSTED_PAGE = "hosted_page"
EMBEDDED_PAGE = "embedded_page"
UI_MODES = (HOSTED_PAGE, EMBEDDED_PAGE)


class Pages(StaticFiles):
    """Static pages, revalidated at each request, and found without `.html`."""

    def __init__(self, policy: str) -> None:
        super().__init__(directory=FOLDER, html=True)
        self._policy = policy

    @override
    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        full, found = super().lookup_path(path)
        return (full, found) if found or "." in path else super().lookup_path(f"{path}.html")

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"  # Cached, and revalidated by ETag.
        response.headers["Content-Security-Policy"] = self._policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@dataclass(frozen=True)
class Config:
    """The content of config.json, which the pages read.

    `stripe_url` is the simulator's; None for Stripe itself, which needs its `publishable_key` if
    `ui_mode` is `embedded_page`.
    """

    api_url: str
    ui_mode: str
    stripe_url: str | None
    publishable_key: str | None = None

    def __post_init__(self) -> None:
        if self.ui_mode not in UI_MODES:
            raise LocalCloudError(
                f"STOREFRONT_UI_MODE must be one of {', '.join(UI_MODES)}: it is {self.ui_mode!r}"
            )


def local_frontend(port: int) -> Frontend:
    origin = f"http://localhost:{port}"
    return Frontend(origin, f"{origin}{PICTURES}", f"{origin}{order_reader.PATH}")


@contextmanager
def storefront(origin: str, config: Config, read_order: ReadOrder | None = None) -> Iterator[str]:
    """Serve it at `origin`, http://localhost:PORT, and yield its address; with `read_order`, serve
    the live view's orders too.

    Raise LocalCloudError if the port is in use.
    """
    listeners = _listeners(urlsplit(origin).port or 80)
    server = uvicorn.Server(
        uvicorn.Config(_app(config, read_order), log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run, args=(listeners,), name="storefront", daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started, "the storefront is ready", seconds=START_SECONDS)
        yield f"{origin}/"
    finally:
        # Browsers keep their connections open.
        server.should_exit = server.force_exit = True
        thread.join()


def _app(config: Config, read_order: ReadOrder | None) -> Starlette:
    async def configuration(_: Request) -> Response:
        return JSONResponse(asdict(config), headers={"Cache-Control": "no-cache"})

    return Starlette(
        routes=[
            Route("/config.json", configuration),
            *([order_reader.route(read_order)] if read_order else []),
            Mount(PICTURES, StaticFiles(directory=PRODUCTS.parent)),
            Mount("/", Pages(_policy(config.api_url))),
        ]
    )


def _policy(api_url: str) -> str:
    """Return a content security policy for the known API; the pages' own policy allows any."""
    parts = urlsplit(api_url)
    stripe = "https://api.stripe.com https://checkout.stripe.com"
    return f"connect-src 'self' {parts.scheme}://{parts.netloc} {stripe}; frame-ancestors 'none'"


def _listeners(port: int) -> list[socket.socket]:
    """Return sockets on 127.0.0.1 and, if available, ::1: `localhost` may be either."""
    try:
        listeners = [listen(port)]
    except OSError as error:
        raise LocalCloudError(
            f"The storefront can't use port {port}: {error.strerror}. "
            "Stop what uses it, or name a frontend of your own in FRONTEND_ORIGIN."
        ) from None
    with suppress(OSError):
        listeners.append(listen(port, "::1"))
    return listeners

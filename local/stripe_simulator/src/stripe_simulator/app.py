"""The simulator as a web application."""

import contextlib
import ipaddress
import time
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from stripe_simulator import controls
from stripe_simulator.api.gateway import Operation
from stripe_simulator.dashboard import routes as dashboard
from stripe_simulator.dashboard.live import Announcing
from stripe_simulator.journal import Report
from stripe_simulator.observed import STRIPE_CALLS, Observed
from stripe_simulator.operations import operations
from stripe_simulator.page import challenge
from stripe_simulator.page import routes as page
from stripe_simulator.settings import Settings
from stripe_simulator.simulator import Simulator
from stripe_simulator.web import assets
from stripe_simulator.webhooks import cli_sockets

METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


def create_app(settings: Settings, clock: Callable[[], float] = time.time) -> Starlette:
    """`app.state.simulator` is the Simulator behind it."""
    simulator = Simulator(settings, clock)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with simulator.running():
            yield

    app = Starlette(
        routes=[
            *cli_sockets.routes(simulator),
            *_api_routes(simulator),
            *controls.routes(simulator),
            *page.routes(simulator),
            *challenge.routes(simulator),
            *dashboard.routes(simulator),
            *assets.routes(),
        ],
        middleware=[
            Middleware(LoopbackOnly),
            Middleware(Announcing, changes=simulator.changes),
            Middleware(
                Observed,
                calls=STRIPE_CALLS,
                tell=lambda report: simulator.journal.note(Report.model_validate(report)),
            ),
        ],
        lifespan=lifespan,
    )
    app.state.simulator = simulator
    return app


class LoopbackOnly:
    """Callers on this machine, who name it: no page of another site reaches the controls, not
    even under a name that it has made to resolve to 127.0.0.1.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_local(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        refusal = PlainTextResponse("The simulator accepts loopback requests only.\n", 403)
        await refusal(scope, receive, send)


def _is_local(request: HTTPConnection) -> bool:
    named = request.url.hostname or ""
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and (
        named == "localhost" or named.endswith(".localhost") or _is_loopback(named)
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _api_routes(simulator: Simulator) -> list[Route]:
    routes = [_api_route(simulator, operation) for operation in operations(simulator)]

    async def unknown(request: Request) -> Response:
        return await simulator.gateway.handle(None, request)

    everything = [Route(f"/{v}/{{rest:path}}", unknown, methods=METHODS) for v in ("v1", "v2")]
    return [*routes, *everything]


def _api_route(simulator: Simulator, operation: Operation) -> Route:
    async def endpoint(request: Request) -> Response:
        return await simulator.gateway.handle(operation, request)

    return Route(operation.path, endpoint, methods=[operation.method])

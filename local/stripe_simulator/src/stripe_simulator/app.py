"""The simulator as a web application."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_simulator import controls, snapshots
from stripe_simulator.api.gateway import Operation
from stripe_simulator.dashboard import routes as dashboard
from stripe_simulator.dashboard.live import Announcing
from stripe_simulator.hosts import KnownHosts
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
    """Return the application; `app.state.simulator` is its Simulator."""
    simulator = Simulator(settings, clock)
    simulator.beginning = snapshots.take(simulator).model_dump(mode="json")

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
            Middleware(KnownHosts, settings=settings),
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

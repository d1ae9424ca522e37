"""The dashboard at the simulator's root: Stripe's objects, and actions on them."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from stripe_simulator.api.errors import StripeError
from stripe_simulator.dashboard import (
    catalogue,
    conditions,
    events,
    flow,
    guard,
    live,
    overview,
    payments,
    webhooks,
)
from stripe_simulator.dashboard.screens import Action, Ask, Form, Screen
from stripe_simulator.simulator import Simulator
from stripe_simulator.web.templating import environment, html

PARTS = (flow, payments, events, webhooks, catalogue, conditions)
SCREENS = (overview.OVERVIEW, *(screen for part in PARTS for screen in part.SCREENS))
ACTIONS = tuple(action for part in PARTS for action in part.ACTIONS)
NOTICES = {action.slug: action.notice for action in ACTIONS}
SECTIONS = {
    "/": "Overview",
    "/live": "Live view",
    "/dashboard/payments": "Payments",
    "/dashboard/sessions": "Checkout sessions",
    "/dashboard/refunds": "Refunds",
    "/dashboard/disputes": "Disputes",
    "/dashboard/events": "Events",
    "/dashboard/deliveries": "Deliveries",
    "/dashboard/endpoints": "Webhooks",
    "/dashboard/products": "Products",
    "/dashboard/behaviour": "Behaviour",
    "/dashboard/key": "Restricted key",
}


def when(timestamp: int | str) -> str:
    """Format seconds since 1970 or an RFC 3339 timestamp as `2026-11-28 12:30:05`, in UTC."""
    if isinstance(timestamp, int):
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S}"
    return timestamp[:19].replace("T", " ")


def clock(timestamp: float) -> str:
    """Format seconds since 1970 as `12:30:05.250`, in UTC."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%H:%M:%S.%f}"[:-3]


TEMPLATES = environment(Path(__file__).parent / "templates")
TEMPLATES.filters |= {"when": when, "clock": clock}


def routes(simulator: Simulator) -> list[Route]:
    dashboard = Dashboard(simulator)
    return [
        *live.routes(simulator.changes),
        *(dashboard.screen(screen) for screen in SCREENS),
        *(dashboard.action(action) for action in ACTIONS),
    ]


@dataclass(frozen=True)
class Refused:
    """A refused action, with the content of its form."""

    path: str
    form: Form
    message: str
    status: int


class Fields(dict[str, str]):
    """The typed values; a missing field is empty."""

    def __missing__(self, name: str) -> str:
        return ""


class Dashboard:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._token = secrets.token_urlsafe(32)

    def screen(self, screen: Screen) -> Route:
        async def show(request: Request) -> Response:
            self._simulator.schedule.run_due()
            ask = Ask(request.path_params.get("id", ""), request.query_params.get("query", ""))
            if screen.load is not None:
                await screen.load(self._simulator)
            notice = NOTICES.get(request.query_params.get("done", ""))
            return self._page(screen, ask, notice=notice)

        return Route(screen.path, show, methods=["GET"])

    def action(self, action: Action) -> Route:
        async def act(request: Request) -> Response:
            if not guard.is_own_page(request):
                return PlainTextResponse(f"{guard.FOREIGN}\n", HTTPStatus.FORBIDDEN)
            sent = await request.form()
            form = {name: value for name, value in sent.items() if isinstance(value, str)}
            if not guard.has_token(form.get(guard.TOKEN_FIELD, ""), self._token):
                return PlainTextResponse(f"{guard.OUTDATED}\n", HTTPStatus.FORBIDDEN)
            self._simulator.schedule.run_due()
            return self._act(action, request.path_params.get("id", ""), form)

        return Route(action.path, act, methods=["POST"])

    def _act(self, action: Action, id_: str, form: Form) -> Response:
        """Run an action; show a refusal beside its form, filled in as before."""
        try:
            location = action.run(self._simulator, id_, form)
        except StripeError as error:
            message, status = error.message, error.status
        except ValidationError as error:
            message, status = _first(error), HTTPStatus.BAD_REQUEST
        else:
            return RedirectResponse(f"{location}?done={action.slug}", HTTPStatus.SEE_OTHER)
        refused = Refused(action.path, form, message, status)
        return self._page(action.screen, Ask(id_), refused=refused)

    def _page(
        self,
        screen: Screen,
        ask: Ask,
        *,
        notice: str | None = None,
        refused: Refused | None = None,
    ) -> Response:
        template, status = screen.template, refused.status if refused else HTTPStatus.OK
        error = refused.message if refused else None
        try:
            shown = screen.show(self._simulator, ask)
        except StripeError as missing:
            template, shown, error, status = "missing.html", {}, missing.message, missing.status
        section = next(path for path in reversed(SECTIONS) if screen.path.startswith(path))
        content = TEMPLATES.get_template(template).render(
            shown,
            address=screen.path.replace("{id}", ask.id),
            ask=ask,
            error=error,
            notice=notice,
            path=screen.path,
            paused=self._simulator.behaviour.deliveries_paused,
            section=section,
            sections=SECTIONS,
            shop=self._simulator.settings.shop_name,
            token=self._token,
            token_field=guard.TOKEN_FIELD,
            typed=partial(_typed, refused),
            version=self._simulator.changes.version,
        )
        # Keep the Origin of the forms' requests, which `no-referrer` would remove.
        return html(
            content,
            status,
            policy="frame-ancestors 'none'; form-action 'self'",
            referrer="same-origin",
        )


def _typed(refused: Refused | None, path: str) -> Fields:
    """Return the content of a refused action's form."""
    return Fields(refused.form if refused and refused.path == path else {})


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"

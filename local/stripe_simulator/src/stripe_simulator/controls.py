"""`/_simulator/`: the simulator's own controls for tests. JSON in, JSON out."""

import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field, ValidationError, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stripe_simulator import snapshots
from stripe_simulator.api.errors import CardDeclined
from stripe_simulator.api.permissions import PERMISSIONS
from stripe_simulator.behaviour import Behaviour
from stripe_simulator.journal import Report
from stripe_simulator.objects import (
    authentication,
    captures,
    checkout_payments,
    dispute_cases,
)
from stripe_simulator.simulator import Simulator
from stripe_simulator.snapshots import Snapshot, StillPending
from stripe_simulator.webhooks.registered_endpoints import ROLLED_SECRET_SECONDS

type Handler = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """The text is the response's message."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class RollSecret(BaseModel, extra="forbid", strict=True):
    overlap_seconds: float = Field(ROLLED_SECRET_SECONDS, ge=0)


class Authentication(BaseModel, extra="forbid", strict=True):
    passed: bool


class ChangePermissions(BaseModel, extra="forbid", strict=True):
    permissions: list[str]

    @field_validator("permissions")
    @classmethod
    def _known(cls, permissions: list[str]) -> list[str]:
        unknown = sorted(set(permissions) - PERMISSIONS)
        if unknown:
            raise ValueError(
                f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(PERMISSIONS))}"
            )
        return permissions


def routes(simulator: Simulator) -> list[Route]:
    controls = Controls(simulator)
    return [
        _route("GET", "/behaviour", controls.behaviour),
        _route("PATCH", "/behaviour", controls.change_behaviour),
        _route("DELETE", "/behaviour", controls.reset_behaviour),
        _route("GET", "/requests", controls.requests),
        _route("DELETE", "/requests", controls.forget_requests),
        _route("POST", "/steps", controls.note_step),
        _route("GET", "/deliveries", controls.deliveries),
        _route("GET", "/deliveries/under_way", controls.under_way),
        _route("POST", "/events/{id}/repeat", controls.repeat_event),
        _route("POST", "/charges/{id}/dispute", controls.dispute_charge),
        _route("POST", "/disputes/{id}/escalate", controls.escalate_dispute),
        _route("POST", "/payment_intents/{id}/expire", controls.expire_hold),
        _route("POST", "/payment_intents/{id}/authenticate", controls.authenticate),
        _route("DELETE", "/idempotency_keys", controls.forget_keys),
        _route("POST", "/reset", controls.reset),
        _route("GET", "/snapshot", controls.snapshot),
        _route("PUT", "/snapshot", controls.restore),
        _route("GET", "/restricted_key", controls.restricted_key),
        _route("PATCH", "/restricted_key", controls.change_permissions),
        _route("POST", "/endpoints/{id}/roll_secret", controls.roll_secret),
    ]


class Controls:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def behaviour(self, _: Request) -> Response:
        return JSONResponse(self._simulator.behaviour.document())

    async def change_behaviour(self, request: Request) -> Response:
        """Change the given settings; `faults` is replaced as a whole."""
        given = await _document(request)
        now = self._simulator.behaviour
        changed = Behaviour.model_validate(now.document() | given)
        self._simulator.change_behaviour(changed)
        return JSONResponse(now.document())

    async def reset_behaviour(self, _: Request) -> Response:
        self._simulator.change_behaviour(Behaviour())
        return JSONResponse(self._simulator.behaviour.document())

    async def requests(self, _: Request) -> Response:
        return JSONResponse(self._simulator.gateway.requests)

    async def forget_requests(self, _: Request) -> Response:
        self._simulator.gateway.requests.clear()
        return JSONResponse([])

    async def note_step(self, request: Request) -> Response:
        """Record a report by the local AWS on a call of the frontend, for the live view."""
        self._simulator.journal.note(Report.model_validate(await _document(request)))
        return JSONResponse({})

    async def deliveries(self, _: Request) -> Response:
        return JSONResponse(self._simulator.deliveries.attempts)

    async def under_way(self, _: Request) -> Response:
        """Return the number of attempts that wait for a response, by endpoint id."""
        return JSONResponse(self._simulator.deliveries.under_way)

    async def repeat_event(self, request: Request) -> Response:
        """Create another event for the same change, with its own id."""
        event = _found(self._simulator.log.events.find, request, "event")
        return JSONResponse(self._simulator.log.repeat(event))

    async def dispute_charge(self, request: Request) -> Response:
        """Open another dispute of a charge whose test card is disputed."""
        account = self._simulator.account
        charge = account.charges.find(request.path_params["id"])
        if charge is None or account.instruments[charge["payment_method"]].dispute is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no charge that its card disputes")
        dispute_cases.open_if_disputed(account, charge)
        return JSONResponse(account.disputes.newest_first()[0])

    async def escalate_dispute(self, request: Request) -> Response:
        """Escalate an open inquiry to a chargeback, with or without the merchant's response."""
        account = self._simulator.account
        dispute = _found(account.disputes.find, request, "dispute")
        if not dispute_cases.is_open_inquiry(dispute):
            raise Refused(HTTPStatus.CONFLICT, f"{dispute['id']} is no open inquiry")
        dispute_cases.escalate(account, dispute)
        return JSONResponse(dispute)

    async def expire_hold(self, request: Request) -> Response:
        """Expire the authorization of a PaymentIntent, as after a week."""
        account = self._simulator.account
        intent = _found(account.payment_intents.find, request, "payment_intent")
        if intent["status"] != captures.STATUS:
            raise Refused(HTTPStatus.CONFLICT, f"{intent['id']} holds no money")
        captures.expire(account, intent)
        return JSONResponse(intent)

    async def authenticate(self, request: Request) -> Response:
        """Respond to the bank's authentication request as the customer."""
        account = self._simulator.account
        intent = _found(account.payment_intents.find, request, "payment_intent")
        if intent["status"] != authentication.STATUS:
            raise Refused(HTTPStatus.CONFLICT, f"{intent['id']} asks for no authentication")
        passed = Authentication.model_validate(await _document(request)).passed
        with contextlib.suppress(CardDeclined):
            checkout_payments.authenticate(account, intent, passed=passed)
        return JSONResponse(intent)

    async def forget_keys(self, _: Request) -> Response:
        """Forget idempotency keys, as after 24 hours; keys of requests in progress stay."""
        return JSONResponse({"forgotten": self._simulator.gateway.forget_keys()})

    async def reset(self, request: Request) -> Response:
        """Reset to the state at the start, including objects made by `--seed`."""
        await _document(request)
        beginning = Snapshot.model_validate(self._simulator.beginning)
        await snapshots.restore(self._simulator, beginning)
        return JSONResponse({})

    async def snapshot(self, _: Request) -> Response:
        try:
            taken = snapshots.take(self._simulator)
        except StillPending:
            message = "a payment, a refund or a dispute is pending"
            raise Refused(HTTPStatus.CONFLICT, message) from None
        return JSONResponse(taken.model_dump(mode="json"))

    async def restore(self, request: Request) -> Response:
        given = Snapshot.model_validate(await _document(request))
        await snapshots.restore(self._simulator, given)
        return JSONResponse({})

    async def restricted_key(self, _: Request) -> Response:
        key = self._simulator.restricted_key
        if key is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no restricted key")
        return JSONResponse({"permissions": list(key.permissions)})

    async def change_permissions(self, request: Request) -> Response:
        """Set the restricted key's permissions from the next request on."""
        permissions = ChangePermissions.model_validate(await _document(request)).permissions
        if self._simulator.restricted_key is not None:
            self._simulator.restricted_key.permissions = tuple(permissions)
        return await self.restricted_key(request)

    async def roll_secret(self, request: Request) -> Response:
        """Roll the signing secret; for `overlap_seconds` the old one signs too."""
        endpoint = _found(self._simulator.endpoints.find, request, "endpoint")
        overlap = RollSecret.model_validate(await _document(request)).overlap_seconds
        return JSONResponse({"secret": self._simulator.endpoints.roll_secret(endpoint, overlap)})


async def _document(request: Request) -> dict[str, Any]:
    # A media type that web pages can't send without a CORS preflight.
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        given = await request.json()
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
    if not isinstance(given, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    return given


def _found[T](find: Callable[[str], T | None], request: Request, noun: str) -> T:
    id_ = request.path_params["id"]
    found = find(id_)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"no {noun} {id_}")
    return found


def _route(method: str, path: str, handler: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return _error(refused.status, str(refused))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            return _error(HTTPStatus.BAD_REQUEST, f"{where}: {first['msg']}")

    return Route(f"/_simulator{path}", endpoint, methods=[method])


def _error(status: HTTPStatus, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status)

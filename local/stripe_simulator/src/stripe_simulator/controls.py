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
        Route("/_simulator/behaviour", controls.behaviour, methods=["GET"]),
        Route("/_simulator/behaviour", controls.change_behaviour, methods=["PATCH"]),
        Route("/_simulator/behaviour", controls.reset_behaviour, methods=["DELETE"]),
        Route("/_simulator/requests", controls.requests, methods=["GET"]),
        Route("/_simulator/requests", controls.forget_requests, methods=["DELETE"]),
        Route("/_simulator/steps", controls.note_step, methods=["POST"]),
        Route("/_simulator/deliveries", controls.deliveries, methods=["GET"]),
        Route("/_simulator/deliveries/under_way", controls.under_way, methods=["GET"]),
        Route("/_simulator/events/{id}/repeat", controls.repeat_event, methods=["POST"]),
        Route("/_simulator/charges/{id}/dispute", controls.dispute_charge, methods=["POST"]),
        Route("/_simulator/disputes/{id}/escalate", controls.escalate_dispute, methods=["POST"]),
        Route("/_simulator/payment_intents/{id}/expire", controls.expire_hold, methods=["POST"]),
        Route(
            "/_simulator/payment_intents/{id}/authenticate",
            controls.authenticate,
            methods=["POST"],
        ),
        Route("/_simulator/idempotency_keys", controls.forget_keys, methods=["DELETE"]),
        Route("/_simulator/reset", controls.reset, methods=["POST"]),
        Route("/_simulator/snapshot", controls.snapshot, methods=["GET"]),
        Route("/_simulator/snapshot", controls.restore, methods=["PUT"]),
        Route("/_simulator/restricted_key", controls.restricted_key, methods=["GET"]),
        Route("/_simulator/restricted_key", controls.change_permissions, methods=["PATCH"]),
        Route("/_simulator/endpoints/{id}/roll_secret", controls.roll_secret, methods=["POST"]),
    ]


class Controls:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def behaviour(self, _: Request) -> Response:
        return JSONResponse(self._simulator.behaviour.document())

    async def change_behaviour(self, request: Request) -> Response:
        """Change the given settings; `faults` is replaced as a whole."""
        given = await _document(request)
        if isinstance(given, Response):
            return given
        now = self._simulator.behaviour
        try:
            changed = Behaviour.model_validate(now.document() | given)
        except ValidationError as error:
            return _refused(error)
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
        given = await _document(request)
        if isinstance(given, Response):
            return given
        try:
            self._simulator.journal.note(Report.model_validate(given))
        except ValidationError as error:
            return _refused(error)
        return JSONResponse({})

    async def deliveries(self, _: Request) -> Response:
        return JSONResponse(self._simulator.deliveries.attempts)

    async def under_way(self, _: Request) -> Response:
        """Return the number of attempts that wait for a response, by endpoint id."""
        return JSONResponse(self._simulator.deliveries.under_way)

    async def repeat_event(self, request: Request) -> Response:
        """Create another event for the same change, with its own id."""
        id_ = request.path_params["id"]
        if id_ not in self._simulator.log.events:
            return _error(HTTPStatus.NOT_FOUND, f"no event {id_}")
        return JSONResponse(self._simulator.log.repeat(self._simulator.log.events[id_]))

    async def dispute_charge(self, request: Request) -> Response:
        """Open another dispute of a charge whose test card is disputed."""
        account = self._simulator.account
        charge = account.charges.find(request.path_params["id"])
        if charge is None or account.instruments[charge["payment_method"]].dispute is None:
            return _error(HTTPStatus.NOT_FOUND, "no charge that its card disputes")
        dispute_cases.open_if_disputed(account, charge)
        return JSONResponse(account.disputes.newest_first()[0])

    async def escalate_dispute(self, request: Request) -> Response:
        """Escalate an open inquiry to a chargeback, with or without the merchant's response."""
        account = self._simulator.account
        dispute = account.disputes.find(request.path_params["id"])
        if dispute is None:
            return _error(HTTPStatus.NOT_FOUND, f"no dispute {request.path_params['id']}")
        if not dispute_cases.is_open_inquiry(dispute):
            return _error(HTTPStatus.CONFLICT, f"{dispute['id']} is no open inquiry")
        dispute_cases.escalate(account, dispute)
        return JSONResponse(dispute)

    async def expire_hold(self, request: Request) -> Response:
        """Expire the authorization of a PaymentIntent, as after a week."""
        account = self._simulator.account
        intent = account.payment_intents.find(request.path_params["id"])
        if intent is None:
            return _error(HTTPStatus.NOT_FOUND, f"no payment_intent {request.path_params['id']}")
        if intent["status"] != captures.STATUS:
            return _error(HTTPStatus.CONFLICT, f"{intent['id']} holds no money")
        captures.expire(account, intent)
        return JSONResponse(intent)

    async def authenticate(self, request: Request) -> Response:
        """Respond to the bank's authentication request as the customer."""
        account = self._simulator.account
        intent = account.payment_intents.find(request.path_params["id"])
        if intent is None:
            return _error(HTTPStatus.NOT_FOUND, f"no payment_intent {request.path_params['id']}")
        if intent["status"] != authentication.STATUS:
            return _error(HTTPStatus.CONFLICT, f"{intent['id']} asks for no authentication")
        given = await _document(request)
        if isinstance(given, Response):
            return given
        try:
            passed = Authentication.model_validate(given).passed
        except ValidationError as error:
            return _refused(error)
        with contextlib.suppress(CardDeclined):
            checkout_payments.authenticate(account, intent, passed=passed)
        return JSONResponse(intent)

    async def forget_keys(self, _: Request) -> Response:
        """Forget idempotency keys, as after 24 hours; keys of requests in progress stay."""
        return JSONResponse({"forgotten": self._simulator.gateway.forget_keys()})

    async def reset(self, request: Request) -> Response:
        """Reset to the state at the start, including objects made by `--seed`."""
        given = await _document(request)
        if isinstance(given, Response):
            return given
        beginning = Snapshot.model_validate(self._simulator.beginning)
        await snapshots.restore(self._simulator, beginning)
        return JSONResponse({})

    async def snapshot(self, _: Request) -> Response:
        try:
            taken = snapshots.take(self._simulator)
        except StillPending:
            return _error(HTTPStatus.CONFLICT, "a payment, a refund or a dispute is pending")
        return JSONResponse(taken.model_dump(mode="json"))

    async def restore(self, request: Request) -> Response:
        given = await _document(request)
        if isinstance(given, Response):
            return given
        try:
            await snapshots.restore(self._simulator, Snapshot.model_validate(given))
        except ValidationError as error:
            return _refused(error)
        return JSONResponse({})

    async def restricted_key(self, _: Request) -> Response:
        key = self._simulator.restricted_key
        if key is None:
            return _error(HTTPStatus.NOT_FOUND, "no restricted key")
        return JSONResponse({"permissions": list(key.permissions)})

    async def change_permissions(self, request: Request) -> Response:
        """Set the restricted key's permissions from the next request on."""
        given = await _document(request)
        if isinstance(given, Response):
            return given
        try:
            permissions = ChangePermissions.model_validate(given).permissions
        except ValidationError as error:
            return _refused(error)
        if self._simulator.restricted_key is not None:
            self._simulator.restricted_key.permissions = tuple(permissions)
        return await self.restricted_key(request)

    async def roll_secret(self, request: Request) -> Response:
        """Roll the signing secret; for `overlap_seconds` the old one signs too."""
        endpoint = self._simulator.endpoints.find(request.path_params["id"])
        if endpoint is None:
            return _error(HTTPStatus.NOT_FOUND, f"no endpoint {request.path_params['id']}")
        given = await _document(request)
        if isinstance(given, Response):
            return given
        try:
            overlap = RollSecret.model_validate(given).overlap_seconds
        except ValidationError as error:
            return _refused(error)
        return JSONResponse({"secret": self._simulator.endpoints.roll_secret(endpoint, overlap)})


async def _document(request: Request) -> dict[str, Any] | Response:
    # A media type that web pages can't send without a CORS preflight.
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return _error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    try:
        given = await request.json()
    except ValueError:
        return _error(HTTPStatus.BAD_REQUEST, "the body is not JSON")
    if not isinstance(given, dict):
        return _error(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    return given


def _refused(error: ValidationError) -> Response:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _error(HTTPStatus.BAD_REQUEST, f"{where}: {first['msg']}")


def _error(status: HTTPStatus, message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, status)

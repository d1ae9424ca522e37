"""Handles every API request: the steps before and after its endpoint runs.

logged ─> authenticated, permitted ─> parameters read ─> idempotency key ─> run ─> expanded
"""

import inspect
import json
import time
from asyncio import sleep
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from stripe_simulator.api import body, expansion, request_context
from stripe_simulator.api.authentication import authenticate, given_key
from stripe_simulator.api.call import Call, current_call
from stripe_simulator.api.errors import (
    InvalidRequest,
    StripeError,
    Unavailable,
)
from stripe_simulator.api.expansion import Find, Include
from stripe_simulator.api.idempotency import IdempotencyKeys, StoredResponse
from stripe_simulator.api.parameters import Parameters
from stripe_simulator.api.permissions import RestrictedKey
from stripe_simulator.behaviour import Behaviour, Fault
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.settings import API_VERSION, Settings
from stripe_simulator.timestamps import written

# Statuses that mean that nothing ran: the same key may be used again.
NOT_KEPT = frozenset({401, 409, 429, 502, 503, 504})


@dataclass(frozen=True)
class Operation:
    """One endpoint. `run` takes its parameters, then the ids in its path; `returns` is the kind of
    the returned object, `charge` or `list charge`.
    """

    method: str
    path: str
    parameters: type[Parameters]
    run: Callable[..., Json | Awaitable[Json]]
    returns: str = ""


class Gateway:
    """`prepare` is called before each request, to run scheduled changes that are due. `log` is
    called after it.
    """

    def __init__(  # noqa: PLR0913  (what the endpoints have in common)
        self,
        settings: Settings,
        behaviour: Behaviour,
        *,
        account_id: str,
        restricted: RestrictedKey | None,
        clock: Callable[[], float],
        prepare: Callable[[], None],
        find: Find,
        include: Include,
        log: Callable[[Json], None],
    ) -> None:
        self.requests: list[Json] = []
        self._settings = settings
        self._behaviour = behaviour
        self._account_id = account_id
        self._restricted = restricted
        self._clock = clock
        self._prepare = prepare
        self._find = find
        self._include = include
        self._tell = log
        self._keys = IdempotencyKeys(clock)

    def forget_keys(self) -> int:
        """Forget idempotency keys that have a response; return their number."""
        return self._keys.forget_completed()

    def forget(self) -> None:
        """Forget the received requests and their idempotency keys."""
        self.requests.clear()
        self.forget_keys()

    async def handle(self, operation: Operation | None, request: Request) -> Response:
        """Handle a request; without an operation, Stripe has no such URL."""
        self._prepare()
        call = Call(
            request_id=new_id("req", 14),
            idempotency_key=request.headers.get("idempotency-key"),
            base_url=str(request.base_url).rstrip("/"),
        )
        current_call.set(call)
        entry = self._log(request, call)
        started = time.monotonic()
        try:
            response = await self._respond(operation, request, call)
        except StripeError as error:
            response = self._refusal(error, call)
        entry["status"] = response.status
        entry["duration_ms"] = round(1000 * (time.monotonic() - started), 3)
        self._tell(self._logged(request, response, call))
        return self._response(response, request, call)

    async def _respond(
        self, operation: Operation | None, request: Request, call: Call
    ) -> StoredResponse:
        authorization = request.headers.get("authorization")
        restricted = authenticate(authorization, self._settings.secret_keys, self._restricted)
        key = given_key(authorization) or ""
        request_context.require_known(request.headers, self._account_id, key)
        if operation is None:
            raise InvalidRequest(
                f"Unrecognized request URL ({request.method}: {request.url.path}). Please see "
                "https://stripe.com/docs or we can help at https://support.stripe.com/.",
                status=404,
            )
        if restricted is not None:
            restricted.require_endpoint(operation.method, operation.path)
            call = replace(call, restricted=restricted)
        raw = body.read(request.method, request.url, request.headers, await request.body())
        idempotency_key = call.idempotency_key if request.method == "POST" else None
        if idempotency_key is None:
            return await self._run(operation, request, raw, call)
        kept = self._keys.begin(idempotency_key, request.url.path, raw)
        if kept is not None:
            return kept
        try:
            response = await self._run(operation, request, raw, call)
        except BaseException:
            self._keys.forget(idempotency_key)
            raise
        if response.status in NOT_KEPT:
            self._keys.forget(idempotency_key)
        else:
            self._keys.keep(idempotency_key, response)
        return response

    async def _run(
        self, operation: Operation, request: Request, raw: Json, call: Call
    ) -> StoredResponse:
        """Raise errors from before the endpoint runs; return the endpoint's response or error."""
        parameters = operation.parameters.read(raw)
        expansion.check(operation.returns, parameters.expand)
        if call.restricted is not None:
            call.restricted.require_expanded(operation.returns, parameters.expand)
        fault = self._behaviour.take_fault(request.method, request.url.path)
        try:
            document = await self._carry_out(operation, request, parameters, fault)
        except StripeError as error:
            return self._refusal(error, call)
        shown = expansion.expanded(document, parameters.expand, self._find, self._include)
        return StoredResponse(HTTPStatus.OK, _encoded(shown), call.request_id)

    async def _carry_out(
        self, operation: Operation, request: Request, parameters: Parameters, fault: Fault | None
    ) -> Json:
        if fault is not None and fault.status != HTTPStatus.OK:
            await sleep(fault.delay_seconds)
            raise Unavailable(fault.status, fault.message, code=fault.code, param=fault.param)
        result = operation.run(parameters, *request.path_params.values())
        document = await result if inspect.isawaitable(result) else result
        if fault is not None:
            await sleep(fault.delay_seconds)
        return document

    def _refusal(self, error: StripeError, call: Call) -> StoredResponse:
        mode = "" if self._settings.livemode else "test/"
        log_url = (
            f"https://dashboard.stripe.com/{mode}logs/{call.request_id}?t={int(self._clock())}"
        )
        return StoredResponse(error.status, _encoded(error.body(log_url)), call.request_id)

    def _response(self, response: StoredResponse, request: Request, call: Call) -> Response:
        headers = {
            "Request-Id": call.request_id,
            "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        }
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
            headers["Original-Request"] = response.request_id
        if response.request_id != call.request_id:
            headers["Idempotent-Replayed"] = "true"
        if response.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # A 500 is replayed, so a retry with the same key does not help.
            again = response.status in NOT_KEPT or call.idempotency_key is None
            headers["Stripe-Should-Retry"] = "true" if again else "false"
        return Response(response.body, response.status, headers, media_type="application/json")

    def _logged(self, request: Request, response: StoredResponse, call: Call) -> Json:
        """Return the log entry of a request, as `stripe logs tail` shows it."""
        refused = response.status >= HTTPStatus.BAD_REQUEST
        return {
            "created_at": int(self._clock()),
            "error": json.loads(response.body)["error"] if refused else {},
            "livemode": self._settings.livemode,
            "method": request.method,
            "request_id": call.request_id,
            "status": response.status,
            "url": request.url.path,
        }

    def _log(self, request: Request, call: Call) -> Json:
        entry: Json = {
            "method": request.method,
            "path": request.url.path,
            "status": None,
            "idempotency_key": call.idempotency_key,
            "at": written(self._clock()),
            "duration_ms": None,
        }
        self.requests.append(entry)
        return entry


def _encoded(document: Json) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode()

"""Sessions of the Stripe CLI: `stripe listen` gets every event, `stripe logs tail` every request.

Undocumented; derived from the CLI's source: https://github.com/stripe/stripe-cli (pkg/stripeauth,
pkg/websocket).
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from stripe_simulator.api.call import base_url
from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.parameters import Parameters
from stripe_simulator.api.values import Array, Text
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.settings import API_VERSION

PATH = "/v1/stripecli/websocket"
# After this time the CLI reconnects by itself.
RECONNECT_SECONDS = 24 * 60 * 60
EVENTS = frozenset({"webhooks", "webhook_payloads"})
THIN_EVENTS = "v2_events"
REQUESTS = "request_logs"

type Kind = Literal["event", "thin event", "request"]


class LogFilters(BaseModel, extra="ignore"):
    """Filters of `stripe logs tail`; an empty one matches everything."""

    filter_http_method: list[str] = Field(default_factory=list)
    filter_request_path: list[str] = Field(default_factory=list)
    filter_request_status: list[Literal["SUCCEEDED", "FAILED"]] = Field(default_factory=list)
    filter_status_code: list[str] = Field(default_factory=list)
    filter_status_code_type: list[str] = Field(default_factory=list)

    def let_through(self, request: Json) -> bool:
        status = str(request["status"])
        outcome = "SUCCEEDED" if status.startswith("2") else "FAILED"
        chosen = (
            (self.filter_http_method, request["method"]),
            (self.filter_request_path, request["url"]),
            (self.filter_request_status, outcome),
            (self.filter_status_code, status),
            (self.filter_status_code_type, f"{status[0]}XX"),
        )
        return all(not wanted or value in wanted for wanted, value in chosen)


class CreateCliSession(Parameters):
    device_name: Text
    filters: Text = "{}"
    forward_connect_to_url: Text | None = None
    forward_thin_connect_to_url: Text | None = None
    forward_thin_to_url: Text | None = None
    forward_to_url: Text | None = None
    websocket_features: Array[Text]


@dataclass
class CliSession:
    """`waiting` has messages for its connection; without a connection they are dropped."""

    features: frozenset[str]
    filters: LogFilters
    waiting: asyncio.Queue[tuple[Kind, Json]] = field(default_factory=asyncio.Queue)
    connections: int = 0

    @contextmanager
    def connected(self) -> Iterator[None]:
        self.connections += 1
        try:
            yield
        finally:
            self.connections -= 1

    def tell(self, kind: Kind, document: Json) -> None:
        if self.connections:
            self.waiting.put_nowait((kind, document))


class CliSessions:
    """All sessions share one signing secret, so that `stripe listen --print-secret` stays valid."""

    def __init__(self) -> None:
        self.secret = new_id("whsec", 64)
        self._device_token = new_id("device", 32)
        self._sessions: dict[str, CliSession] = {}

    def find(self, websocket_id: str) -> CliSession | None:
        return self._sessions.get(websocket_id)

    def add(self, session: CliSession) -> Json:
        id_ = new_id("cliws", 32)
        self._sessions[id_] = session
        return {
            "id": new_id("clisess"),
            "object": "stripecli_session",
            "default_version": API_VERSION,
            "device_token": self._device_token,
            "display_connect_filter_warning": False,
            "latest_version": API_VERSION,
            "reconnect_delay": RECONNECT_SECONDS,
            "secret": self.secret,
            "websocket_authorized_feature": ",".join(sorted(session.features)),
            "websocket_id": id_,
            "websocket_url": base_url().replace("http", "ws", 1) + PATH,
        }

    def announce(self, event: Json) -> None:
        for session in self._sessions.values():
            if session.features & EVENTS:
                session.tell("event", event)
            if THIN_EVENTS in session.features:
                session.tell("thin event", event)

    def log(self, request: Json) -> None:
        """Send an API request's log entry to `stripe logs tail`."""
        for session in self._sessions.values():
            if REQUESTS in session.features and session.filters.let_through(request):
                session.tell("request", request)


def create(sessions: CliSessions, parameters: CreateCliSession) -> Json:
    features = frozenset(parameters.websocket_features)
    known = EVENTS | {THIN_EVENTS, REQUESTS}
    if not features or features - known:
        raise InvalidRequest(
            f"Invalid websocket_features: must be some of {', '.join(sorted(known))}",
            param="websocket_features",
        )
    return sessions.add(CliSession(features, _filters(parameters.filters)))


def _filters(written: str) -> LogFilters:
    try:
        return TypeAdapter(LogFilters | None).validate_json(written) or LogFilters()
    except ValidationError as error:
        raise InvalidRequest(
            f"Invalid filters: {json.dumps(error.errors()[0]['msg'])}", param="filters"
        ) from None

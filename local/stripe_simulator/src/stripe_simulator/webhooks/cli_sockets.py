"""The WebSocket of a Stripe CLI's session: events and requests go out, responses come back."""

import asyncio
import json
import time

from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.settings import API_VERSION
from stripe_simulator.simulator import Simulator
from stripe_simulator.webhooks import signature, thin_events
from stripe_simulator.webhooks.cli_sessions import PATH, CliSession
from stripe_simulator.webhooks.transport import HEADERS

SUBPROTOCOL = "stripecli-devproxy-v1"
# Makes the CLI end its session and start another.
UNKNOWN = {"error": {"message": "Unknown WebSocket ID."}}


def routes(simulator: Simulator) -> list[WebSocketRoute]:
    async def serve(websocket: WebSocket) -> None:
        session = simulator.cli.find(websocket.headers.get("websocket-id", ""))
        if session is None:
            await websocket.send_denial_response(JSONResponse(UNKNOWN, 404))
            return
        await websocket.accept(subprotocol=SUBPROTOCOL)
        await CliSocket(simulator, session, websocket).run()

    return [WebSocketRoute(PATH, serve)]


class CliSocket:
    def __init__(self, simulator: Simulator, session: CliSession, websocket: WebSocket) -> None:
        self._simulator = simulator
        self._session = session
        self._websocket = websocket
        self._sent: dict[str, Json] = {}
        """Events by conversation id."""

    async def run(self) -> None:
        with self._session.connected():
            sending = asyncio.create_task(self._send())
            try:
                async for message in self._websocket.iter_json():
                    self._note(message)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self) -> None:
        while True:
            kind, document = await self._session.waiting.get()
            if kind == "request":
                await self._websocket.send_json(_request(document))
                continue
            await self._simulator.deliveries.going()
            if kind == "thin event":
                await self._websocket.send_json(self._thin(document))
                continue
            # In the account's API version, and in the latest for `stripe listen --latest`.
            for version in (None, API_VERSION):
                await self._websocket.send_json(self._snapshot(document, version))

    def _snapshot(self, event: Json, version: str | None) -> Json:
        body = json.dumps(event, indent=2, ensure_ascii=False)
        conversation = new_id("wc")
        self._sent[conversation] = event
        return {
            "type": "webhook_event",
            "endpoint": {"api_version": version},
            "event_payload": body,
            "http_headers": self._headers(body),
            "webhook_conversation_id": conversation,
            "webhook_id": new_id("we"),
        }

    def _thin(self, event: Json) -> Json:
        body = json.dumps(thin_events.notification(event), indent=2, ensure_ascii=False)
        return {
            "type": "v2_event",
            "destination_id": new_id("ed"),
            "http_headers": self._headers(body),
            "payload": body,
        }

    def _headers(self, body: str) -> Json:
        signed = signature.header(
            body.encode(),
            [self._simulator.cli.secret],
            int(time.time()),
            livemode=self._simulator.settings.livemode,
        )
        return HEADERS | {"Stripe-Signature": signed}

    def _note(self, message: Json) -> None:
        """Log the response of the CLI's endpoint as a delivery attempt."""
        event = self._sent.get(message.get("webhook_conversation_id", ""))
        if event is not None and message["type"] == "webhook_response":
            self._simulator.deliveries.note(event, message["forward_url"], message["status"])


def _request(request: Json) -> Json:
    return {
        "type": "request_log_event",
        "event_payload": json.dumps(request),
        "request_log_id": new_id("resp"),
    }

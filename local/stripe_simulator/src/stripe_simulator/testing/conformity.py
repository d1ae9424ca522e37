"""Checks a simulator's responses and recorded objects against Stripe's described shapes."""

import json
from collections import Counter
from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stripe_simulator.documents import Json
from stripe_simulator.schema.check import document_violations
from stripe_simulator.simulator import Simulator


class Conformity:
    """An application that checks each response of `/v1`.

    `found` counts violations by location, such as `charge.outcome.rule: is null`.
    """

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.found: Counter[str] = Counter()
        self._app = app
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        is_json = False

        async def checked(message: Message) -> None:
            nonlocal is_json
            if message["type"] == "http.response.start":
                is_json = (b"content-type", b"application/json") in message["headers"]
            elif is_json:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    self._check(json.loads(body))
            await send(message)

        await self._app(scope, receive, checked)

    def check_recorded(self) -> None:
        """Check the objects in all events, and the current state of all objects."""
        for document in _recorded(self._simulator):
            self._check(document)

    def _check(self, document: object) -> None:
        self.found.update(document_violations(document))


def _recorded(simulator: Simulator) -> Iterator[Json]:
    yield from simulator.log.events
    for collection in simulator.account.collections:
        yield from collection
    for facts in simulator.account.checkout.values():
        yield from facts.line_items
    yield from simulator.endpoints.webhook_endpoints

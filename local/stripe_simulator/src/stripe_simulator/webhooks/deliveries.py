"""Deliveries: each event is sent, signed, to each enabled endpoint until one attempt succeeds.

Each delivery is a separate task, so the order is not defined, as at Stripe.
"""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

import httpx

from stripe_simulator.behaviour import Behaviour
from stripe_simulator.documents import Json
from stripe_simulator.settings import Settings
from stripe_simulator.timestamps import written
from stripe_simulator.webhooks import signature, thin_events
from stripe_simulator.webhooks.registered_endpoints import Endpoint, Endpoints
from stripe_simulator.webhooks.transport import Transport

SHUFFLE_SECONDS = 0.3
CONCURRENT = 16

type Outcome = Literal["delivered", "failed", "dropped", "canceled"]


@dataclass
class Delivery:
    event: Json
    endpoint: Endpoint
    first_attempt_over: asyncio.Event = field(default_factory=asyncio.Event)
    delivered: bool = False


class Deliveries:
    """`attempted` is called after each attempt."""

    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        endpoints: Endpoints,
        attempted: Callable[[], None],
    ) -> None:
        self.attempts: list[Json] = []
        self.under_way: Counter[str] = Counter()
        self._settings = settings
        self._behaviour = behaviour
        self._endpoints = endpoints
        self._attempted = attempted
        self._transport = Transport(settings.connect_to, settings.delivery_timeout_seconds)
        self._chance = random.Random(settings.random_seed)  # noqa: S311  (chaos, not cryptography)
        self._going = asyncio.Event()
        self._going.set()
        self._slots = asyncio.Semaphore(CONCURRENT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._of_event: dict[str, list[Delivery]] = {}

    def announce(self, event: Json) -> int:
        """Send an event to the endpoints enabled for its type; return their number."""
        endpoints = self._endpoints.wanting(event["type"])
        for endpoint in endpoints:
            self.send(event, endpoint)
        return len(endpoints)

    def send(self, event: Json, endpoint: Endpoint) -> None:
        delivery = Delivery(event, endpoint)
        self._of_event.setdefault(event["id"], []).append(delivery)
        self._start(self._deliver(delivery))

    def resend(self, event: Json, endpoint: Endpoint) -> None:
        """Send an event again, to an endpoint that may be newer than the event."""
        if not self._sent(endpoint, event):
            event["pending_webhooks"] += 1
        self.send(event, endpoint)

    def note(self, event: Json, url: str, status: int) -> None:
        """Log an attempt that the Stripe CLI made."""
        self._log(event, url, 1, status, _outcome(status))

    async def going(self) -> None:
        """Wait while deliveries are paused."""
        await self._going.wait()

    def behaviour_changed(self) -> None:
        if self._behaviour.deliveries_paused:
            self._going.clear()
        else:
            self._going.set()

    async def first_attempts(self, event_id: str) -> None:
        """Wait for an event's first attempt at every endpoint, unless dropped or paused."""
        if self._behaviour.deliveries_paused:
            return
        waits = [one.first_attempt_over.wait() for one in self._of_event.get(event_id, [])]
        await asyncio.gather(*waits)

    async def forget(self) -> None:
        """Cancel deliveries in progress, and clear the log."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for delivery in itertools.chain.from_iterable(self._of_event.values()):
            delivery.first_attempt_over.set()
        self._of_event.clear()
        self.attempts.clear()

    async def aclose(self) -> None:
        await self.forget()
        await self._transport.aclose()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        """Make the first attempt, its duplicates, and retries until one succeeds."""
        await self._going.wait()
        if self._chance.random() < self._behaviour.drop_probability:
            self._log_of(delivery, 1, None, "dropped")
            delivery.first_attempt_over.set()
            return
        for _ in range(self._behaviour.duplicates):
            self._start(self._copy(delivery))
        attempt = 1
        for wait in (self._first_wait(), *self._settings.retry_seconds):
            outcome = await self._attempt(delivery, attempt, wait)
            delivery.first_attempt_over.set()
            if outcome != "failed":
                return
            attempt += 1

    async def _copy(self, delivery: Delivery) -> None:
        await self._attempt(delivery, 1, self._first_wait())

    def _first_wait(self) -> float:
        shuffled = self._chance.uniform(0, SHUFFLE_SECONDS) if self._behaviour.shuffle else 0.0
        return self._behaviour.delay_seconds + shuffled

    async def _attempt(self, delivery: Delivery, attempt: int, wait_seconds: float) -> Outcome:
        await asyncio.sleep(wait_seconds)
        async with self._slots:
            await self._going.wait()
            endpoint = self._endpoints.find(delivery.endpoint.id)
            if endpoint is None or not endpoint.enabled:
                self._log_of(delivery, attempt, None, "canceled")
                return "canceled"
            self.under_way[endpoint.id] += 1
            try:
                status = await self._post(delivery)
            finally:
                self.under_way[endpoint.id] -= 1
        outcome = _outcome(status)
        delivered = outcome == "delivered"
        self._log_of(delivery, attempt, status, outcome)
        counted = "pending_webhooks" in delivery.event  # Not in a ping.
        if delivered and counted and not self._has(endpoint, delivery.event):
            delivery.event["pending_webhooks"] -= 1
        delivery.delivered = delivery.delivered or delivered
        return outcome

    async def _post(self, delivery: Delivery) -> int | None:
        endpoint = delivery.endpoint
        body = self._body(delivery)
        signed = signature.header(
            body,
            self._endpoints.secrets(endpoint),
            int(time.time()),
            livemode=self._settings.livemode,
        )
        try:
            return await self._transport.post(endpoint.url, body, signed)
        except httpx.HTTPError:
            return None

    def _body(self, delivery: Delivery) -> bytes:
        endpoint = delivery.endpoint
        ping = delivery.event["object"] == thin_events.OBJECT
        if ping or endpoint.thin or self._behaviour.thin_events:
            document = thin_events.notification(delivery.event)
        else:
            version = endpoint.api_version or delivery.event["api_version"]
            document = delivery.event | {"api_version": version}
        return json.dumps(document, indent=2, ensure_ascii=False).encode()

    def _sent(self, endpoint: Endpoint, event: Json) -> list[Delivery]:
        sent = self._of_event.get(event["id"], [])
        return [one for one in sent if one.endpoint is endpoint]

    def _has(self, endpoint: Endpoint, event: Json) -> bool:
        return any(one.delivered for one in self._sent(endpoint, event))

    def _log_of(
        self, delivery: Delivery, attempt: int, status: int | None, outcome: Outcome
    ) -> None:
        self._log(delivery.event, delivery.endpoint.url, attempt, status, outcome)

    def _log(
        self, event: Json, url: str, attempt: int, status: int | None, outcome: Outcome
    ) -> None:
        self.attempts.append(
            {
                "event": event["id"],
                "type": event["type"],
                "url": url,
                "status": status,
                "attempt": attempt,
                "at": written(time.time()),
                "outcome": outcome,
            }
        )
        self._attempted()


def _outcome(status: int | None) -> Outcome:
    """Return the outcome of an attempt; `status` is None without a response."""
    successful = status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return "delivered" if successful else "failed"

"""The event log: changes of objects, with the object after the change."""

import copy
from collections.abc import Callable
from typing import get_args

import stripe

from stripe_simulator.api.call import current_call
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects.account import Collection
from stripe_simulator.objects.shapes import declared
from stripe_simulator.settings import API_VERSION
from stripe_simulator.webhooks import thin_events

EVENT_TYPES = frozenset(get_args(stripe.Event.__annotations__["type"]))


class EventLog:
    """All events, oldest first. `announce` sends an event and returns its number of endpoints."""

    def __init__(self, clock: Callable[[], float], *, livemode: bool) -> None:
        self.events = Collection("event", "id")
        self.pings = Collection("event", "id")
        self.announce: Callable[[Json], int] = lambda _: 0
        self._clock = clock
        self._livemode = livemode

    def record(self, type_: str, object_: Json, previous: Json | None = None) -> None:
        data: Json = {"object": copy.deepcopy(object_)}
        if previous is not None:
            data["previous_attributes"] = copy.deepcopy(previous)
        call = current_call.get()
        request = declared(
            stripe.Event.Request,
            id=call and call.request_id,
            idempotency_key=call and call.idempotency_key,
        )
        self._add(type_, data, request)

    def repeat(self, event: Json) -> Json:
        """Record another event for the same change, with its own id, as Stripe sometimes does."""
        return self._add(event["type"], copy.deepcopy(event["data"]), dict(event["request"]))

    def ping(self, destination: Json) -> Json:
        """Record a ping: only its destination gets it, and the v1 API does not list it."""
        id_ = new_id("evt" if self._livemode else "evt_test")
        return self.pings.add(thin_events.ping(id_, destination, created=self._clock()))

    def _add(self, type_: str, data: Json, request: Json) -> Json:
        event = declared(
            stripe.Event,
            api_version=API_VERSION,
            created=int(self._clock()),
            id=new_id("evt"),
            livemode=self._livemode,
            pending_webhooks=0,
            request=request,
            type=type_,
        )
        # Not through `declared`: `previous_attributes` is absent, not null, unless it is an update.
        event["data"] = data
        self.events.add(event)
        event["pending_webhooks"] = self.announce(event)
        return event

"""The event destinations of a stack's webhook URL, where Stripe delivers events.

https://docs.stripe.com/event-destinations, https://docs.stripe.com/api/v2/core/event_destinations
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import stripe

from checkout.stripe.events import HANDLED_EVENTS

if TYPE_CHECKING:
    from stripe.v2.core import EventDestination

EVENT_TYPES = frozenset(HANDLED_EVENTS)
# The SDK's version, whose objects the layer reads.
API_VERSION = stripe.api_version
# A new destination gets events at once, but its secret is known only after creation. Until the
# secret is stored, it is registered for an event that only Connect applications get.
# https://docs.stripe.com/api/events/types#event_types-account.application.authorized
NOT_YET = frozenset({"account.application.authorized"})


@dataclass(frozen=True, slots=True)
class Destination:
    """`api` is v1 for a webhook endpoint of Stripe's v1 API, which serves the same purpose."""

    id: str
    api: Literal["v1", "v2"]
    enabled: bool
    events: frozenset[str]
    payload: str
    api_version: str | None
    created: str

    @property
    def is_unfinished(self) -> bool:
        """True if its registration was interrupted, so that its secret may be lost."""
        return self.events == NOT_YET

    @property
    def can_be_kept(self) -> bool:
        """True if all of its possible defects can be updated."""
        return (
            self.api == "v2"
            and self.payload == "snapshot"
            and self.api_version == API_VERSION
            and not self.is_unfinished
        )


@dataclass(frozen=True)
class Destinations:
    """The destinations at one URL. Every method raises stripe.StripeError."""

    client: stripe.StripeClient
    url: str

    def registered(self) -> list[Destination]:
        """Return the destinations of the URL, newest first."""
        found = [*self._v2(), *self._v1()]
        return sorted(found, key=lambda one: one.created, reverse=True)

    def register(self, name: str) -> tuple[Destination, str]:
        """Create a destination that gets no events yet; return it with its signing secret."""
        created = self.client.v2.core.event_destinations.create(
            {
                "name": name,
                "type": "webhook_endpoint",
                "event_payload": "snapshot",
                "snapshot_api_version": API_VERSION,
                "enabled_events": sorted(NOT_YET),
                "webhook_endpoint": {"url": self.url},
                "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
            }
        )
        endpoint = created.webhook_endpoint
        assert endpoint is not None  # noqa: S101  (it was included)
        assert endpoint.signing_secret is not None  # noqa: S101
        return _from_v2(created), endpoint.signing_secret

    def receive(self, destination: Destination, events: frozenset[str] = EVENT_TYPES) -> None:
        self.client.v2.core.event_destinations.update(
            destination.id, {"enabled_events": sorted(events)}
        )

    def enable(self, destination: Destination) -> None:
        self.client.v2.core.event_destinations.enable(destination.id)

    def disable(self, destination: Destination) -> None:
        if destination.api == "v1":
            self.client.v1.webhook_endpoints.update(destination.id, {"disabled": True})
        else:
            self.client.v2.core.event_destinations.disable(destination.id)

    def remove(self, destination: Destination) -> None:
        if destination.api == "v1":
            self.client.v1.webhook_endpoints.delete(destination.id)
        else:
            self.client.v2.core.event_destinations.delete(destination.id)

    def ping(self, destination: Destination) -> str:
        """Make Stripe send a test event; return the event's id."""
        return self.client.v2.core.event_destinations.ping(destination.id).id

    def _v2(self) -> Iterator[Destination]:
        listed = self.client.v2.core.event_destinations.list(
            {"include": ["webhook_endpoint.url"], "limit": 100}
        )
        for one in listed.auto_paging_iter():
            endpoint = one.webhook_endpoint
            if endpoint is not None and _is_same(endpoint.url, self.url):
                yield _from_v2(one)

    def _v1(self) -> Iterator[Destination]:
        for one in self.client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter():
            if _is_same(one.url, self.url):
                yield Destination(
                    id=one.id,
                    api="v1",
                    enabled=one.status == "enabled",
                    events=frozenset(one.enabled_events),
                    payload="snapshot",
                    api_version=one.api_version,
                    created=_rfc3339(one.created),
                )


def _from_v2(one: "EventDestination") -> Destination:
    return Destination(
        id=one.id,
        api="v2",
        enabled=one.status == "enabled",
        events=frozenset(one.enabled_events),
        payload=one.event_payload,
        api_version=one.snapshot_api_version,
        created=str(one.created),
    )


def _is_same(registered: str | None, url: str) -> bool:
    return registered is not None and registered.rstrip("/") == url.rstrip("/")


def _rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

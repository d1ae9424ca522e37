"""The registered endpoints of both APIs, with their event types and signing secrets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import stripe

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects.account import Collection
from stripe_simulator.settings import API_VERSIONS

# For both kinds together: the Dashboard shows webhook endpoints as event destinations.
MAX_ENDPOINTS = 16
# The longest time that a rolled secret stays valid at Stripe.
ROLLED_SECRET_SECONDS = 24 * 60 * 60.0


@dataclass
class Endpoint:
    """A webhook endpoint of the v1 API, which gets snapshots, or an event destination of the v2
    API. `document` is the API's object, with the current state.
    """

    document: Json
    thin: bool
    secrets: list[tuple[str, float]] = field(default_factory=list)
    """Signing secrets with the timestamp of their end."""

    @property
    def id(self) -> str:
        id_: str = self.document["id"]
        return id_

    @property
    def url(self) -> str:
        holder = self.document.get("webhook_endpoint") or self.document
        url: str = holder["url"]
        return url

    @property
    def api_version(self) -> str | None:
        """The API version of its snapshots; None means the account's."""
        document = self.document
        return document.get("api_version") or document.get("snapshot_api_version")

    @property
    def enabled(self) -> bool:
        return bool(self.document["status"] == "enabled")

    def wants(self, type_: str) -> bool:
        """True if it is enabled for a snapshot's type; thin events' types have the prefix `v1.`."""
        wanted = self.document["enabled_events"]
        return self.enabled and ("*" in wanted or (f"v1.{type_}" if self.thin else type_) in wanted)


def require_version(version: str | None, param: str) -> None:
    """Raise InvalidRequest for an unknown API version."""
    if version is not None and version not in API_VERSIONS:
        raise InvalidRequest(f"Invalid Stripe API version: {version}", param=param)


class Endpoints:
    def __init__(self, clock: Callable[[], float], *, livemode: bool) -> None:
        self.livemode = livemode
        self._clock = clock
        self._all: dict[str, Endpoint] = {}
        self.webhook_endpoints = Collection("webhook endpoint", "id")
        self.event_destinations = Collection("event destination", "id")

    def add(self, endpoint: Endpoint) -> str:
        """Register an endpoint; return its signing secret, which the API shows only once."""
        self._all[endpoint.id] = endpoint
        return self._new_secret(endpoint)

    def require_room(self) -> None:
        """Raise InvalidRequest if the account has the maximum number of endpoints."""
        if len(self._all) >= MAX_ENDPOINTS:
            mode = "" if self.livemode else "test "
            raise InvalidRequest(
                f"You have reached the maximum of {MAX_ENDPOINTS} {mode}webhook endpoints."
            )

    def now(self) -> int:
        return int(self._clock())

    def remove(self, id_: str) -> None:
        del self._all[id_]

    def replace(self, endpoints: Iterable[Endpoint]) -> None:
        self._all = {endpoint.id: endpoint for endpoint in endpoints}
        documents = [endpoint.document for endpoint in self._all.values()]
        ours = [one for one in documents if one["object"] == stripe.WebhookEndpoint.OBJECT_NAME]
        self.webhook_endpoints.replace(ours)
        self.event_destinations.replace(one for one in documents if one not in ours)

    def all(self) -> list[Endpoint]:
        """Return all endpoints, newest first."""
        return list(reversed(self._all.values()))

    def find(self, id_: str) -> Endpoint | None:
        return self._all.get(id_)

    def wanting(self, type_: str) -> list[Endpoint]:
        return [endpoint for endpoint in self._all.values() if endpoint.wants(type_)]

    def secrets(self, endpoint: Endpoint) -> list[str]:
        """Return the endpoint's valid secrets, newest first."""
        now = self._clock()
        return [secret for secret, ends in reversed(endpoint.secrets) if ends > now]

    def roll_secret(self, endpoint: Endpoint, overlap_seconds: float) -> str:
        """Create a new secret; the old ones stay valid for `overlap_seconds`."""
        end = self._clock() + overlap_seconds
        endpoint.secrets = [(secret, min(ends, end)) for secret, ends in endpoint.secrets]
        return self._new_secret(endpoint)

    def _new_secret(self, endpoint: Endpoint) -> str:
        secret = new_id("whsec", 32)
        endpoint.secrets.append((secret, float("inf")))
        return secret

"""Where events go: the endpoints, what each wants, and the secrets that sign for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import stripe

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects.account import Collection
from stripe_simulator.settings import API_VERSIONS

# Of both kinds together: the Dashboard shows webhook endpoints as event destinations too.
MAX_ENDPOINTS = 16
# For how long Stripe can let a rolled secret go on signing.
ROLLED_SECRET_SECONDS = 24 * 60 * 60.0


@dataclass
class Endpoint:
    """A webhook endpoint of the v1 API, which gets snapshots, or an event destination of the v2
    API. `document` is the object that the API shows: it says what the endpoint is now.
    """

    document: Json
    thin: bool
    secrets: list[tuple[str, float]] = field(default_factory=list)
    """Each with the time at which it ends."""

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
        """Which version of the API its snapshots are of; None: the account's."""
        document = self.document
        return document.get("api_version") or document.get("snapshot_api_version")

    @property
    def enabled(self) -> bool:
        return bool(self.document["status"] == "enabled")

    def wants(self, type_: str) -> bool:
        """`type_` is a snapshot's: a thin event's is that after `v1.`."""
        wanted = self.document["enabled_events"]
        return self.enabled and ("*" in wanted or (f"v1.{type_}" if self.thin else type_) in wanted)


def require_version(version: str | None, param: str) -> None:
    """Raise InvalidRequest for a version of the API that snapshots can't be of."""
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
        """The signing secret, which the API shows now and never again."""
        self._all[endpoint.id] = endpoint
        return self._new_secret(endpoint)

    def require_room(self) -> None:
        """Raise InvalidRequest if the account has as many endpoints as it may."""
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
        """The newest first."""
        return list(reversed(self._all.values()))

    def find(self, id_: str) -> Endpoint | None:
        return self._all.get(id_)

    def wanting(self, type_: str) -> list[Endpoint]:
        return [endpoint for endpoint in self._all.values() if endpoint.wants(type_)]

    def secrets(self, endpoint: Endpoint) -> list[str]:
        """Those that are valid now, the newest first."""
        now = self._clock()
        return [secret for secret, ends in reversed(endpoint.secrets) if ends > now]

    def roll_secret(self, endpoint: Endpoint, overlap_seconds: float) -> str:
        """A new secret; the old ones stay valid for a while."""
        end = self._clock() + overlap_seconds
        endpoint.secrets = [(secret, min(ends, end)) for secret, ends in endpoint.secrets]
        return self._new_secret(endpoint)

    def _new_secret(self, endpoint: Endpoint) -> str:
        secret = new_id("whsec", 32)
        endpoint.secrets.append((secret, float("inf")))
        return secret

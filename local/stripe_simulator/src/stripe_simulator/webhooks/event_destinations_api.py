"""/v2/core/event_destinations: destinations of thin events or snapshots."""

from typing import Annotated, Any, Literal

import stripe
from pydantic import BeforeValidator, Field

from stripe_simulator.api.errors import InvalidRequest, NotFound, NotSimulated
from stripe_simulator.api.lists import page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters, missing
from stripe_simulator.api.values import Array, Limit, Metadata, MetadataChanges, Text, Url
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.shapes import declared
from stripe_simulator.settings import API_VERSION
from stripe_simulator.timestamps import written
from stripe_simulator.webhooks.event_log import EVENT_TYPES
from stripe_simulator.webhooks.registered_endpoints import Endpoint, Endpoints, require_version

PATH = "/v2/core/event_destinations"
DEFAULT_LIMIT = 20
OWN_EVENTS = "@self"

type Includable = Literal["webhook_endpoint.url"]
type IncludableOnce = Literal["webhook_endpoint.signing_secret", "webhook_endpoint.url"]


def _null_as_empty(value: object) -> object:
    """Convert null, which removes a key in the v2 API, to the v1 API's empty value."""
    if not isinstance(value, dict):
        return value
    return {key: "" if text is None else text for key, text in value.items()}


class WebhookEndpoint(Fields):
    url: Url


class CreateDestination(Parameters):
    description: str = ""
    enabled_events: Array[Text]
    event_payload: Literal["snapshot", "thin"]
    events_from: Array[Text] = Field(default_factory=lambda: [OWN_EVENTS])
    include: Array[IncludableOnce] = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)
    name: Text
    snapshot_api_version: Text | None = None
    type: Literal["amazon_eventbridge", "azure_event_grid", "webhook_endpoint"]
    webhook_endpoint: WebhookEndpoint | None = None


class UpdateDestination(Parameters):
    description: str = ""
    enabled_events: Array[Text] = Field(default_factory=list)
    include: Array[Includable] = Field(default_factory=list)
    metadata: Annotated[MetadataChanges, BeforeValidator(_null_as_empty)] = Field(
        default_factory=dict
    )
    name: Text = ""
    webhook_endpoint: WebhookEndpoint | None = None


class RetrieveDestination(Parameters):
    include: Array[Includable] = Field(default_factory=list)


class ListDestinations(RetrieveDestination):
    limit: Limit = DEFAULT_LIMIT
    page: Text | None = None


def create(endpoints: Endpoints, parameters: CreateDestination) -> Json:
    _require_simulated(parameters)
    _require_known(parameters.enabled_events, parameters.event_payload)
    if parameters.webhook_endpoint is None:
        raise missing("webhook_endpoint")
    thin = parameters.event_payload == "thin"
    if thin and parameters.snapshot_api_version is not None:
        raise InvalidRequest(
            "snapshot_api_version is only for snapshot events.", param="snapshot_api_version"
        )
    require_version(parameters.snapshot_api_version, "snapshot_api_version")
    endpoints.require_room()
    now = written(endpoints.now())
    document = declared(
        stripe.v2.core.EventDestination,
        **parameters.model_dump(
            include={"description", "enabled_events", "event_payload", "events_from", "name"}
        ),
        created=now,
        id=new_id("ed" if endpoints.livemode else "ed_test", 32),
        livemode=endpoints.livemode,
        metadata=parameters.metadata,
        snapshot_api_version=None if thin else parameters.snapshot_api_version or API_VERSION,
        status="enabled",
        type=parameters.type,
        updated=now,
        webhook_endpoint={"url": parameters.webhook_endpoint.url},
    )
    secret = endpoints.add(Endpoint(document, thin=thin))
    endpoints.event_destinations.add(document)
    return _shown(document, parameters.include, secret)


def find(endpoints: Endpoints, id_: str) -> Json:
    """Return the destination of an id in a URL; raise NotFound."""
    document = endpoints.event_destinations.find(id_)
    if document is None:
        raise NotFound(endpoints.event_destinations.noun, id_)
    return document


def retrieve(endpoints: Endpoints, parameters: RetrieveDestination, id_: str) -> Json:
    return _shown(find(endpoints, id_), parameters.include)


def update(endpoints: Endpoints, parameters: UpdateDestination, id_: str) -> Json:
    document = find(endpoints, id_)
    changes = metadata.merged(document, parameters.given())
    changes.pop("include", None)
    if "enabled_events" in changes:
        _require_known(changes["enabled_events"], document["event_payload"])
    if "webhook_endpoint" in changes:
        changes["webhook_endpoint"] = document["webhook_endpoint"] | changes["webhook_endpoint"]
    _change(endpoints, document, changes)
    return _shown(document, parameters.include)


def disable(endpoints: Endpoints, _: Parameters, id_: str) -> Json:
    document = find(endpoints, id_)
    details = declared(stripe.v2.core.EventDestination.StatusDetails, disabled={"reason": "user"})
    _change(endpoints, document, {"status": "disabled", "status_details": details})
    return _shown(document, [])


def enable(endpoints: Endpoints, _: Parameters, id_: str) -> Json:
    document = find(endpoints, id_)
    _change(endpoints, document, {"status": "enabled", "status_details": None})
    return _shown(document, [])


def delete(endpoints: Endpoints, _: Parameters, id_: str) -> Json:
    find(endpoints, id_)
    endpoints.event_destinations.remove(id_)
    endpoints.remove(id_)
    return {"id": id_, "object": "v2.core.event_destination"}


def list_(endpoints: Endpoints, parameters: ListDestinations) -> Json:
    """Return a page; the v2 API returns the next page's URL."""
    documents = endpoints.event_destinations.newest_first()
    if parameters.page is not None and parameters.page not in endpoints.event_destinations:
        raise InvalidRequest(f"Invalid page: {parameters.page}", param="page")
    after = ListParameters(limit=parameters.limit, starting_after=parameters.page)
    found = page(documents, after, url=PATH, noun="event destination")
    following = None
    if found["has_more"]:
        following = f"{PATH}?limit={parameters.limit}&page={found['data'][-1]['id']}"
        following += "".join(f"&include[{n}]={one}" for n, one in enumerate(parameters.include))
    return {
        "data": [_shown(document, parameters.include) for document in found["data"]],
        "next_page_url": following,
        "previous_page_url": None,
    }


def _require_simulated(parameters: CreateDestination) -> None:
    if parameters.type != "webhook_endpoint":
        raise NotSimulated(f"event destinations of type `{parameters.type}`", param="type")
    if parameters.events_from != [OWN_EVENTS]:
        raise NotSimulated("events from other accounts", param="events_from")


def _require_known(types: list[str], payload: str) -> None:
    """Check the event types; a thin event's type is a snapshot's with the prefix `v1.`."""
    prefix = "v1." if payload == "thin" else ""
    if not types:
        raise missing("enabled_events")
    for type_ in types:
        known = type_.startswith(prefix) and type_.removeprefix(prefix) in EVENT_TYPES
        if type_ != "*" and not known:
            raise InvalidRequest(
                f"Invalid enabled_events: '{type_}' is not a type of {payload} event.",
                param="enabled_events",
            )


def _change(endpoints: Endpoints, document: Json, changes: Json) -> None:
    document.update(changes, updated=written(endpoints.now()))


def _shown(document: Json, include: list[Any], secret: str | None = None) -> Json:
    """Return a destination, with URL and secret only if included, the secret only at creation."""
    url = document["webhook_endpoint"]["url"]
    return document | {
        "webhook_endpoint": declared(
            stripe.v2.core.EventDestination.WebhookEndpoint,
            signing_secret=secret if "webhook_endpoint.signing_secret" in include else None,
            url=url if "webhook_endpoint.url" in include else None,
        )
    }

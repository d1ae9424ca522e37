"""/v1/webhook_endpoints."""

from typing import Annotated

import stripe
from pydantic import AfterValidator, Field

from stripe_simulator.api.lists import page
from stripe_simulator.api.parameters import ListParameters, Parameters, missing
from stripe_simulator.api.values import (
    Array,
    Boolean,
    Metadata,
    MetadataChanges,
    Text,
    TextOrUnset,
    Url,
    refusal,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.shapes import declared
from stripe_simulator.webhooks.event_log import EVENT_TYPES
from stripe_simulator.webhooks.registered_endpoints import Endpoint, Endpoints, require_version


def _event_type(value: str) -> str:
    if value != "*" and value not in EVENT_TYPES:
        raise refusal(f"Invalid enabled_events: '{value}' is not a type of event.")
    return value


type EventType = Annotated[Text, AfterValidator(_event_type)]


class CreateEndpoint(Parameters):
    api_version: Text | None = None
    connect: Boolean = False
    description: TextOrUnset = None
    enabled_events: Array[EventType]
    metadata: Metadata = Field(default_factory=dict)
    url: Url


class UpdateEndpoint(Parameters):
    description: TextOrUnset = None
    disabled: Boolean = False
    enabled_events: Array[EventType] = Field(default_factory=list)
    metadata: MetadataChanges = Field(default_factory=dict)
    url: Url = ""


def create(endpoints: Endpoints, parameters: CreateEndpoint) -> Json:
    if not parameters.enabled_events:
        raise missing("enabled_events")
    require_version(parameters.api_version, "api_version")
    endpoints.require_room()
    document = declared(
        stripe.WebhookEndpoint,
        **parameters.model_dump(include={"api_version", "description", "enabled_events"}),
        created=endpoints.now(),
        id=new_id("we"),
        livemode=endpoints.livemode,
        metadata=parameters.metadata,
        status="enabled",
        url=parameters.url,
    )
    secret = endpoints.add(Endpoint(document, thin=False))
    endpoints.webhook_endpoints.add(document)
    return document | {"secret": secret}


def retrieve(endpoints: Endpoints, _: Parameters, id_: str) -> Json:
    return endpoints.webhook_endpoints.retrieve(id_)


def update(endpoints: Endpoints, parameters: UpdateEndpoint, id_: str) -> Json:
    document = endpoints.webhook_endpoints.retrieve(id_)
    changes = metadata.merged(document, parameters.given())
    if "disabled" in changes:
        changes["status"] = "disabled" if changes.pop("disabled") else "enabled"
    document.update(changes)
    return document


def delete(endpoints: Endpoints, _: Parameters, id_: str) -> Json:
    endpoints.webhook_endpoints.retrieve(id_)
    endpoints.webhook_endpoints.remove(id_)
    endpoints.remove(id_)
    return {"id": id_, "object": "webhook_endpoint", "deleted": True}


def list_(endpoints: Endpoints, parameters: ListParameters) -> Json:
    documents = endpoints.webhook_endpoints.newest_first()
    return page(documents, parameters, url="/v1/webhook_endpoints", noun="webhook endpoint")

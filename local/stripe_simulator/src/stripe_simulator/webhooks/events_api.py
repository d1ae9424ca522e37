"""/v1/events and /v2/core/events."""

from dataclasses import dataclass

from stripe_simulator.api.errors import InvalidRequest, NotFound
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import Array, Boolean, Period, Text
from stripe_simulator.documents import Json
from stripe_simulator.webhooks import event_destinations_api, thin_events
from stripe_simulator.webhooks.cli_sessions import CliSessions
from stripe_simulator.webhooks.deliveries import Deliveries
from stripe_simulator.webhooks.event_log import EventLog
from stripe_simulator.webhooks.registered_endpoints import Endpoints

MAX_TYPES = 20


class ListEvents(ListParameters):
    created: Period | None = None
    delivery_success: Boolean | None = None
    type: Text | None = None
    types: Array[Text] | None = None


class RetryEvent(Parameters):
    """The parameters of `stripe events resend`."""

    for_stripecli: Boolean = False
    webhook_endpoint: Text | None = None


@dataclass(frozen=True)
class Webhooks:
    log: EventLog
    deliveries: Deliveries
    endpoints: Endpoints
    cli: CliSessions


def retrieve(webhooks: Webhooks, _: Parameters, id_: str) -> Json:
    return webhooks.log.events.retrieve(id_)


def list_(webhooks: Webhooks, parameters: ListEvents) -> Json:
    plain = matches(parameters, "created")
    wanted = _wanted(parameters)

    def kept(event: Json) -> bool:
        delivered = event["pending_webhooks"] == 0
        return (
            plain(event)
            and (wanted is None or _is_of(event["type"], wanted))
            and parameters.delivery_success in {None, delivered}
        )

    events = webhooks.log.events.newest_first()
    return page(events, parameters, url="/v1/events", noun="event", keep=kept)


def retry(webhooks: Webhooks, parameters: RetryEvent, id_: str) -> Json:
    event = webhooks.log.events.retrieve(id_)
    if parameters.for_stripecli:
        webhooks.cli.announce(event)
        return event
    for endpoint in webhooks.endpoints.wanting(event["type"]):
        if parameters.webhook_endpoint in {None, endpoint.id}:
            webhooks.deliveries.resend(event, endpoint)
    return event


def ping(webhooks: Webhooks, _: Parameters, id_: str) -> Json:
    """Send a test event to one destination, whatever types it is enabled for.

    Stripe does not document its error for a disabled destination, which gets no events.
    """
    destination = event_destinations_api.find(webhooks.endpoints, id_)
    endpoint = webhooks.endpoints.find(id_)
    if endpoint is None or not endpoint.enabled:
        raise InvalidRequest(
            f"The event destination '{id_}' is disabled. Enable it before you send a ping event."
        )
    event = webhooks.log.ping(destination)
    webhooks.deliveries.send(event, endpoint)
    return event


def retrieve_thin(webhooks: Webhooks, _: Parameters, id_: str) -> Json:
    if id_ in webhooks.log.pings:
        return webhooks.log.pings[id_]
    snapshot_id = thin_events.snapshot_id(id_)
    if snapshot_id not in webhooks.log.events:
        raise NotFound("event", id_)
    return thin_events.event(webhooks.log.events[snapshot_id])


def _wanted(parameters: ListEvents) -> list[str] | None:
    if parameters.type is not None and parameters.types is not None:
        raise InvalidRequest("You may only specify one of these parameters: type, types.")
    if parameters.types is not None and len(parameters.types) > MAX_TYPES:
        raise InvalidRequest(
            f"Array types exceeded maximum {MAX_TYPES} allowed elements.", param="types"
        )
    return [parameters.type] if parameters.type is not None else parameters.types


def _is_of(type_: str, wanted: list[str]) -> bool:
    """True if the type matches; `charge.*` matches all types of charges."""
    return any(
        type_ == one or (one.endswith(".*") and type_.startswith(one[:-1])) for one in wanted
    )

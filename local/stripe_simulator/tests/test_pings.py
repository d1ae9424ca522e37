"""Pings: a test event that the API sends to one event destination."""

import json
from typing import Any, Final

import pytest
import stripe
from stripe.events import V2CoreEventDestinationPingEvent

from stripe_simulator.testing import Receiver, Running
from support.destinations import COMPLETED, destination, secret_of
from support.refusals import refused

PING: Final = "v2.core.event_destination.ping"


def test_ping_is_delivered_whatever_the_enabled_events(
    sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    made = destination(sdk, receiver.url)
    pinged = sdk.v2.core.event_destinations.ping(made.id)
    assert (pinged.object, pinged.type) == ("v2.core.event", PING)
    [delivery] = receiver.wait_for(1)
    event: Any = sdk.parse_event_notification(delivery.body, delivery.signature, secret_of(made))
    assert (event.id, event.type, event.livemode) == (pinged.id, PING, False)
    assert event.related_object.type == "v2.core.event_destination"
    assert event.fetch_related_object().id == made.id
    assert event.fetch_event().to_dict() == pinged.to_dict()


def test_pinged_event_has_the_shape_of_the_sdk(
    sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    made = destination(sdk, receiver.url)
    pinged: Any = sdk.v2.core.event_destinations.ping(made.id)
    assert isinstance(pinged, V2CoreEventDestinationPingEvent)
    assert pinged.to_dict().keys() == {
        *("id", "object", "type", "created", "livemode", "context", "reason", "changes"),
        *("related_object", "snapshot_event"),
    }
    assert pinged.fetch_related_object().id == made.id
    [delivery] = receiver.wait_for(1)
    absent = {"changes", "snapshot_event"}
    assert json.loads(delivery.body).keys() == pinged.to_dict().keys() - absent


def test_ping_goes_to_its_destination_only(
    simulator: Running, sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    destination(sdk, receiver.url, enabled_events=["*"])
    pinged = destination(sdk, receiver.url)
    sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    event = sdk.v2.core.event_destinations.ping(pinged.id)
    [attempt] = simulator.wait_for_attempts(1)
    assert (attempt["event"], attempt["type"], attempt["url"]) == (event.id, PING, receiver.url)
    assert (attempt["attempt"], attempt["status"], attempt["outcome"]) == (1, 200, "delivered")
    [delivery] = receiver.received
    sdk.parse_event_notification(delivery.body, delivery.signature, secret_of(pinged))
    assert sdk.v1.events.list().data == []


def test_ping_to_snapshots_is_thin_too(sdk: stripe.StripeClient, receiver: Receiver) -> None:
    made = destination(sdk, receiver.url, event_payload="snapshot", enabled_events=[COMPLETED])
    sdk.v2.core.event_destinations.ping(made.id)
    [delivery] = receiver.wait_for(1)
    event = sdk.parse_event_notification(delivery.body, delivery.signature, secret_of(made))
    assert event.type == PING
    assert not {"api_version", "data", "changes"} & json.loads(delivery.body).keys()


def test_failed_ping_is_sent_again(
    simulator: Running, sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    made = destination(sdk, receiver.url)
    receiver.respond = lambda _: 500 if not receiver.received else 200
    sdk.v2.core.event_destinations.ping(made.id)
    attempts = simulator.wait_for_attempts(2)
    assert [one["outcome"] for one in attempts] == ["failed", "delivered"]


def test_disabled_destination_refuses_a_ping(
    simulator: Running, sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    made = destination(sdk, receiver.url)
    destinations = sdk.v2.core.event_destinations
    destinations.disable(made.id)
    message = f"The event destination '{made.id}' is disabled. "
    with refused(400, f"{message}Enable it before you send a ping event."):
        destinations.ping(made.id)
    destinations.enable(made.id)
    event = destinations.ping(made.id)
    [delivery] = receiver.wait_for(1)
    assert json.loads(delivery.body)["id"] == event.id
    assert len(simulator.wait_for_attempts(1)) == 1


@pytest.mark.parametrize("id_", ["ed_test_none", "we_none"])
def test_unknown_destination_has_no_ping(sdk: stripe.StripeClient, id_: str) -> None:
    with refused(404, f"No such event destination: '{id_}'", code="not_found"):
        sdk.v2.core.event_destinations.ping(id_)


def test_v1_endpoint_has_no_ping(sdk: stripe.StripeClient, receiver: Receiver) -> None:
    made = sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    message = f"No such event destination: '{made.id}'"
    with refused(404, message, code="not_found"):
        sdk.v2.core.event_destinations.ping(made.id)

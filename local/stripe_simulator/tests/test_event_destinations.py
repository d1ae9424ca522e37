"""Event destinations of the v2 API, the thin events that go there, and events that didn't go."""

import json
from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Receiver, Running, Shop
from support.destinations import COMPLETED, URL, destination, secret_of
from support.refusals import refused
from support.shapes import differences


def undelivered(sdk: stripe.StripeClient) -> list[str]:
    events = sdk.v1.events.list({"delivery_success": False, "limit": 100})
    return [event.id for event in events]


def test_thin_event_leads_to_its_object(
    sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    made = destination(sdk, receiver.url)
    session = shop.paid_session()
    [delivery] = receiver.wait_for(1)
    event: Any = sdk.parse_event_notification(delivery.body, delivery.signature, secret_of(made))
    assert (event.type, event.related_object.id) == (f"v1.{COMPLETED}", session.id)
    fetched = event.fetch_related_object()
    assert (fetched.id, fetched.payment_status) == (session.id, "paid")
    whole = event.fetch_event()
    assert whole.id == event.id
    assert sdk.v1.events.retrieve(whole.snapshot_event).type == COMPLETED
    assert sdk.v2.core.events.retrieve(event.id).type == event.type


@pytest.mark.parametrize(
    ("token", "type_", "kind"),
    [
        ("tok_createDispute", "charge.dispute.created", stripe.Dispute),
        ("tok_visa", "refund.created", stripe.Refund),
        ("tok_visa", "charge.refunded", stripe.Charge),
    ],
)
def test_thin_event_of_money_that_goes_back(  # noqa: PLR0913, PLR0917  (fixtures, and the case)
    sdk: stripe.StripeClient,
    shop: Shop,
    receiver: Receiver,
    token: str,
    type_: str,
    kind: type[stripe.StripeObject],
) -> None:
    made = destination(sdk, receiver.url, enabled_events=[f"v1.{type_}"])
    intent: Any = shop.paid_session(token).payment_intent
    if token == "tok_visa":
        sdk.v1.refunds.create({"payment_intent": intent})
    [delivery] = receiver.wait_for(1)
    event: Any = sdk.parse_event_notification(delivery.body, delivery.signature, secret_of(made))
    fetched = event.fetch_related_object()
    assert isinstance(fetched, kind)
    assert fetched["payment_intent"] == intent


def test_snapshots_can_go_to_a_destination(
    sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    made = destination(
        sdk,
        receiver.url,
        event_payload="snapshot",
        enabled_events=[COMPLETED],
        snapshot_api_version="2026-08-26.dahlia",
    )
    session = shop.paid_session()
    [delivery] = receiver.wait_for(1)
    event = sdk.construct_event(delivery.body, delivery.signature, secret_of(made))
    assert event.data.object["id"] == session.id
    assert event.api_version == "2026-08-26.dahlia"


def test_destination_is_as_declared(simulator: Running, sdk: stripe.StripeClient) -> None:
    made = destination(sdk, "https://shop.example/events")
    path = f"/v2/core/event_destinations/{made.id}"
    shown = simulator.get(path)
    assert not list(differences(stripe.v2.core.EventDestination, shown, "destination"))
    assert shown["webhook_endpoint"] == {"signing_secret": None, "url": None}
    shown = simulator.get(path, **{"include[0]": URL})
    assert shown["webhook_endpoint"]["url"] == "https://shop.example/events"


def test_destinations_are_listed_in_pages(sdk: stripe.StripeClient) -> None:
    made = [destination(sdk, f"https://shop.example/{n}").id for n in range(3)]
    listed = sdk.v2.core.event_destinations.list({"limit": 2, "include": [URL]})
    found = list(listed.auto_paging_iter())
    assert [one.id for one in found] == made[::-1]
    urls = [one.webhook_endpoint.url for one in found if one.webhook_endpoint]
    assert urls == [f"https://shop.example/{n}" for n in (2, 1, 0)]


def test_destination_is_updated(sdk: stripe.StripeClient, shop: Shop, receiver: Receiver) -> None:
    made = destination(sdk, "https://shop.example/events", metadata={"a": "1", "b": "2"})
    changes: Any = {
        "name": "Expired",
        "enabled_events": ["v1.checkout.session.expired"],
        "metadata": {"a": None, "c": "3"},
        "webhook_endpoint": {"url": receiver.url},
    }
    changed = sdk.v2.core.event_destinations.update(made.id, changes)
    assert changed.name == "Expired"
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    session = shop.session()
    sdk.v1.checkout.sessions.expire(session.id)
    [delivery] = receiver.wait_for(1)
    assert json.loads(delivery.body)["related_object"]["id"] == session.id


def test_disabled_or_deleted_destination_gets_nothing(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    destinations = sdk.v2.core.event_destinations
    made = destination(sdk, receiver.url)
    disabled = destinations.disable(made.id)
    assert disabled.status == "disabled"
    assert disabled.status_details.disabled.reason == "user"  # type: ignore[union-attr]
    shop.paid_session()
    assert destinations.enable(made.id).status == "enabled"
    session = shop.paid_session()
    [delivery] = receiver.wait_for(1)
    assert json.loads(delivery.body)["related_object"]["id"] == session.id
    assert destinations.delete(made.id).id == made.id
    shop.paid_session()
    assert len(simulator.attempts()) == 1
    message = f"No such event destination: '{made.id}'"
    with refused(404, message, code="not_found"):
        destinations.retrieve(made.id)


@pytest.mark.parametrize(
    ("changes", "message", "param"),
    [
        (
            {"enabled_events": [COMPLETED]},
            f"Invalid enabled_events: '{COMPLETED}' is not a type of thin event.",
            "enabled_events",
        ),
        (
            {"type": "amazon_eventbridge"},
            "The simulator does not support event destinations of type `amazon_eventbridge`.",
            "type",
        ),
        (
            {"events_from": ["@accounts"]},
            "The simulator does not support events from other accounts.",
            "events_from",
        ),
        (
            {"snapshot_api_version": "2026-08-26.dahlia"},
            "snapshot_api_version is only for snapshot events.",
            "snapshot_api_version",
        ),
    ],
)
def test_destination_is_refused(
    sdk: stripe.StripeClient, changes: dict[str, Any], message: str, param: str
) -> None:
    with refused(400, message, param=param):
        destination(sdk, "https://shop.example/events", **changes)


def test_rolled_secret_signs_beside_the_old_one(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    made = destination(sdk, receiver.url)
    path = f"/_simulator/endpoints/{made.id}/roll_secret"
    rolled = simulator.request("POST", path, json={}).json()["secret"]
    shop.paid_session()
    [delivery] = receiver.wait_for(1)
    for secret in (rolled, secret_of(made)):
        event: Any = sdk.parse_event_notification(delivery.body, delivery.signature, secret)
        assert event.type == f"v1.{COMPLETED}"


def test_event_is_undelivered_until_an_endpoint_takes_it(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": [COMPLETED]})
    receiver.respond = lambda _: 500
    shop.paid_session()
    receiver.wait_for(4)
    [event] = undelivered(sdk)
    receiver.respond = lambda _: 200
    for number in (5, 6):  # a second time too: what is delivered stays delivered
        simulator.post(f"/v1/events/{event}/retry")
        receiver.wait_for(number)
        wait_until_taken(simulator, number)
        assert undelivered(sdk) == []
        assert sdk.v1.events.retrieve(event).pending_webhooks == 0


def test_event_of_a_deleted_endpoint_stays_undelivered(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    made = sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": [COMPLETED]})
    simulator.behave(deliveries_paused=True)
    shop.paid_session()
    sdk.v1.webhook_endpoints.delete(made.id)
    simulator.behave(deliveries_paused=False, duplicates=0)
    wait_until_taken(simulator, 1)
    assert [one["outcome"] for one in simulator.attempts()] == ["canceled"]
    assert len(undelivered(sdk)) == 1
    assert receiver.received == []


def test_dropped_event_is_undelivered_until_it_is_sent_again(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    destination(sdk, receiver.url)
    simulator.behave(drop_probability=1.0)
    shop.paid_session()
    assert [one["outcome"] for one in simulator.attempts()] == ["dropped"]
    [event] = undelivered(sdk)
    simulator.request("DELETE", "/_simulator/behaviour")
    simulator.post(f"/v1/events/{event}/retry")
    receiver.wait_for(1)
    wait_until_taken(simulator, 2)
    assert undelivered(sdk) == []


def test_copies_go_to_each_in_its_own_form(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    thin = secret_of(destination(sdk, receiver.url))
    made = sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": [COMPLETED]})
    assert made.secret is not None
    simulator.behave(duplicates=1, shuffle=True)
    session = shop.paid_session()
    seen = []
    for one in receiver.wait_for(4):
        body = json.loads(one.body)
        if body["object"] == "event":
            sdk.construct_event(one.body, one.signature, made.secret)
            seen.append(("snapshot", body["data"]["object"]["id"]))
        else:
            sdk.parse_event_notification(one.body, one.signature, thin)
            seen.append(("thin", body["related_object"]["id"]))
    assert sorted(seen) == 2 * [("snapshot", session.id)] + 2 * [("thin", session.id)]
    wait_until_taken(simulator, 4)
    assert undelivered(sdk) == []


def test_endpoint_disabled_meanwhile_gets_no_retry(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, receiver: Receiver
) -> None:
    made = sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": [COMPLETED]})

    def disable_and_fail(_: object) -> int:
        sdk.v1.webhook_endpoints.update(made.id, {"disabled": True})
        return 500

    receiver.respond = disable_and_fail
    shop.paid_session()
    wait_until_taken(simulator, 2)
    assert [one["outcome"] for one in simulator.attempts()] == ["failed", "canceled"]
    assert len(receiver.received) == 1
    assert len(undelivered(sdk)) == 1


def wait_until_taken(simulator: Running, number: int) -> None:
    """Until so many attempts are over: the receiver has one before the simulator knows."""
    for _ in range(1000):
        if len(simulator.attempts()) >= number:
            return
    raise AssertionError(f"there are not {number} attempts")

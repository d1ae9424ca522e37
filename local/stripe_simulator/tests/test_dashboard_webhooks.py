"""The dashboard's events, deliveries and endpoints."""

import json
from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Receiver, Running
from support.dashboards import Dashboard, cells


@pytest.fixture
def dashboard(simulator: Running) -> Dashboard:
    return Dashboard(simulator)


@pytest.fixture
def endpoint(simulator: Running, receiver: Receiver) -> stripe.WebhookEndpoint:
    return simulator.sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})


def make_destination(simulator: Running, url: str) -> str:
    params: Any = {
        "name": "Ours",
        "type": "webhook_endpoint",
        "event_payload": "snapshot",
        "enabled_events": ["product.created"],
        "webhook_endpoint": {"url": url},
    }
    return simulator.sdk.v2.core.event_destinations.create(params).id


def make_event(simulator: Running) -> str:
    simulator.sdk.v1.products.create({"name": "Mug"})
    id_: str = simulator.get("/v1/events")["data"][0]["id"]
    return id_


def test_deliveries_are_listed(
    dashboard: Dashboard, simulator: Running, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    receiver.respond = lambda _: 200 if len(receiver.received) else 500
    event = make_event(simulator)
    simulator.wait_for_attempts(2)
    rows = cells(dashboard.open("/dashboard/deliveries"), "attempts")
    assert [row[:6] for row in rows] == [
        ["delivered", "200", "2", "product.created", event, receiver.url],
        ["failed", "500", "1", "product.created", event, receiver.url],
    ]
    failed = cells(dashboard.open("/dashboard/deliveries?query=failed"), "attempts")
    assert [row[0] for row in failed] == ["failed"]


def test_event_shows_its_document_and_attempts(
    dashboard: Dashboard, simulator: Running, endpoint: stripe.WebhookEndpoint
) -> None:
    event = make_event(simulator)
    simulator.wait_for_attempts(1)
    page = dashboard.open(f"/dashboard/events/{event}")
    assert json.loads("".join(page.one("pre").texts))["id"] == event
    assert [row[0] for row in cells(page, "attempts")] == ["delivered"]
    assert [row[0] for row in cells(page, "endpoints")] == [endpoint.id]


def test_events_are_found_by_type_and_object(dashboard: Dashboard, simulator: Running) -> None:
    event = make_event(simulator)
    simulator.sdk.v1.customers.create()
    product = simulator.get("/v1/products")["data"][0]["id"]
    for query in (event, "product.", product):
        page = dashboard.open(f"/dashboard/events?query={query}")
        assert [row[1] for row in cells(page, "events")] == [event]


@pytest.mark.parametrize("to", ["all", "one"])
def test_event_is_sent_again(
    dashboard: Dashboard,
    simulator: Running,
    receiver: Receiver,
    endpoint: stripe.WebhookEndpoint,
    to: str,
) -> None:
    event = make_event(simulator)
    receiver.wait_for(1)
    path = f"/dashboard/events/{event}"
    token = dashboard.open(path).inputs()["csrf_token"]
    target = {"webhook_endpoint": endpoint.id} if to == "one" else {}
    data = {"csrf_token": token, **target}
    response = simulator.request("POST", f"{path}/resend", data=data)
    assert response.status_code == 303
    received = receiver.wait_for(2)
    assert [json.loads(one.body)["id"] for one in received] == [event, event]


def test_change_is_repeated_under_another_id(
    dashboard: Dashboard, simulator: Running, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    event = make_event(simulator)
    path = f"/dashboard/events/{event}"
    page = dashboard.press(path, f"{path}/repeat")
    again = json.loads("".join(page.one("pre").texts))
    assert again["id"] != event
    assert json.loads(receiver.wait_for(2)[1].body)["id"] == again["id"]


def test_endpoint_is_disabled_and_enabled(
    dashboard: Dashboard, simulator: Running, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    path = f"/dashboard/endpoints/{endpoint.id}"
    page = dashboard.press(path, f"{path}/disable")
    assert "disabled" in page.texts
    make_event(simulator)
    assert simulator.attempts() == []
    dashboard.press(path, f"{path}/enable")
    event = make_event(simulator)
    assert json.loads(receiver.wait_for(1)[0].body)["id"] == event


def test_destination_is_disabled_enabled_and_pinged(
    dashboard: Dashboard, simulator: Running, receiver: Receiver
) -> None:
    destination = make_destination(simulator, receiver.url)
    path = f"/dashboard/endpoints/{destination}"
    dashboard.press(path, f"{path}/disable")
    assert simulator.sdk.v2.core.event_destinations.retrieve(destination).status == "disabled"
    dashboard.press(path, f"{path}/enable")
    page = dashboard.press(path, f"{path}/ping")
    assert page.one(id_="notice").text == "A ping was sent."
    ping = json.loads(receiver.wait_for(1)[0].body)
    assert ping["type"] == "v2.core.event_destination.ping"
    assert json.loads("".join(page.one("pre").texts))["id"] == ping["id"]


def test_endpoints_of_both_kinds_are_listed(
    dashboard: Dashboard, simulator: Running, endpoint: stripe.WebhookEndpoint
) -> None:
    destination = make_destination(simulator, "https://shop.example/webhook")
    rows = cells(dashboard.open("/dashboard/endpoints"), "endpoints")
    assert [row[:2] for row in rows] == [[destination, "enabled"], [endpoint.id, "enabled"]]
    found = cells(dashboard.open("/dashboard/endpoints?query=shop.example"), "endpoints")
    assert [row[0] for row in found] == [destination]


def test_secret_is_rolled_with_an_overlap(
    dashboard: Dashboard, simulator: Running, receiver: Receiver, endpoint: stripe.WebhookEndpoint
) -> None:
    path = f"/dashboard/endpoints/{endpoint.id}"
    page = dashboard.press(path, f"{path}/roll_secret", overlap_hours="1")
    new, old = [one.text for one in page.all("code")]
    assert old == endpoint.secret
    make_event(simulator)
    delivery = receiver.wait_for(1)[0]
    for secret in (new, old):
        stripe.Webhook.construct_event(delivery.body, delivery.signature, secret)
    dashboard.press(path, f"{path}/roll_secret", overlap_hours="0")
    make_event(simulator)
    delivery = receiver.wait_for(2)[1]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(delivery.body, delivery.signature, new)


@pytest.mark.parametrize("hours", ["25", "-1", "soon", "1.5"])
def test_overlap_is_at_most_a_day(
    dashboard: Dashboard, endpoint: stripe.WebhookEndpoint, hours: str
) -> None:
    path = f"/dashboard/endpoints/{endpoint.id}"
    status, page = dashboard.refused(path, f"{path}/roll_secret", overlap_hours=hours)
    assert (status, page.alert) == (400, "The old secret can stay valid for 0 to 24 hours.")
    assert len(list(page.all("code"))) == 1

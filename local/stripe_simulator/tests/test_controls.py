"""`/_simulator/`: how a test makes the simulator misbehave, and sees what it did."""

import json
import re
import time

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Receiver, Running, Shop

BEHAVIOUR = "/_simulator/behaviour"
WELL = {
    "deliveries_paused": False,
    "duplicates": 0,
    "shuffle": False,
    "drop_probability": 0.0,
    "delay_seconds": 0.0,
    "thin_events": False,
    "faults": [],
}
FAULT = {
    "method": "POST",
    "path": "/v1/checkout/sessions",
    "status": 500,
    "times": 1,
    "delay_seconds": 0.0,
}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def secret(simulator: Running, receiver: Receiver) -> str:
    endpoint = simulator.sdk.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["*"]}
    )
    assert endpoint.secret is not None
    return endpoint.secret


def make_product(simulator: Running, name: str = "Mug") -> None:
    simulator.sdk.v1.products.create({"name": name})


def test_behaviour_is_good_at_first(simulator: Running) -> None:
    assert simulator.request("GET", BEHAVIOUR).json() == WELL


def test_patch_changes_what_it_names(simulator: Running) -> None:
    assert simulator.behave(duplicates=2) == WELL | {"duplicates": 2}
    changed = simulator.behave(faults=[FAULT])
    assert changed == WELL | {"duplicates": 2, "faults": [FAULT]}
    assert simulator.request("GET", BEHAVIOUR).json() == changed


def test_delete_resets_everything(simulator: Running) -> None:
    simulator.behave(deliveries_paused=True, duplicates=2, faults=[FAULT])
    assert simulator.request("DELETE", BEHAVIOUR).json() == WELL
    assert simulator.request("GET", BEHAVIOUR).json() == WELL


def test_fault_has_its_defaults(simulator: Running) -> None:
    changed = simulator.behave(faults=[{"path": "/v1/prices"}])
    assert changed["faults"] == [FAULT | {"method": "*", "path": "/v1/prices"}]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"duplicates": -1}, "duplicates"),
        ({"duplicates": "2"}, "duplicates"),
        ({"drop_probability": 1.5}, "drop_probability"),
        ({"delay_seconds": -0.1}, "delay_seconds"),
        ({"faults": [{"path": "/c/pay"}]}, "faults.0.path"),
        ({"faults": [{"path": "/v1/prices", "status": 302}]}, "faults.0.status"),
        ({"faults": [{"path": "/v1/prices", "times": 0}]}, "faults.0.times"),
    ],
)
def test_nonsense_is_refused(simulator: Running, changes: Json, named: str) -> None:
    response = simulator.request("PATCH", BEHAVIOUR, json={"shuffle": True} | changes)
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(f"{named}: ")
    assert simulator.request("GET", BEHAVIOUR).json() == WELL


@pytest.mark.parametrize("content", ["{", "[]", ""])
def test_body_is_a_json_object(simulator: Running, content: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = simulator.request("PATCH", BEHAVIOUR, content=content, headers=headers)
    assert response.status_code == 400


def test_body_of_a_web_form_is_refused(simulator: Running) -> None:
    headers = {"Content-Type": "text/plain"}
    response = simulator.request("PATCH", BEHAVIOUR, content='{"shuffle": true}', headers=headers)
    assert response.status_code == 415
    assert simulator.request("GET", BEHAVIOUR).json() == WELL


def test_paused_deliveries_wait(simulator: Running, receiver: Receiver, secret: str) -> None:
    simulator.behave(deliveries_paused=True)
    shop = Shop(simulator.sdk)
    session = shop.paid_session()
    assert "checkout.session.completed" in shop.event_types()
    assert (simulator.attempts(), receiver.received) == ([], [])
    simulator.behave(deliveries_paused=False)
    bodies = [json.loads(one.body) for one in receiver.wait_for(7)]
    completed = [one for one in bodies if one["type"] == "checkout.session.completed"]
    assert [one["data"]["object"]["id"] for one in completed] == [session.id]


def test_duplicates_are_sent_after_the_first(
    simulator: Running, receiver: Receiver, secret: str
) -> None:
    simulator.behave(duplicates=2)
    make_product(simulator)
    received = receiver.wait_for(3)
    events = [stripe.Webhook.construct_event(o.body, o.signature, secret).id for o in received]
    assert len(set(events)) == 1
    assert len(simulator.wait_for_attempts(3)) == 3


def test_shuffled_deliveries_come_out_of_order(
    simulator: Running, receiver: Receiver, secret: str
) -> None:
    simulator.behave(deliveries_paused=True, shuffle=True)
    names = [f"Mug {number}" for number in range(10)]
    for name in names:
        make_product(simulator, name)
    simulator.behave(deliveries_paused=False)
    came = [json.loads(one.body)["data"]["object"]["name"] for one in receiver.wait_for(10)]
    assert sorted(came) == names
    assert came != names


def test_dropped_delivery_is_never_sent(
    simulator: Running, receiver: Receiver, secret: str
) -> None:
    simulator.behave(drop_probability=1.0)
    make_product(simulator)
    attempt = simulator.wait_for_attempts(1)[0]
    assert (attempt["status"], attempt["outcome"]) == (None, "dropped")
    simulator.behave(drop_probability=0.0)
    simulator.sdk.v1.customers.create()
    assert json.loads(receiver.wait_for(1)[0].body)["type"] == "customer.created"
    assert len(simulator.get("/v1/events")["data"]) == 2


def test_delayed_delivery_comes_later(simulator: Running, receiver: Receiver, secret: str) -> None:
    simulator.behave(delay_seconds=0.2)
    begun = time.monotonic()
    make_product(simulator)
    receiver.wait_for(1)
    assert time.monotonic() - begun >= 0.2


def test_thin_event_leads_to_its_object(
    simulator: Running, receiver: Receiver, secret: str
) -> None:
    simulator.behave(thin_events=True)
    product = simulator.sdk.v1.products.create({"name": "Mug"})
    delivery = receiver.wait_for(1)[0]
    thin = simulator.sdk.parse_event_notification(delivery.body, delivery.signature, secret)
    assert thin.type == "v1.product.created"
    body = json.loads(delivery.body)
    assert "data" not in body
    assert body["related_object"] == {
        "id": product.id,
        "type": "product",
        "url": f"/v1/products/{product.id}",
    }
    event = simulator.get(f"/v2/core/events/{thin.id}")
    assert event == body | {"changes": None, "snapshot_event": event["snapshot_event"]}
    snapshot = simulator.get(f"/v1/events/{event['snapshot_event']}")
    assert snapshot["data"]["object"]["id"] == product.id


@pytest.mark.parametrize(
    ("status", "type_", "code"),
    [
        (500, "api_error", None),
        (503, "api_error", None),
        (429, "invalid_request_error", "rate_limit"),
        (402, "invalid_request_error", None),
    ],
)
def test_fault_responds_in_the_endpoints_place(
    simulator: Running, status: int, type_: str, code: str | None
) -> None:
    simulator.behave(faults=[{"path": "/v1/products", "status": status}])
    response = simulator.post("/v1/products", "name=Mug")
    error = response.json()["error"]
    assert (response.status_code, error["type"], error.get("code")) == (status, type_, code)
    assert simulator.get("/v1/products")["data"] == []


def test_fault_happens_so_many_times(simulator: Running) -> None:
    simulator.behave(faults=[{"method": "POST", "path": "/v1/products", "times": 2}])
    statuses = [simulator.post("/v1/products", "name=Mug").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert simulator.request("GET", BEHAVIOUR).json()["faults"] == []


def test_fault_is_of_its_method_and_path(simulator: Running) -> None:
    fault = {"method": "GET", "path": "/v1/checkout/sessions/*", "status": 503}
    simulator.behave(faults=[fault])
    session = Shop(simulator.sdk).session()
    with pytest.raises(stripe.APIError):
        simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).id == session.id


def test_fault_of_status_200_is_late_only(simulator: Running) -> None:
    simulator.behave(faults=[{"path": "/v1/products", "status": 200, "delay_seconds": 0.2}])
    begun = time.monotonic()
    response = simulator.post("/v1/products", "name=Mug")
    assert time.monotonic() - begun >= 0.2
    assert (response.status_code, response.json()["name"]) == (200, "Mug")


def test_log_of_requests_is_of_the_api_alone(simulator: Running) -> None:
    simulator.post("/v1/products", "name=Mug", Idempotency_Key="key-1")
    simulator.post("/v1/products", "colour=red")
    simulator.request("GET", "/v2/core/events/evt_test_1")
    simulator.request("GET", "/c/pay/cs_test_1")
    logged = simulator.request("GET", "/_simulator/requests").json()
    seen = [(o["method"], o["path"], o["status"], o["idempotency_key"]) for o in logged]
    assert seen == [
        ("POST", "/v1/products", 200, "key-1"),
        ("POST", "/v1/products", 400, None),
        ("GET", "/v2/core/events/evt_test_1", 401, None),
    ]
    for one in logged:
        assert TIMESTAMP.fullmatch(one["at"])
    assert simulator.request("DELETE", "/_simulator/requests").json() == []
    assert simulator.request("GET", "/_simulator/requests").json() == []


def test_log_of_deliveries_has_each_attempt(
    simulator: Running, receiver: Receiver, secret: str
) -> None:
    make_product(simulator)
    attempt = simulator.wait_for_attempts(1)[0]
    assert TIMESTAMP.fullmatch(attempt["at"])
    assert attempt == {
        "event": simulator.get("/v1/events")["data"][0]["id"],
        "type": "product.created",
        "url": receiver.url,
        "status": 200,
        "attempt": 1,
        "at": attempt["at"],
        "outcome": "delivered",
    }


def test_event_may_happen_again_under_another_id(
    simulator: Running, receiver: Receiver, secret: str
) -> None:
    make_product(simulator)
    event = simulator.get("/v1/events")["data"][0]
    again = simulator.request("POST", f"/_simulator/events/{event['id']}/repeat").json()
    assert again["id"] != event["id"]
    assert again["data"] == event["data"]
    assert json.loads(receiver.wait_for(2)[1].body)["id"] == again["id"]


@pytest.mark.parametrize(
    "path",
    [
        "events/evt_1/repeat",
        "endpoints/we_1/roll_secret",
        "charges/ch_1/dispute",
        "disputes/du_1/escalate",
    ],
)
def test_control_of_nothing_is_404(simulator: Running, path: str) -> None:
    assert simulator.request("POST", f"/_simulator/{path}", json={}).status_code == 404

"""What `stripe listen` and `stripe logs tail` use: a session, and its WebSocket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stripe
from websockets.sync.client import ClientConnection, connect

from stripe_simulator.documents import Json
from stripe_simulator.testing import WAIT_SECONDS, Running
from stripe_simulator.webhooks.cli_sessions import PATH
from stripe_simulator.webhooks.cli_sockets import UNKNOWN

UPGRADE = {
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Upgrade": "websocket",
}


def session(simulator: Running, *features: str, **more: str) -> Json:
    form: Any = {"device_name": "laptop", "websocket_features": list(features)} | more
    response = simulator.sdk.raw_request("post", "/v1/stripecli/sessions", **form)
    made: Json = response.data
    return made


@contextmanager
def connected(made: Json) -> Iterator[ClientConnection]:
    url = f"{made['websocket_url']}?websocket_feature={made['websocket_authorized_feature']}"
    with connect(
        url,
        additional_headers={"Websocket-Id": made["websocket_id"]},
        proxy=None,
        subprotocols=["stripecli-devproxy-v1"],  # type: ignore[list-item]
    ) as connection:
        yield connection


def received(connection: ClientConnection) -> Json:
    message: Json = json.loads(connection.recv(WAIT_SECONDS))
    return message


def make_product(simulator: Running) -> None:
    simulator.sdk.v1.products.create({"name": "Mug"})


def test_listener_gets_signed_events(simulator: Running) -> None:
    made = session(simulator, "webhooks")
    with connected(made) as listener:
        make_product(simulator)
        messages = [received(listener) for _ in range(2)]
    versions = [message["endpoint"]["api_version"] for message in messages]
    assert versions == [None, made["latest_version"]]
    body, headers = messages[0]["event_payload"], messages[0]["http_headers"]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], made["secret"])
    assert event.type == "product.created"
    # So that `stripe listen --print-secret` prints what the next one signs with.
    assert session(simulator, "webhooks")["secret"] == made["secret"]


def test_response_is_logged_as_a_delivery(simulator: Running) -> None:
    with connected(session(simulator, "webhooks")) as listener:
        make_product(simulator)
        conversation = received(listener)["webhook_conversation_id"]
        response = {"forward_url": "http://localhost:3000/hook", "status": 500}
        for type_ in ("event_ack", "webhook_response"):
            message = {"type": type_, "webhook_conversation_id": conversation}
            listener.send(json.dumps(message | response))
        (attempt,) = simulator.wait_for_attempts(1)
    assert (attempt["url"], attempt["status"]) == ("http://localhost:3000/hook", 500)
    assert (attempt["type"], attempt["outcome"]) == ("product.created", "failed")


def test_listener_gets_thin_events(simulator: Running) -> None:
    made = session(simulator, "v2_events")
    with connected(made) as listener:
        make_product(simulator)
        message = received(listener)
    assert message["type"] == "v2_event"
    signed = message["http_headers"]["Stripe-Signature"]
    thin = simulator.sdk.parse_event_notification(message["payload"], signed, made["secret"])
    assert thin.type == "v1.product.created"


def test_event_is_sent_again_to_listeners_only(simulator: Running) -> None:
    make_product(simulator)
    event = simulator.get("/v1/events")["data"][0]["id"]
    with connected(session(simulator, "webhooks")) as listener:
        simulator.post(f"/v1/events/{event}/retry", "for_stripecli=true")
        assert json.loads(received(listener)["event_payload"])["id"] == event


def test_listener_waits_while_deliveries_are_paused(simulator: Running) -> None:
    simulator.behave(deliveries_paused=True)
    with connected(session(simulator, "webhooks")) as listener:
        make_product(simulator)
        with pytest.raises(TimeoutError):
            listener.recv(0.05)
        simulator.behave(deliveries_paused=False)
        assert received(listener)["type"] == "webhook_event"


def test_tail_gets_the_requests_that_it_wants(simulator: Running) -> None:
    filters = json.dumps({"filter_http_method": ["GET"], "filter_status_code_type": ["4XX"]})
    with connected(session(simulator, "request_logs", filters=filters)) as tail:
        make_product(simulator)
        simulator.get("/v1/products")
        simulator.get("/v1/products/prod_none")
        message = received(tail)
    request = json.loads(message["event_payload"])
    assert (request["method"], request["url"]) == ("GET", "/v1/products/prod_none")
    assert (request["status"], request["error"]["code"]) == (404, "resource_missing")
    assert request["request_id"].startswith("req_")


def test_unknown_session_is_refused_as_the_cli_expects(simulator: Running) -> None:
    response = simulator.request("GET", PATH, headers=UPGRADE)
    assert (response.status_code, response.json()) == (404, UNKNOWN)


def test_socket_is_for_this_machine_only(simulator: Running) -> None:
    """A page of another site could name the simulator by a host of its own."""
    headers = UPGRADE | {"Host": "evil.example"}
    assert simulator.request("GET", PATH, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("features", "more", "param"),
    [
        ((), {}, "websocket_features"),
        (("telepathy",), {}, "websocket_features"),
        (("request_logs",), {"filters": "{"}, "filters"),
        (("request_logs",), {"filters": '{"filter_request_status":["MAYBE"]}'}, "filters"),
    ],
)
def test_session_shows_its_purpose(
    simulator: Running, features: tuple[str, ...], more: dict[str, str], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        session(simulator, *features, **more)
    assert caught.value.param == param

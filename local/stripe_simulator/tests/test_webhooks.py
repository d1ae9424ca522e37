"""Webhook endpoints: what is sent to them, how it is signed, and when it is sent again."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Received, Receiver, Running, Shop, fast, running
from support.refusals import refused

LIVE_KEY = "sk_live_51simulatedsimulated"
FORM = {"email": "jenny@example.com", "name": "Jenny", "card_number": "4242424242424242"}


def listen(simulator: Running, url: str, *types: str, **more: Any) -> stripe.WebhookEndpoint:  # noqa: ANN401
    params: Any = {"url": url, "enabled_events": list(types or ["*"])}
    return simulator.sdk.v1.webhook_endpoints.create(params | more)


def make_product(simulator: Running) -> None:
    simulator.sdk.v1.products.create({"name": "Mug"})


def secret_of(endpoint: stripe.WebhookEndpoint) -> str:
    assert endpoint.secret is not None
    return endpoint.secret


def verify(delivery: Received, secret: str) -> stripe.Event:
    event: stripe.Event = stripe.Webhook.construct_event(delivery.body, delivery.signature, secret)
    return event


def test_secret_is_shown_once(simulator: Running, receiver: Receiver) -> None:
    endpoint = listen(simulator, receiver.url)
    assert secret_of(endpoint).startswith("whsec_")
    endpoints = simulator.sdk.v1.webhook_endpoints
    later = [endpoints.retrieve(endpoint.id), *endpoints.list().data]
    later.append(endpoints.update(endpoint.id, {"description": "Ours"}))
    assert ["secret" in one.to_dict() for one in later] == [False] * 3


@pytest.mark.parametrize(("settings", "fakes"), [({}, 1), ({"secret_keys": (LIVE_KEY,)}, 0)])
def test_test_events_have_a_fake_signature_too(
    receiver: Receiver, settings: Json, fakes: int
) -> None:
    """https://docs.stripe.com/webhooks?verify=verify-manually"""
    with running(fast(**settings)) as simulator:
        secret = secret_of(listen(simulator, receiver.url))
        make_product(simulator)
        delivery = receiver.wait_for(1)[0]
    assert (delivery.signature.count("v1="), delivery.signature.count("v0=")) == (1, fakes)
    assert verify(delivery, secret).livemode is not bool(fakes)


def test_signature_verifies(simulator: Running, receiver: Receiver) -> None:
    endpoint = listen(simulator, receiver.url)
    make_product(simulator)
    delivery = receiver.wait_for(1)[0]
    assert verify(delivery, secret_of(endpoint)).type == "product.created"
    with pytest.raises(stripe.SignatureVerificationError):
        verify(delivery, "whsec_another")
    tampered = Received(delivery.body + b" ", delivery.signature, delivery.host, delivery.path)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(tampered, secret_of(endpoint))


def test_delivery_is_the_event_of_the_api(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, receiver.url)
    make_product(simulator)
    sent = json.loads(receiver.wait_for(1)[0].body)
    simulator.wait_for_attempts(1)
    event = simulator.get(f"/v1/events/{sent['id']}")
    assert event["api_version"] == stripe.api_version
    assert (sent["pending_webhooks"], event["pending_webhooks"]) == (1, 0)
    assert sent | {"pending_webhooks": 0} == event


def test_endpoint_chooses_its_version(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, receiver.url, api_version="2025-03-31.basil")
    make_product(simulator)
    assert json.loads(receiver.wait_for(1)[0].body)["api_version"] == "2025-03-31.basil"


def test_only_enabled_events_are_sent(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, receiver.url, "checkout.session.completed", "price.created")
    Shop(simulator.sdk).paid_session()
    bodies = [json.loads(one.body)["type"] for one in receiver.wait_for(2)]
    assert sorted(bodies) == ["checkout.session.completed", "price.created"]
    assert len(simulator.wait_for_attempts(2)) == 2


def test_unknown_type_of_event_is_refused(simulator: Running, receiver: Receiver) -> None:
    message = "Invalid enabled_events: 'order.paid' is not a type of event."
    with refused(400, message, param="enabled_events[0]"):
        listen(simulator, receiver.url, "order.paid")


def test_update_changes_what_is_sent(simulator: Running, receiver: Receiver) -> None:
    endpoint = listen(simulator, receiver.url, "price.created")
    make_product(simulator)
    simulator.sdk.v1.webhook_endpoints.update(
        endpoint.id, {"enabled_events": ["product.created"], "url": f"{receiver.url}/new"}
    )
    make_product(simulator)
    assert [one.path for one in receiver.wait_for(1)] == ["/webhook/new"]
    assert len(simulator.wait_for_attempts(1)) == 1


@pytest.mark.parametrize("end", ["deleted", "disabled"])
def test_ended_endpoint_gets_nothing(simulator: Running, receiver: Receiver, end: str) -> None:
    endpoints = simulator.sdk.v1.webhook_endpoints
    ended = listen(simulator, f"{receiver.url}/ended")
    listen(simulator, f"{receiver.url}/other")
    if end == "deleted":
        assert endpoints.delete(ended.id).deleted is True
        with refused(
            404, f"No such webhook endpoint: '{ended.id}'", code="resource_missing", param="id"
        ):
            endpoints.retrieve(ended.id)
    else:
        assert endpoints.update(ended.id, {"disabled": True}).status == "disabled"
    make_product(simulator)
    assert [one.path for one in receiver.wait_for(1)] == ["/webhook/other"]
    assert len(simulator.wait_for_attempts(1)) == 1


def test_enabled_again_endpoint_gets_what_happens_next(
    simulator: Running, receiver: Receiver
) -> None:
    endpoints = simulator.sdk.v1.webhook_endpoints
    endpoint = listen(simulator, receiver.url)
    endpoints.update(endpoint.id, {"disabled": True})
    make_product(simulator)
    assert endpoints.update(endpoint.id, {"disabled": False}).status == "enabled"
    simulator.sdk.v1.customers.create()
    assert json.loads(receiver.wait_for(1)[0].body)["type"] == "customer.created"


def test_delivery_that_waits_is_canceled_with_its_endpoint(
    simulator: Running, receiver: Receiver
) -> None:
    endpoint = listen(simulator, receiver.url)
    simulator.behave(deliveries_paused=True)
    make_product(simulator)
    simulator.sdk.v1.webhook_endpoints.delete(endpoint.id)
    simulator.behave(deliveries_paused=False)
    attempt = simulator.wait_for_attempts(1)[0]
    assert (attempt["outcome"], attempt["status"]) == ("canceled", None)
    assert receiver.received == []


@pytest.mark.parametrize("status", [500, 400, 302])
def test_failed_delivery_is_sent_again_until_it_is_taken(
    simulator: Running, receiver: Receiver, status: int
) -> None:
    endpoint = listen(simulator, receiver.url)
    receiver.respond = lambda _: 200 if len(receiver.received) == 2 else status
    make_product(simulator)
    events = {verify(one, secret_of(endpoint)).id for one in receiver.wait_for(3)}
    assert len(events) == 1
    logged = simulator.wait_for_attempts(3)
    seen = [(one["attempt"], one["status"], one["outcome"]) for one in logged]
    assert seen == [(1, status, "failed"), (2, status, "failed"), (3, 200, "delivered")]


def test_retries_come_to_an_end(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, receiver.url)
    receiver.respond = lambda _: 500
    make_product(simulator)
    logged = simulator.wait_for_attempts(4)
    assert [one["attempt"] for one in logged] == [1, 2, 3, 4]
    assert {one["outcome"] for one in logged} == {"failed"}
    assert simulator.get("/v1/events")["data"][0]["pending_webhooks"] == 1


def test_refused_connection_is_a_failure(simulator: Running) -> None:
    listen(simulator, "http://127.0.0.1:9/webhook")
    make_product(simulator)
    attempt = simulator.wait_for_attempts(1)[0]
    assert (attempt["status"], attempt["outcome"]) == (None, "failed")


def test_event_is_resent_when_asked(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, receiver.url)
    make_product(simulator)
    event = json.loads(receiver.wait_for(1)[0].body)["id"]
    simulator.post(f"/v1/events/{event}/retry")
    assert json.loads(receiver.wait_for(2)[1].body)["id"] == event


def roll(simulator: Running, endpoint: stripe.WebhookEndpoint, overlap_seconds: float) -> str:
    path = f"/_simulator/endpoints/{endpoint.id}/roll_secret"
    response = simulator.request("POST", path, json={"overlap_seconds": overlap_seconds})
    secret: str = response.json()["secret"]
    return secret


def test_rolled_secret_signs_beside_the_old_one(simulator: Running, receiver: Receiver) -> None:
    endpoint = listen(simulator, receiver.url)
    new = roll(simulator, endpoint, overlap_seconds=3600)
    assert new != secret_of(endpoint)
    make_product(simulator)
    delivery = receiver.wait_for(1)[0]
    assert delivery.signature.count("v1=") == 2
    assert verify(delivery, secret_of(endpoint)) == verify(delivery, new)


def test_old_secret_ends_with_the_overlap(simulator: Running, receiver: Receiver) -> None:
    endpoint = listen(simulator, receiver.url)
    new = roll(simulator, endpoint, overlap_seconds=3600)
    simulator.clock.now += 3600
    make_product(simulator)
    delivery = receiver.wait_for(1)[0]
    assert verify(delivery, new).type == "product.created"
    with pytest.raises(stripe.SignatureVerificationError):
        verify(delivery, secret_of(endpoint))


def test_host_of_the_url_is_kept_wherever_it_is_connected_to(receiver: Receiver) -> None:
    target = f"127.0.0.1:{receiver.port}"
    with running(fast(connect_to={"shop.example": target})) as simulator:
        listen(simulator, "http://shop.example/webhook")
        make_product(simulator)
        assert receiver.wait_for(1)[0].host == "shop.example"


def test_subdomain_of_localhost_is_this_machine(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, f"http://x.lambda-url.localhost:{receiver.port}/")
    make_product(simulator)
    assert receiver.wait_for(1)[0].host == f"x.lambda-url.localhost:{receiver.port}"


def test_redirect_waits_for_the_response_to_the_webhook(
    simulator: Running, receiver: Receiver
) -> None:
    listen(simulator, receiver.url, "checkout.session.completed")
    asked, may_respond = threading.Event(), threading.Event()

    def response(_: Received) -> int:
        asked.set()
        return 200 if may_respond.wait(10) else 500

    receiver.respond = response
    session = Shop(simulator.sdk).session()
    with ThreadPoolExecutor() as pool:
        path = f"/c/pay/{session.id}"
        redirect = pool.submit(simulator.request, "POST", path, data=FORM)
        assert asked.wait(10)
        assert simulator.get(f"/v1/checkout/sessions/{session.id}")["status"] == "complete"
        # That it does not come can't be awaited.
        assert not wait({redirect}, timeout=0.2).done
        may_respond.set()
        assert redirect.result(10).status_code == 303


def test_redirect_does_not_wait_forever(receiver: Receiver) -> None:
    may_respond = threading.Event()
    receiver.respond = lambda _: 200 if may_respond.wait(10) else 500
    with running(fast(redirect_seconds=0.05)) as simulator:
        listen(simulator, receiver.url, "checkout.session.completed")
        session = Shop(simulator.sdk).session()
        begun = time.monotonic()
        response = simulator.request("POST", f"/c/pay/{session.id}", data=FORM)
        assert response.status_code == 303
        assert time.monotonic() - begun < 5
        may_respond.set()


def test_redirect_does_not_wait_for_retries(simulator: Running, receiver: Receiver) -> None:
    listen(simulator, receiver.url, "checkout.session.completed")
    receiver.respond = lambda _: 500
    session = Shop(simulator.sdk).session()
    page: Json = Shop(simulator.sdk).pay(
        session, Shop(simulator.sdk).payment_method(token="tok_visa")
    )
    assert page["status"] == "complete"
    assert simulator.attempts()[0]["outcome"] == "failed"

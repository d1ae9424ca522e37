"""Payments, refunds, events, idempotency keys: the same at Stripe and at the simulator."""

import time
import uuid

import pytest
import stripe

from stripe_simulator.documents import Json
from support.sandbox import NotATestKey, Sandbox, opened

# Stripe lists an event soon after the change, not at once.
EVENT_SECONDS = 30.0
PAUSE_SECONDS = 1.0


def event_about(sandbox: Sandbox, type_: str, id_: str) -> Json:
    deadline = time.monotonic() + EVENT_SECONDS
    while True:
        listed = sandbox.call("get", "/v1/events", type=type_, limit=100)["data"]
        found = [one for one in listed if one["data"]["object"]["id"] == id_]
        if found:
            event: Json = found[0]
            return event
        assert time.monotonic() < deadline, f"no {type_} of {id_}"
        time.sleep(PAUSE_SECONDS)


def test_card_pays(sandbox: Sandbox) -> None:
    intent = sandbox.payment(metadata={"order": "1"})
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 2000)
    charge = sandbox.call("get", f"/v1/charges/{intent['latest_charge']}")
    assert (charge["status"], charge["paid"], charge["captured"]) == ("succeeded", True, True)
    assert (charge["metadata"], charge["payment_intent"]) == ({"order": "1"}, intent["id"])
    assert "refunds" not in charge


def test_refunds_add_up(sandbox: Sandbox) -> None:
    intent = sandbox.payment()
    refund = sandbox.call("post", "/v1/refunds", payment_intent=intent["id"], amount=500)
    assert (refund["status"], refund["amount"], refund["metadata"]) == ("succeeded", 500, {})
    path = f"/v1/charges/{intent['latest_charge']}"
    assert sandbox.call("get", path)["amount_refunded"] == 500
    refusal = sandbox.refused("post", "/v1/refunds", payment_intent=intent["id"], amount=1501)
    assert (refusal.status, refusal.type) == (400, "invalid_request_error")
    sandbox.call("post", "/v1/refunds", payment_intent=intent["id"])
    charge = sandbox.call("get", path, expand=["refunds"])
    assert (charge["amount_refunded"], charge["refunded"]) == (2000, True)
    assert [one["amount"] for one in charge["refunds"]["data"]] == [1500, 500]
    again = sandbox.refused("post", "/v1/refunds", payment_intent=intent["id"])
    assert again.code == "charge_already_refunded"


def test_declined_card_is_402(sandbox: Sandbox) -> None:
    refusal = sandbox.refused(
        "post",
        "/v1/payment_intents",
        amount=2000,
        currency="usd",
        payment_method="pm_card_visa_chargeDeclined",
        payment_method_types=["card"],
        confirm=True,
    )
    assert (refusal.status, refusal.type, refusal.code) == (402, "card_error", "card_declined")
    assert refusal.message == "Your card was declined."


def test_money_is_reserved_then_captured_in_part(sandbox: Sandbox) -> None:
    intent = sandbox.payment(capture_method="manual")
    assert (intent["status"], intent["amount_capturable"]) == ("requires_capture", 2000)
    path = f"/v1/payment_intents/{intent['id']}"
    captured = sandbox.call("post", f"{path}/capture", amount_to_capture=700)
    assert (captured["status"], captured["amount_received"]) == ("succeeded", 700)
    charge = sandbox.call("get", f"/v1/charges/{captured['latest_charge']}")
    assert charge["amount_captured"] == 700


def test_canceled_payment_has_its_reason(sandbox: Sandbox) -> None:
    intent = sandbox.payment(capture_method="manual")
    path = f"/v1/payment_intents/{intent['id']}/cancel"
    canceled = sandbox.call("post", path, cancellation_reason="abandoned")
    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")
    assert sandbox.refused("post", path).code == "payment_intent_unexpected_state"


def test_deleted_customer_is_there_as_deleted(sandbox: Sandbox) -> None:
    customer = sandbox.call("post", "/v1/customers", email="jenny@example.com")
    path = f"/v1/customers/{customer['id']}"
    assert sandbox.call("get", path) == customer
    deleted = {"id": customer["id"], "object": "customer", "deleted": True}
    assert sandbox.call("delete", path) == deleted
    assert sandbox.call("get", path) == deleted


def test_key_replays_its_response(sandbox: Sandbox) -> None:
    key = f"contract-{uuid.uuid4()}"
    first = sandbox.call("post", "/v1/customers", name="Jenny", idempotency_key=key)
    sandbox.later("delete", f"/v1/customers/{first['id']}")
    again, headers = sandbox.respond("post", "/v1/customers", name="Jenny", idempotency_key=key)
    assert again == first
    assert headers["idempotent-replayed"] == "true"
    refusal = sandbox.refused("post", "/v1/customers", name="Ada", idempotency_key=key)
    assert (refusal.status, refusal.type) == (400, "idempotency_error")


def test_change_is_an_event_with_what_was_before(sandbox: Sandbox) -> None:
    price = sandbox.price(nickname="before")
    sandbox.call("post", f"/v1/prices/{price['id']}", nickname="after")
    event = event_about(sandbox, "price.updated", price["id"])
    assert event["data"]["object"]["nickname"] == "after"
    assert event["data"]["previous_attributes"]["nickname"] == "before"
    assert event["request"]["id"].startswith("req_")
    assert "account" not in event


def test_payment_is_an_event_without_previous_attributes(sandbox: Sandbox) -> None:
    intent = sandbox.payment()
    event = event_about(sandbox, "payment_intent.succeeded", intent["id"])
    assert event["data"]["object"]["status"] == "succeeded"
    assert "previous_attributes" not in event["data"]


def test_secret_of_an_endpoint_is_shown_once(sandbox: Sandbox) -> None:
    made = sandbox.call(
        "post",
        "/v1/webhook_endpoints",
        url="https://example.com/webhook",
        enabled_events=["charge.refunded"],
    )
    path = f"/v1/webhook_endpoints/{made['id']}"
    sandbox.later("delete", path)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in sandbox.call("get", path)


def test_wrong_key_is_401(sandbox: Sandbox) -> None:
    client = stripe.StripeClient("sk_test_nothing", base_addresses={"api": sandbox.api_base})
    refusal = Sandbox(client).refused("get", "/v1/prices")
    assert (refusal.status, refusal.type) == (401, "invalid_request_error")


@pytest.mark.parametrize("key", ["sk_live_51", "rk_live_51", "pk_test_51", ""])
def test_live_key_is_refused(key: str) -> None:
    with pytest.raises(NotATestKey), opened(key):
        pass

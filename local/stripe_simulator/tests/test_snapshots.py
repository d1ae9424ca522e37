"""`/_simulator/reset` and `/_simulator/snapshot`: back to a state that was."""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Receiver, Running, Shop, fast, running

# Bank debits and refunds stay pending for as long as a test runs.
SLOW = fast(async_payment_seconds=60.0)


def reset(simulator: Running) -> None:
    assert simulator.request("POST", "/_simulator/reset", json={}).status_code == 200


def snapshot(simulator: Running) -> dict[str, Any]:
    taken: dict[str, Any] = simulator.request("GET", "/_simulator/snapshot").json()
    return taken


def restore(simulator: Running, taken: object) -> None:
    response = simulator.request("PUT", "/_simulator/snapshot", json=taken)
    assert response.status_code == 200, response.text


def test_reset_empties_the_account(simulator: Running, shop: Shop, receiver: Receiver) -> None:
    simulator.sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    shop.paid_session()
    simulator.behave(drop_probability=1.0)
    reset(simulator)
    for path in ("products", "checkout/sessions", "charges", "events", "webhook_endpoints"):
        assert simulator.get(f"/v1/{path}")["data"] == []
    assert simulator.request("GET", "/_simulator/behaviour").json()["drop_probability"] == 0.0
    assert simulator.attempts() == []


def test_reset_forgets_idempotency_keys(simulator: Running) -> None:
    for name in ("Mug", "Cup"):
        made = simulator.post("/v1/products", f"name={name}", Idempotency_Key="key")
        assert made.json()["name"] == name
        reset(simulator)


def test_snapshot_brings_back_what_was(simulator: Running, shop: Shop) -> None:
    session = shop.paid_session()
    taken = snapshot(simulator)
    before = simulator.get("/v1/events", limit="100")
    reset(simulator)
    restore(simulator, taken)
    assert simulator.get("/v1/events", limit="100") == before
    assert snapshot(simulator) == taken
    intent: Any = session.payment_intent
    refund = simulator.sdk.v1.refunds.create({"payment_intent": intent})
    assert refund.status == "succeeded"


def test_snapshot_is_for_any_simulator(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    with running(fast()) as other:
        restore(other, snapshot(simulator))
        page = Shop(other.sdk).pay(session, Shop(other.sdk).payment_method(token="tok_visa"))
        assert page["payment_status"] == "paid"
    assert shop.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_restored_session_expires(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    restore(simulator, snapshot(simulator))
    simulator.clock.now = session.expires_at + 1
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_restored_line_items_show_prices_as_they_are(simulator: Running, shop: Shop) -> None:
    price = shop.price()
    session = shop.session(price)
    restore(simulator, snapshot(simulator))
    simulator.sdk.v1.prices.update(price.id, {"nickname": "Mug"})
    [item] = simulator.sdk.v1.checkout.sessions.line_items.list(session.id).data
    assert item.price is not None
    assert item.price.nickname == "Mug"


def test_restored_endpoint_gets_events(simulator: Running, receiver: Receiver) -> None:
    params: Any = {"url": receiver.url, "enabled_events": ["*"]}
    endpoint = simulator.sdk.v1.webhook_endpoints.create(params)
    taken = snapshot(simulator)
    simulator.sdk.v1.webhook_endpoints.delete(endpoint.id)
    restore(simulator, taken)
    simulator.sdk.v1.products.create({"name": "Mug"})
    [delivery] = receiver.wait_for(1)
    secret: Any = endpoint.secret
    event = stripe.Webhook.construct_event(delivery.body, delivery.signature, secret)
    assert event.type == "product.created"


def test_no_snapshot_while_a_payment_is_pending() -> None:
    with running(SLOW) as simulator:
        shop = Shop(simulator.sdk)
        session = shop.session(shop.price(currency="eur"))
        shop.pay(session, shop.bank_account("AT611904300234573201"))
        response = simulator.request("GET", "/_simulator/snapshot")
        assert response.status_code == 409
        reset(simulator)
        assert snapshot(simulator)["events"] == []


@pytest.mark.parametrize(
    "change", [{"unknown": 1}, {"events": "none"}, {"account": {"products": [7]}}]
)
def test_malformed_snapshot_changes_nothing(
    simulator: Running, shop: Shop, change: dict[str, object]
) -> None:
    shop.price()
    taken = snapshot(simulator)
    response = simulator.request("PUT", "/_simulator/snapshot", json=taken | change)
    assert response.status_code == 400
    assert snapshot(simulator) == taken


def test_web_page_can_not_reset(simulator: Running, shop: Shop) -> None:
    shop.price()
    refused = simulator.request("POST", "/_simulator/reset", data={})
    assert refused.status_code == 415
    assert simulator.get("/v1/prices")["data"] != []


def test_restored_coupons_and_promotion_codes_end(simulator: Running) -> None:
    sdk = simulator.sdk
    end = int(simulator.clock.now) + 100
    coupon = sdk.v1.coupons.create({"percent_off": 10, "duration": "once", "redeem_by": end})
    promotion: Any = {"type": "coupon", "coupon": coupon.id}
    code = sdk.v1.promotion_codes.create({"promotion": promotion, "expires_at": end})
    restore(simulator, snapshot(simulator))
    simulator.clock.now = end + 1
    assert not sdk.v1.coupons.retrieve(coupon.id).valid
    assert not sdk.v1.promotion_codes.retrieve(code.id).active


def test_restored_authorization_runs_out(simulator: Running) -> None:
    intents = simulator.sdk.v1.payment_intents
    intent = intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "capture_method": "manual",
            "confirm": True,
        }
    )
    assert intent.status == "requires_capture"
    restore(simulator, snapshot(simulator))
    simulator.clock.now += 8 * 24 * 60 * 60
    assert intents.retrieve(intent.id).status == "canceled"

"""Idempotency keys: one response for one key."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.refusals import refused

ONE_DAY = 24 * 60 * 60


def create(simulator: Running, form: str = "name=Mug", key: str = "key-1") -> httpx.Response:
    return simulator.post("/v1/products", form, Idempotency_Key=key)


@contextmanager
def creating_slowly(simulator: Running) -> Iterator[list[httpx.Response]]:
    """While a request with `key-1` is under way; its response, once it is over."""
    fault = {"method": "POST", "path": "/v1/products", "status": 200, "delay_seconds": 0.5}
    simulator.behave(faults=[fault])
    first: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: first.append(create(simulator)))
    thread.start()
    # The fault is gone once the request that it delays has begun.
    while simulator.request("GET", "/_simulator/behaviour").json()["faults"]:
        pass
    yield first
    thread.join()


def names(simulator: Running) -> list[str]:
    return [product["name"] for product in simulator.get("/v1/products")["data"]]


def test_same_request_gets_the_stored_response(simulator: Running) -> None:
    first, second = create(simulator), create(simulator)
    assert second.status_code == 200
    assert second.content == first.content
    assert names(simulator) == ["Mug"]


def test_replay_has_the_replayed_header(simulator: Running) -> None:
    first, second = create(simulator), create(simulator)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Idempotency-Key"] == "key-1"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Request-Id"] != first.headers["Request-Id"]


def test_order_of_parameters_does_not_matter(simulator: Running) -> None:
    first = create(simulator, "name=Mug&description=Blue")
    second = create(simulator, "description=Blue&name=Mug")
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"


def test_sdk_replays_a_session(sdk: stripe.StripeClient, shop: Shop) -> None:
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "payment",
        "line_items": [{"price": shop.price().id, "quantity": 1}],
        "success_url": "https://shop.example/thanks",
    }
    options: stripe.RequestOptions = {"idempotency_key": "order-1"}
    first = sdk.v1.checkout.sessions.create(params, options)
    second = sdk.v1.checkout.sessions.create(params, options)
    assert second.id == first.id
    assert len(sdk.v1.checkout.sessions.list().data) == 1


def test_other_parameters_are_refused(sdk: stripe.StripeClient) -> None:
    sdk.v1.products.create({"name": "Mug"}, {"idempotency_key": "key-1"})
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first "
        "used with. Try using a key other than 'key-1' if you meant to execute a different "
        "request."
    )
    with refused(400, message, type_="idempotency_error"):
        sdk.v1.products.create({"name": "Cup"}, {"idempotency_key": "key-1"})


def test_other_endpoint_is_refused(sdk: stripe.StripeClient) -> None:
    sdk.v1.products.create({"name": "Mug"}, {"idempotency_key": "key-1"})
    message = (
        "Keys for idempotent requests can only be used for the same endpoint they were first "
        "used for ('/v1/customers' vs '/v1/products'). Try using a key other than 'key-1' if you "
        "meant to execute a different request."
    )
    with refused(400, message, type_="idempotency_error"):
        sdk.v1.customers.create({"name": "Mug"}, {"idempotency_key": "key-1"})


def test_request_under_way_is_a_conflict(simulator: Running) -> None:
    with creating_slowly(simulator) as first:
        second = create(simulator)
    assert second.status_code == 409
    error = second.json()["error"]
    assert (error["type"], error["code"]) == ("idempotency_error", "idempotency_key_in_use")
    assert "another in-progress request using this" in error["message"]
    assert first[0].status_code == 200
    assert create(simulator).content == first[0].content
    assert names(simulator) == ["Mug"]


def test_key_is_kept_for_a_day(simulator: Running) -> None:
    first = create(simulator)
    simulator.clock.now += ONE_DAY
    assert create(simulator).content == first.content
    simulator.clock.now += 1
    third = create(simulator)
    assert "Idempotent-Replayed" not in third.headers
    assert third.json()["id"] != first.json()["id"]


def test_server_error_is_replayed(simulator: Running) -> None:
    simulator.behave(faults=[{"method": "POST", "path": "/v1/products", "status": 500}])
    first, second = create(simulator), create(simulator)
    assert (first.status_code, second.status_code) == (500, 500)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Stripe-Should-Retry"] == "false"
    assert names(simulator) == []


@pytest.mark.parametrize("status", [429, 503])
def test_response_that_nothing_ran_is_not_kept(simulator: Running, status: int) -> None:
    simulator.behave(faults=[{"method": "POST", "path": "/v1/products", "status": status}])
    assert create(simulator).status_code == status
    assert create(simulator).status_code == 200


def test_validation_error_is_not_kept(simulator: Running) -> None:
    assert create(simulator, "colour=red").status_code == 400
    after = create(simulator, "name=Mug")
    assert after.status_code == 200
    assert "Idempotent-Replayed" not in after.headers


def test_refusal_by_the_endpoint_is_kept(simulator: Running) -> None:
    form = "currency=usd&unit_amount=100&product=prod_1"
    first = simulator.post("/v1/prices", form, Idempotency_Key="key-1")
    assert first.status_code == 400
    create(simulator, "name=Mug&id=prod_1", key="key-2")
    second = simulator.post("/v1/prices", form, Idempotency_Key="key-1")
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"


def test_decline_is_replayed(sdk: stripe.StripeClient, shop: Shop) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "key-1"}
    for _ in range(2):
        with refused(402, "Your card was declined.", code="card_declined", type_="card_error"):
            sdk.v1.payment_intents.create(
                {
                    "amount": 500,
                    "currency": "usd",
                    "payment_method": "pm_card_chargeDeclined",
                    "confirm": True,
                },
                options,
            )
    assert len(sdk.v1.charges.list().data) == 1


def test_key_is_not_of_a_wrong_secret_key(simulator: Running) -> None:
    wrong = simulator.post(
        "/v1/products", "name=Mug", Idempotency_Key="key-1", Authorization="Bearer sk_test_wrong"
    )
    assert wrong.status_code == 401
    assert create(simulator).status_code == 200


def test_key_has_up_to_255_characters(simulator: Running) -> None:
    assert create(simulator, key="k" * 255).status_code == 200
    refusal = create(simulator, key="k" * 256)
    assert refusal.status_code == 400
    assert "255 characters" in refusal.json()["error"]["message"]


def test_event_names_the_key(simulator: Running) -> None:
    response = create(simulator)
    event = simulator.get("/v1/events")["data"][0]
    assert event["request"] == {"id": response.headers["Request-Id"], "idempotency_key": "key-1"}


def buy(simulator: Running, price: str, key: str) -> httpx.Response:
    form = (
        f"mode=payment&success_url=https://shop.example/thanks"
        f"&line_items[0][price]={price}&line_items[0][quantity]=1"
    )
    return simulator.post("/v1/checkout/sessions", form, Idempotency_Key=key)


def test_refusal_of_a_cart_is_replayed(simulator: Running, shop: Shop) -> None:
    """A key that a refusal has used stays used, also once its reason has gone."""
    price = shop.price()
    simulator.sdk.v1.prices.update(price.id, {"active": False})
    first = buy(simulator, price.id, "key-1")
    assert (first.status_code, first.json()["error"]["param"]) == (400, "line_items[0][price]")
    assert "Idempotent-Replayed" not in first.headers
    simulator.sdk.v1.prices.update(price.id, {"active": True})
    replayed = buy(simulator, price.id, "key-1")
    assert (replayed.status_code, replayed.content) == (400, first.content)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert buy(simulator, price.id, "key-2").status_code == 200


@pytest.mark.parametrize("amount", [20, 100_000_000])
def test_refusal_of_a_total_is_replayed(simulator: Running, shop: Shop, amount: int) -> None:
    price = shop.price(amount)
    first, second = (buy(simulator, price.id, "key-1") for _ in range(2))
    assert first.json()["error"]["code"] in {"amount_too_small", "amount_too_large"}
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"


def test_refusal_is_forgotten_after_a_day(simulator: Running, shop: Shop) -> None:
    price = shop.price()
    simulator.sdk.v1.prices.update(price.id, {"active": False})
    assert buy(simulator, price.id, "key-1").status_code == 400
    simulator.sdk.v1.prices.update(price.id, {"active": True})
    simulator.clock.now += ONE_DAY + 1
    assert buy(simulator, price.id, "key-1").status_code == 200


def forget_keys(simulator: Running) -> int:
    forgotten: int = simulator.request("DELETE", "/_simulator/idempotency_keys").json()["forgotten"]
    return forgotten


def test_keys_may_be_forgotten_at_once(simulator: Running) -> None:
    """As a day does, for a caller that can't move the clock."""
    first = create(simulator)
    create(simulator, key="key-2")
    assert forget_keys(simulator) == 2
    second = create(simulator)
    assert "Idempotent-Replayed" not in second.headers
    assert second.json()["id"] != first.json()["id"]
    assert forget_keys(simulator) == 1


def test_key_in_use_is_not_forgotten(simulator: Running) -> None:
    with creating_slowly(simulator) as first:
        assert forget_keys(simulator) == 0
        assert create(simulator).status_code == 409
    assert create(simulator).content == first[0].content

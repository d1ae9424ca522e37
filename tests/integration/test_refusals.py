"""Requests that the API refuses with a reason, without a call to Stripe or the table."""

import json

import httpx
import pytest

from tests.integration.world import World, lookup_item
from tests.support.documents import Json

ITEMS = [{"price": "price_1abc", "quantity": 1}]
SHOP = "http://localhost:3000"


def calls_of_a_create(world: World) -> list[tuple[str, str]]:
    """Return the calls to Stripe, without those caused by other tests' webhooks."""
    calls = {("POST", "/v1/checkout/sessions"), ("GET", "/v1/prices")}
    return [one for one in world.simulator.requests if one in calls]


# More of them: tests/unit/test_models.py, test_return_urls.py.
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/items"),
        ({"items": ITEMS, "metadata": {"order_id": "ord_mine"}}, "/metadata/order_id"),
        ({"items": ITEMS, "success_url": "https://evil.example/thanks"}, "/success_url"),
    ],
)
def test_a_body_outside_the_contract(world: World, body: Json, pointer: str) -> None:
    before = world.number_of_orders()
    response = world.frontend.request_checkout(body)
    assert_problem(response, 400, "invalid-request")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert calls_of_a_create(world) == []
    assert world.number_of_orders() == before


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object(world: World, body: bytes) -> None:
    assert_problem(world.frontend.request_checkout(body), 400, "invalid-request")
    assert calls_of_a_create(world) == []


def test_a_body_that_is_too_large(world: World) -> None:
    body = json.dumps({"items": ITEMS, "metadata": {"pad": "x" * 200_000}}).encode()
    assert_problem(world.frontend.request_checkout(body), 413, "payload-too-large")
    assert calls_of_a_create(world) == []


def test_a_body_of_another_type(world: World) -> None:
    response = world.frontend.request_checkout({"items": ITEMS}, content_type="text/plain")
    assert_problem(response, 415, "unsupported-media-type")
    assert calls_of_a_create(world) == []


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_outside_the_contract(world: World, key: str) -> None:
    response = world.frontend.request_checkout({"items": ITEMS}, idempotency_key=key)
    assert_problem(response, 400, "invalid-request")
    assert calls_of_a_create(world) == []


def test_an_unknown_price_names_its_item(world: World) -> None:
    before = world.number_of_orders()
    items = [lookup_item(), *ITEMS]
    response = world.frontend.request_checkout({"items": items})
    assert_problem(response, 400, "invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/items/1/price"]
    assert world.number_of_orders() == before


def test_an_archived_price_names_its_item(world: World) -> None:
    stripe = world.simulator.sdk.v1
    product = stripe.products.create({"name": "Gone"})
    price = stripe.prices.create({"product": product.id, "unit_amount": 900, "currency": "eur"})
    stripe.prices.update(price.id, {"active": False})
    response = world.frontend.request_checkout({"items": [{"price": price.id, "quantity": 1}]})
    assert_problem(response, 400, "invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/items/0/price"]


def test_an_unknown_lookup_key_names_its_item(world: World) -> None:
    items = [{"lookup_key": "no-such", "quantity": 1}]
    response = world.frontend.request_checkout({"items": items})
    assert_problem(response, 400, "invalid-request")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/items/0/lookup_key"]


@pytest.mark.parametrize(
    ("status", "expected", "slug"),
    [
        (429, 503, "rate-limited"),
        (503, 502, "stripe-unavailable"),
    ],
)
def test_a_stripe_in_trouble_is_distinguished(
    world: World, status: int, expected: int, slug: str
) -> None:
    fault = {"method": "POST", "path": "/v1/checkout/sessions", "status": status, "times": 5}
    world.simulator.behave(faults=[fault])
    response = world.frontend.request_checkout(
        {"items": [{"price": world.stack.price, "quantity": 1}]}
    )
    assert_problem(response, expected, slug)
    assert ("retry-after" in response.headers) == (expected == 503)


@pytest.mark.parametrize(
    "session_id",
    [
        "cs_test_unknown",
        "cs_test_a%20b",
        "cs_test_%00",
    ],
)
def test_a_session_that_is_not_ours_is_not_found(world: World, session_id: str) -> None:
    assert_problem(world.frontend.confirm(session_id), 404, "session-not-found")
    assert len(world.simulator.requests) <= 1


def test_a_session_that_another_system_made_is_not_found(world: World) -> None:
    before = world.number_of_orders()
    foreign = world.simulator.sdk.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": world.stack.price or "", "quantity": 1}],
            "success_url": "https://elsewhere.example/",
        }
    )
    response = world.frontend.confirm(foreign.id)
    assert_problem(response, 404, "session-not-found")
    assert response.json() == world.frontend.confirm("cs_test_unknown").json()
    assert world.number_of_orders() == before


def test_a_browser_on_the_shop_may_call(world: World) -> None:
    response = preflight(world, SHOP)
    assert response.is_success
    assert response.headers["access-control-allow-origin"] == SHOP
    assert "POST" in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert set(allowed) >= {"content-type", "idempotency-key"}


def test_a_browser_elsewhere_may_not(world: World) -> None:
    assert "access-control-allow-origin" not in preflight(world, "https://evil.example").headers


def preflight(world: World, origin: str) -> httpx.Response:
    return httpx.options(
        f"{world.stack.facts.api_url}/checkout/sessions",
        headers={
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,idempotency-key",
        },
    )


def assert_problem(response: httpx.Response, status: int, slug: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"urn:problem-type:checkout:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]

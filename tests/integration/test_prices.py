"""The list that a shop's page shows, and buying from it."""

import httpx

from local.machine.ports import NO_TLS
from local.shop.customer import pay_by_card
from local.shop.frontend import DEFAULT_ORIGIN
from local.shop.stripe_account import LOOKUP_KEY, STAFF_LOOKUP_KEY
from tests.integration.world import World

LIST = ("GET", "/v1/prices")


def test_what_is_listed_can_be_bought(world: World) -> None:
    response = world.frontend.prices()
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "max-age=60"
    listed = response.json()["prices"]
    by_key = {one["lookup_key"]: one for one in listed}
    assert by_key[LOOKUP_KEY] == {
        "price": world.stack.price,
        "lookup_key": LOOKUP_KEY,
        "product": {
            "name": "Mug",
            "description": "Stoneware, 300 ml, safe in the dishwasher.",
            "images": [f"{DEFAULT_ORIGIN}/pictures/mug.svg"],
        },
        "unit_amount": 1200,
        "currency": "eur",
    }
    assert STAFF_LOOKUP_KEY not in by_key
    created = world.checkout(items=[{"price": by_key[LOOKUP_KEY]["price"], "quantity": 2}])
    assert pay_by_card(created["url"]).status_code == 303
    assert world.wait_for_status(created["order_id"], "paid")["amount_total"] == 2400


def test_asking_again_asks_stripe_no_more(world: World) -> None:
    first = world.frontend.prices()
    world.simulator.forget_requests()
    assert world.frontend.prices().json() == first.json()
    assert LIST not in world.simulator.requests


def test_an_allowed_page_may_read_it(world: World) -> None:
    url = f"{world.stack.facts.api_url}/checkout/prices"
    response = httpx.get(url, headers={"origin": DEFAULT_ORIGIN}, verify=NO_TLS)
    assert response.headers["access-control-allow-origin"] == DEFAULT_ORIGIN
    assert "origin" in response.headers["vary"].lower()
    preflight = {"origin": DEFAULT_ORIGIN, "access-control-request-method": "GET"}
    allowed = httpx.options(url, headers=preflight, verify=NO_TLS)
    assert "GET" in allowed.headers["access-control-allow-methods"]

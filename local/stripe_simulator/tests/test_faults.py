"""Faults: which requests fail, and with which of Stripe's errors."""

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused

BEHAVIOUR = "/_simulator/behaviour"


def faults(simulator: Running) -> list[Json]:
    left: list[Json] = simulator.request("GET", BEHAVIOUR).json()["faults"]
    return left


def test_fault_is_of_one_object(simulator: Running, shop: Shop) -> None:
    """`path` is the whole path: neither another object's nor one below it."""
    bad, good = shop.session(), shop.session()
    path = f"/v1/checkout/sessions/{bad.id}"
    simulator.behave(faults=[{"method": "GET", "path": path, "status": 500, "times": 3}])
    sessions = simulator.sdk.v1.checkout.sessions
    sessions.retrieve(good.id)
    sessions.list()
    sessions.line_items.list(bad.id)
    sessions.update(bad.id, {"metadata": {"a": "1"}})
    assert [fault["times"] for fault in faults(simulator)] == [3]
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            sessions.retrieve(bad.id)
    assert sessions.retrieve(bad.id).id == bad.id


def test_fault_of_a_list_is_not_of_its_objects(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    simulator.behave(faults=[{"method": "GET", "path": "/v1/checkout/sessions", "times": 1}])
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).id == session.id
    with pytest.raises(stripe.APIError):
        simulator.sdk.v1.checkout.sessions.list({"status": "open"})


def test_star_is_any_part_of_a_path(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    simulator.behave(faults=[{"path": "/v1/checkout/sessions/*", "times": 3}])
    sessions = simulator.sdk.v1.checkout.sessions
    with pytest.raises(stripe.APIError):
        sessions.retrieve(session.id)
    with pytest.raises(stripe.APIError):
        sessions.expire(session.id)
    sessions.list()
    with pytest.raises(stripe.APIError):
        sessions.line_items.list(session.id)


@pytest.mark.parametrize("character", ["?", "["])
def test_only_the_star_is_special(simulator: Running, character: str) -> None:
    path = f"/v1/products{character}"
    response = simulator.request("PATCH", BEHAVIOUR, json={"faults": [{"path": path}]})
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("faults.0.path: ")


@pytest.mark.parametrize("status", [400, 402, 403, 404])
def test_fault_below_500_is_an_invalid_request(simulator: Running, status: int) -> None:
    simulator.behave(faults=[{"path": "/v1/products", "status": status}])
    with refused(status, "A simulated fault."):
        simulator.sdk.v1.products.list()


def test_fault_may_say_what_stripe_would(simulator: Running) -> None:
    said = {
        "message": "This property cannot be expanded (payment_intent).",
        "code": "parameter_invalid",
        "param": "expand",
    }
    simulator.behave(faults=[{"path": "/v1/refunds/re_1", "status": 400, **said}])
    assert faults(simulator)[0].items() >= said.items()
    with refused(400, said["message"], code=said["code"], param="expand"):
        simulator.sdk.v1.refunds.retrieve("re_1")


def test_key_may_lack_a_permission(simulator: Running) -> None:
    """https://docs.stripe.com/keys/restricted-api-keys: 403, and the permission's name."""
    message = "Having the 'rak_dispute_read' permission would allow this request to continue."
    fault = {"path": "/v1/disputes", "status": 403, "message": message}
    simulator.behave(faults=[fault])
    with pytest.raises(stripe.PermissionError, match="rak_dispute_read"):
        simulator.sdk.v1.disputes.list()


def test_fault_that_refuses_is_replayed(simulator: Running) -> None:
    simulator.behave(faults=[{"path": "/v1/products", "status": 400}])
    first, second = (
        simulator.post("/v1/products", "name=Mug", Idempotency_Key="key-1") for _ in range(2)
    )
    assert (first.status_code, second.content) == (400, first.content)
    assert second.headers["Idempotent-Replayed"] == "true"

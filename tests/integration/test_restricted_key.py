"""The functions call Stripe with a restricted key: it may do what they need, and nothing else."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from local.machine.ports import NO_TLS
from local.shop.purchase_kinds import DISPUTING_CARD
from local.shop.stripe_account import SERVICE_PERMISSIONS
from tests.integration.world import World

type Call = Callable[[], int]
"""A call of the service; the status of its response."""


@contextmanager
def allowing(world: World, *permissions: str) -> Iterator[None]:
    """Let the functions' key do this and no more."""

    def allow(*allowed: str) -> None:
        url = f"{world.simulator.url}/_simulator/restricted_key"
        document = {"permissions": list(allowed)}
        httpx.patch(url, json=document, verify=NO_TLS).raise_for_status()

    allow(*permissions)
    try:
        yield
    finally:
        allow(*SERVICE_PERMISSIONS)


def checkout(world: World) -> Call:
    return lambda: world.frontend.request_checkout({"items": [world.one_mug]}).status_code


def checkout_by_lookup_key(world: World) -> Call:
    """The key is new: the functions remember those that they have looked up."""
    key = f"key-{secrets.token_hex(4)}"
    world.price(700, lookup_key=key, metadata={"sellable": "true"})
    items = [{"lookup_key": key, "quantity": 1}]
    return lambda: world.frontend.request_checkout({"items": items}).status_code


def confirm(world: World) -> Call:
    session_id = world.checkout()["session_id"]
    return lambda: world.frontend.confirm(session_id).status_code


def refund(world: World) -> Call:
    made = world.merchant.refund(world.paid_unheard()["session_id"])
    event = world.simulator.event_about(made.id, "refund.created")
    return lambda: world.redeliver(event).status_code


def dispute(world: World) -> Call:
    made = world.merchant.dispute(world.paid_unheard(DISPUTING_CARD)["session_id"])
    event = world.simulator.event_about(made.id, "charge.dispute.created")
    return lambda: world.redeliver(event).status_code


NEEDED: dict[str, Callable[[World], Call]] = {
    "checkout_session_write": checkout,
    "payment_intent_read": confirm,
    "charge_read": refund,
    "dispute_read": dispute,
    "plan_read": checkout_by_lookup_key,
    "product_read": checkout,
}


def test_the_functions_get_the_restricted_key(world: World) -> None:
    stored = world.stack.aws.secrets.get_secret_value(SecretId=world.stack.secret_id)
    key = json.loads(stored["SecretString"])["stripe_api_key"]
    assert key.startswith("rk_test_")
    assert world.stack.facts.stripe_api_key.startswith("sk_test_")
    url = f"{world.simulator.url}/_simulator/restricted_key"
    known = httpx.get(url, verify=NO_TLS).json()
    assert known == {"permissions": list(SERVICE_PERMISSIONS)}


def test_each_permission_is_tried() -> None:
    assert set(SERVICE_PERMISSIONS) == NEEDED.keys()


@pytest.mark.parametrize("permission", NEEDED)
def test_the_service_needs_each_permission(world: World, permission: str) -> None:
    call = NEEDED[permission](world)
    # Reading sessions is not enough to create one.
    reading = {"checkout_session_read"} if permission == "checkout_session_write" else set()
    with allowing(world, *((set(SERVICE_PERMISSIONS) - {permission}) | reading)):
        assert call() == 500
    assert call() in {200, 201}

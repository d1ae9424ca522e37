"""Saves and restores the whole state of a simulator as one JSON document."""

import asyncio
import dataclasses
import math
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, TypeAdapter

from stripe_simulator.behaviour import Behaviour
from stripe_simulator.documents import Json
from stripe_simulator.objects import captures, checkout_sessions, coupons, promotion_codes
from stripe_simulator.objects.account import Account, Collection
from stripe_simulator.simulator import Simulator
from stripe_simulator.webhooks.registered_endpoints import Endpoint

# Attributes that the simulator sets, which are not state.
NOT_STATE = frozenset({"clock", "created", "id", "record", "schedule", "settings"})
# Poll interval of `begin`; pending changes take half a second or more.
PENDING_SECONDS = 0.05


class StillPending(Exception):
    """A payment, a refund or a dispute is pending: a snapshot can't contain its outcome."""


class EndpointState(BaseModel, extra="forbid"):
    document: Json
    thin: bool
    secrets: list[tuple[str, float | None]]
    """Secrets with the timestamp of their end, if any."""


class Snapshot(BaseModel, extra="forbid"):
    account: dict[str, Any]
    behaviour: Behaviour
    endpoints: list[EndpointState]
    events: list[Json]
    permissions: list[str]
    pings: list[Json]


def take(simulator: Simulator) -> Snapshot:
    """Take a snapshot; raise StillPending."""
    if simulator.schedule.pending:
        raise StillPending
    restricted = simulator.restricted_key
    taken = Snapshot(
        account={name: _dumped(simulator.account, name) for name in _state(simulator.account)},
        behaviour=simulator.behaviour,
        endpoints=[_endpoint(one) for one in reversed(simulator.endpoints.all())],
        events=list(simulator.log.events),
        permissions=list(restricted.permissions) if restricted else [],
        pings=list(simulator.log.pings),
    )
    return taken.model_copy(deep=True)


async def begin(simulator: Simulator) -> None:
    """Store the state for resets as soon as nothing is pending."""
    while simulator.schedule.pending:  # noqa: ASYNC110  (its end is no event of asyncio)
        await asyncio.sleep(PENDING_SECONDS)
    simulator.beginning = take(simulator).model_dump(mode="json")


async def restore(simulator: Simulator, snapshot: Snapshot) -> None:
    """Restore a snapshot; cancel deliveries and scheduled changes, and empty the logs.

    Raise ValidationError, without changes, if the state does not have the format of `take`.
    """
    snapshot = snapshot.model_copy(deep=True)
    account = simulator.account
    loaded = {name: _loaded(account, name, snapshot.account) for name in _state(account)}
    await simulator.deliveries.forget()
    simulator.schedule.clear()
    for name, value in loaded.items():
        present = getattr(account, name)
        if isinstance(present, Collection):
            present.replace(value)
        else:
            setattr(account, name, value)
    _share_prices(account)
    simulator.log.events.replace(snapshot.events)
    simulator.log.pings.replace(snapshot.pings)
    simulator.endpoints.replace([_as_endpoint(one) for one in snapshot.endpoints])
    if simulator.restricted_key is not None:
        simulator.restricted_key.permissions = tuple(snapshot.permissions)
    simulator.gateway.forget()
    simulator.change_behaviour(snapshot.behaviour)
    for objects in (captures, checkout_sessions, coupons, promotion_codes):
        objects.resume(account)
    simulator.changes.notify()


def _state(account: Account) -> list[str]:
    return [one.name for one in dataclasses.fields(account) if one.name not in NOT_STATE]


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(Account)[name])


def _dumped(account: Account, name: str) -> Any:  # noqa: ANN401  (JSON)
    value = getattr(account, name)
    if isinstance(value, Collection):
        return list(value)
    return _adapter(name).dump_python(value, mode="json")


def _loaded(account: Account, name: str, given: Json) -> Any:  # noqa: ANN401  (what its type says)
    """Return an attribute's value; empty if an older snapshot lacks it."""
    if isinstance(getattr(account, name), Collection):
        return TypeAdapter(list[Json]).validate_python(given.get(name, []))
    return _adapter(name).validate_python(given.get(name, {}))


def _share_prices(account: Account) -> None:
    """Let line items share their price objects, so that they show current prices."""
    for facts in account.checkout.values():
        for item in facts.line_items:
            price = item.get("price")
            if price is not None and price["id"] in account.prices:
                item["price"] = account.prices[price["id"]]


def _endpoint(endpoint: Endpoint) -> EndpointState:
    secrets = [(secret, None if math.isinf(ends) else ends) for secret, ends in endpoint.secrets]
    return EndpointState(document=endpoint.document, thin=endpoint.thin, secrets=secrets)


def _as_endpoint(state: EndpointState) -> Endpoint:
    secrets = [(secret, math.inf if ends is None else ends) for secret, ends in state.secrets]
    return Endpoint(state.document, state.thin, secrets)

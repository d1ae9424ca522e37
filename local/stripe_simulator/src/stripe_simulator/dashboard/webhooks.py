"""Webhook endpoints and event destinations."""

from stripe_simulator.api.errors import InvalidRequest, NoSuchObject
from stripe_simulator.api.parameters import Parameters
from stripe_simulator.dashboard.screens import Action, Ask, Form, Screen, latest
from stripe_simulator.documents import Json
from stripe_simulator.simulator import Simulator
from stripe_simulator.webhooks import event_destinations_api, events_api, webhook_endpoints_api
from stripe_simulator.webhooks.registered_endpoints import ROLLED_SECRET_SECONDS, Endpoint
from stripe_simulator.webhooks.webhook_endpoints_api import UpdateEndpoint

MAX_OVERLAP_HOURS = ROLLED_SECRET_SECONDS / 3600


def endpoints(simulator: Simulator, ask: Ask) -> Json:
    every = [one for one in simulator.endpoints.all() if ask.query in f"{one.id} {one.url}"]
    return {"endpoints": every}


def endpoint(simulator: Simulator, ask: Ask) -> Json:
    found = _endpoint(simulator, ask.id)
    attempts = reversed(simulator.deliveries.attempts)
    return {
        "attempts": latest((one for one in attempts if one["url"] == found.url), ""),
        "endpoint": found,
        "hours": int(MAX_OVERLAP_HOURS),
        "secrets": simulator.endpoints.secrets(found),
    }


def disable(simulator: Simulator, id_: str, _: Form) -> str:
    return _switch(simulator, id_, disabled=True)


def enable(simulator: Simulator, id_: str, _: Form) -> str:
    return _switch(simulator, id_, disabled=False)


def roll_secret(simulator: Simulator, id_: str, form: Form) -> str:
    """Roll a secret; the old one also signs for the hours given in the form."""
    typed = form.get("overlap_hours", "")
    if not (typed.isascii() and typed.isdecimal() and int(typed) <= MAX_OVERLAP_HOURS):
        raise InvalidRequest(
            f"The old secret can stay valid for 0 to {MAX_OVERLAP_HOURS:.0f} hours.",
            param="overlap_hours",
        )
    simulator.endpoints.roll_secret(_endpoint(simulator, id_), int(typed) * 3600.0)
    return f"/dashboard/endpoints/{id_}"


def ping(simulator: Simulator, id_: str, _: Form) -> str:
    event = events_api.ping(simulator.webhooks, Parameters(), id_)
    return f"/dashboard/events/{event['id']}"


def _switch(simulator: Simulator, id_: str, *, disabled: bool) -> str:
    if id_ in simulator.endpoints.event_destinations:
        switch = event_destinations_api.disable if disabled else event_destinations_api.enable
        switch(simulator.endpoints, Parameters(), id_)
    else:
        parameters = UpdateEndpoint(disabled=disabled)
        webhook_endpoints_api.update(simulator.endpoints, parameters, id_)
    return f"/dashboard/endpoints/{id_}"


def _endpoint(simulator: Simulator, id_: str) -> Endpoint:
    found = simulator.endpoints.find(id_)
    if found is None:
        raise NoSuchObject("webhook endpoint", id_, param="id")
    return found


ENDPOINTS = Screen("/dashboard/endpoints", "endpoints.html", endpoints)
ENDPOINT = Screen("/dashboard/endpoints/{id}", "endpoint.html", endpoint)
SCREENS = (ENDPOINTS, ENDPOINT)
ACTIONS = (
    Action("/dashboard/endpoints/{id}/disable", disable, ENDPOINT, "The endpoint is disabled."),
    Action("/dashboard/endpoints/{id}/enable", enable, ENDPOINT, "The endpoint is enabled."),
    Action(
        "/dashboard/endpoints/{id}/roll_secret", roll_secret, ENDPOINT, "There is a new secret."
    ),
    Action("/dashboard/endpoints/{id}/ping", ping, ENDPOINT, "A ping was sent."),
)

"""Events and their delivery attempts."""

import json

from stripe_simulator.dashboard.screens import Action, Ask, Form, Screen, filled, latest
from stripe_simulator.documents import Json
from stripe_simulator.simulator import Simulator
from stripe_simulator.webhooks import events_api
from stripe_simulator.webhooks.events_api import RetryEvent


def events(simulator: Simulator, ask: Ask) -> Json:
    """Find events by their id or type, or by their object's id."""
    query = ask.query
    found = (
        one
        for one in reversed(simulator.log.events)
        if not query
        or query in one["id"]
        or query in one["type"]
        or query in str(one["data"]["object"]["id"])
    )
    return {"events": latest(found, "")}


def event(simulator: Simulator, ask: Ask) -> Json:
    """Show an event; also a ping, which the API does not list."""
    ping = simulator.log.pings.find(ask.id)
    found = ping or simulator.log.events.retrieve(ask.id)
    attempts = reversed(simulator.deliveries.attempts)
    return {
        "attempts": latest((one for one in attempts if one["event"] == ask.id), ""),
        "document": json.dumps(found, indent=2, ensure_ascii=False),
        "endpoints": [] if ping else simulator.endpoints.wanting(found["type"]),
        "event": found,
        "ping": ping is not None,
    }


def deliveries(simulator: Simulator, ask: Ask) -> Json:
    attempts = reversed(simulator.deliveries.attempts)
    return {
        "attempts": latest(attempts, ask.query, "event", "type", "url", "outcome"),
        "under_way": sum(simulator.deliveries.under_way.values()),
    }


def resend(simulator: Simulator, id_: str, form: Form) -> str:
    """Send an event again, to one endpoint or to all that are enabled for it."""
    parameters = RetryEvent.read(filled(form, "webhook_endpoint"))
    events_api.retry(simulator.webhooks, parameters, id_)
    return f"/dashboard/events/{id_}"


def repeat(simulator: Simulator, id_: str, _: Form) -> str:
    again = simulator.log.repeat(simulator.log.events.retrieve(id_))
    return f"/dashboard/events/{again['id']}"


EVENTS = Screen("/dashboard/events", "events.html", events)
EVENT = Screen("/dashboard/events/{id}", "event.html", event)
DELIVERIES = Screen("/dashboard/deliveries", "deliveries.html", deliveries)
SCREENS = (EVENTS, EVENT, DELIVERIES)
ACTIONS = (
    Action("/dashboard/events/{id}/resend", resend, EVENT, "The event was sent again."),
    Action("/dashboard/events/{id}/repeat", repeat, EVENT, "The change has a second event."),
)

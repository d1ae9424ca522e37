"""Simulated misbehaviour, and the restricted key's permissions."""

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.permissions import PERMISSIONS, RESOURCES
from stripe_simulator.behaviour import Behaviour, Fault
from stripe_simulator.dashboard.screens import Action, Ask, Form, Screen, filled
from stripe_simulator.documents import Json
from stripe_simulator.simulator import Simulator

SWITCHES = ("deliveries_paused", "shuffle", "thin_events")
NUMBERS = ("duplicates", "drop_probability", "delay_seconds")
BEHAVIOUR_PATH = "/dashboard/behaviour"
KEY_PATH = "/dashboard/key"


def behaviour(simulator: Simulator, _: Ask) -> Json:
    return {"behaviour": simulator.behaviour}


def key(simulator: Simulator, _: Ask) -> Json:
    """Return each resource with the key's permission and the possible ones."""
    restricted = simulator.restricted_key
    given = restricted.permissions if restricted else ()
    return {
        "resources": [
            {
                "name": name,
                "may": next((may for may in ("write", "read") if f"{name}_{may}" in given), "none"),
                "choices": [
                    "none",
                    *(m for m in ("read", "write") if f"{name}_{m}" in PERMISSIONS),
                ],
            }
            for name in sorted(set(RESOURCES.values()))
        ],
        "restricted": restricted is not None,
    }


def change(simulator: Simulator, _: str, form: Form) -> str:
    switches = {name: str(form.get(name) == "true").lower() for name in SWITCHES}
    given = switches | filled(form, *NUMBERS)
    changed = Behaviour.model_validate_strings(given)
    simulator.change_behaviour(changed.model_copy(update={"faults": simulator.behaviour.faults}))
    return BEHAVIOUR_PATH


def reset(simulator: Simulator, _: str, __: Form) -> str:
    simulator.change_behaviour(Behaviour())
    return BEHAVIOUR_PATH


def add_fault(simulator: Simulator, _: str, form: Form) -> str:
    names = ("method", "path", "status", "times", "delay_seconds", "message", "code", "param")
    fault = Fault.model_validate_strings(filled(form, *names))
    faults = [*simulator.behaviour.faults, fault]
    simulator.change_behaviour(simulator.behaviour.model_copy(update={"faults": faults}))
    return BEHAVIOUR_PATH


def clear_faults(simulator: Simulator, _: str, __: Form) -> str:
    simulator.change_behaviour(simulator.behaviour.model_copy(update={"faults": []}))
    return BEHAVIOUR_PATH


def change_key(simulator: Simulator, _: str, form: Form) -> str:
    if simulator.restricted_key is None:
        raise InvalidRequest("There is no restricted key.")
    resources = sorted(set(RESOURCES.values()))
    wanted = [f"{name}_{form[name]}" for name in resources if form.get(name, "none") != "none"]
    unknown = sorted(set(wanted) - PERMISSIONS)
    if unknown:
        raise InvalidRequest(f"Unknown permissions: {', '.join(unknown)}.")
    simulator.restricted_key.permissions = tuple(wanted)
    return KEY_PATH


BEHAVIOUR = Screen(BEHAVIOUR_PATH, "behaviour.html", behaviour)
KEY = Screen(KEY_PATH, "key.html", key)
SCREENS = (BEHAVIOUR, KEY)
ACTIONS = (
    Action(BEHAVIOUR_PATH, change, BEHAVIOUR, "The behaviour has changed."),
    Action("/dashboard/behaviour/reset", reset, BEHAVIOUR, "Stripe behaves well again."),
    Action("/dashboard/faults", add_fault, BEHAVIOUR, "The fault was added."),
    Action("/dashboard/faults/clear", clear_faults, BEHAVIOUR, "There are no faults any more."),
    Action(KEY_PATH, change_key, KEY, "The permissions have changed."),
)

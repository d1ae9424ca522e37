"""Metadata in an update: keys are merged; an empty value removes a key."""

from stripe_simulator.api.parameters import Parameters
from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account


def merged(object_: Json, changes: Json) -> Json:
    """Return the changes with their metadata merged into the object's."""
    changes = {name: value for name, value in changes.items() if name != "expand"}
    if "metadata" not in changes:
        return changes
    given = changes["metadata"]
    both = object_["metadata"] | given if given else {}
    return changes | {"metadata": {key: value for key, value in both.items() if value != ""}}


def update(account: Account, object_: Json, parameters: Parameters) -> Json:
    """Change an object by the given parameters, record the event, and return the object."""
    changes = merged(object_, parameters.given())
    account.update(f"{object_['object']}.updated", object_, changes)
    return object_

"""Metadata in an update: keys are merged; an empty value removes a key."""

from stripe_simulator.documents import Json


def merged(object_: Json, changes: Json) -> Json:
    """Return the changes with their metadata merged into the object's."""
    changes = {name: value for name, value in changes.items() if name != "expand"}
    if "metadata" not in changes:
        return changes
    given = changes["metadata"]
    both = object_["metadata"] | given if given else {}
    return changes | {"metadata": {key: value for key, value in both.items() if value != ""}}

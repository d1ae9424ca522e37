"""Metadata in an update: its keys are added to those that are there; an empty value removes one."""

from stripe_simulator.documents import Json


def merged(object_: Json, changes: Json) -> Json:
    """The changes, their metadata merged into the object's."""
    changes = {name: value for name, value in changes.items() if name != "expand"}
    if "metadata" not in changes:
        return changes
    given = changes["metadata"]
    both = object_["metadata"] | given if given else {}
    return changes | {"metadata": {key: value for key, value in both.items() if value != ""}}

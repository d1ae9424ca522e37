"""Thin events: that something happened to an object, which the receiver fetches.

Each is the sibling of a snapshot event, under an id of its own: `snapshot_event` names that. Only
a ping has no sibling.
"""

from stripe_simulator.documents import Json
from stripe_simulator.timestamps import written

OBJECT = "v2.core.event"
PING = "v2.core.event_destination.ping"
# The fields that only the API returns.
NOT_DELIVERED: Json = {"changes": None, "snapshot_event": None}


def thin_id(snapshot_id: str) -> str:
    return snapshot_id.replace("evt_", "evt_test_", 1)


def snapshot_id(thin_id_: str) -> str:
    return thin_id_.replace("evt_test_", "evt_", 1)


def ping(id_: str, destination: Json, *, created: float) -> Json:
    """A test of one event destination, as the API returns it.

    https://docs.stripe.com/api/v2/core/events/ping
    """
    return {
        "id": id_,
        "object": OBJECT,
        "type": PING,
        "created": written(created),
        "livemode": destination["livemode"],
        "context": None,
        "reason": None,
        "related_object": {
            "id": destination["id"],
            "type": destination["object"],
            "url": f"/v2/core/event_destinations/{destination['id']}",
        },
        **NOT_DELIVERED,
    }


def notification(event_: Json) -> Json:
    """What is delivered, of a snapshot event or a ping."""
    if event_["object"] == OBJECT:
        return {name: value for name, value in event_.items() if name not in NOT_DELIVERED}
    return _notification(event_)


def _notification(snapshot: Json) -> Json:
    object_ = snapshot["data"]["object"]
    return {
        "id": thin_id(snapshot["id"]),
        "object": OBJECT,
        "type": f"v1.{snapshot['type']}",
        "created": written(snapshot["created"]),
        "livemode": snapshot["livemode"],
        "context": None,
        "reason": _reason(snapshot["request"]),
        "related_object": {
            "id": object_["id"],
            "type": object_["object"],
            "url": f"/v1/{object_['object'].replace('.', '/')}s/{object_['id']}",
        },
    }


def event(snapshot: Json) -> Json:
    """What the API returns for it."""
    return _notification(snapshot) | NOT_DELIVERED | {"snapshot_event": snapshot["id"]}


def _reason(request: Json) -> Json | None:
    if request["id"] is None:
        return None
    key = request["idempotency_key"] or ""
    return {"type": "request", "request": {"id": request["id"], "idempotency_key": key}}

"""Thin events: notifications of changes of objects, which the receiver fetches.

Each belongs to a snapshot event, named in `snapshot_event`, and has its own id. Only a ping has no
snapshot event.
"""

from stripe_simulator.documents import Json
from stripe_simulator.timestamps import written

OBJECT = "v2.core.event"
PING = "v2.core.event_destination.ping"
# Fields that only the API returns.
NOT_DELIVERED: Json = {"changes": None, "snapshot_event": None}


def thin_id(snapshot_id: str) -> str:
    return snapshot_id.replace("evt_", "evt_test_", 1)


def snapshot_id(thin_id_: str) -> str:
    return thin_id_.replace("evt_test_", "evt_", 1)


def ping(id_: str, destination: Json, *, created: float) -> Json:
    """Return a ping of one event destination in the API's format.

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
    """Return the delivered form of a snapshot event or a ping."""
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
    """Return the API's form of a thin event."""
    return _notification(snapshot) | NOT_DELIVERED | {"snapshot_event": snapshot["id"]}


def _reason(request: Json) -> Json | None:
    if request["id"] is None:
        return None
    key = request["idempotency_key"] or ""
    return {"type": "request", "request": {"id": request["id"], "idempotency_key": key}}

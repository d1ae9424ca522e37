"""Thin events: that something happened to an object, which the receiver fetches.

Each is the sibling of a snapshot event, under an id of its own: `snapshot_event` names that.
"""

from local.stripe_simulator.documents import Json
from local.stripe_simulator.timestamps import written

URLS = {
    "charge": "/v1/charges",
    "checkout.session": "/v1/checkout/sessions",
    "customer": "/v1/customers",
    "dispute": "/v1/disputes",
    "payment_intent": "/v1/payment_intents",
    "price": "/v1/prices",
    "product": "/v1/products",
    "refund": "/v1/refunds",
}


def thin_id(snapshot_id: str) -> str:
    return snapshot_id.replace("evt_", "evt_test_", 1)


def snapshot_id(thin_id_: str) -> str:
    return thin_id_.replace("evt_test_", "evt_", 1)


def notification(snapshot: Json) -> Json:
    """What is delivered."""
    object_ = snapshot["data"]["object"]
    return {
        "id": thin_id(snapshot["id"]),
        "object": "v2.core.event",
        "type": f"v1.{snapshot['type']}",
        "created": written(snapshot["created"]),
        "livemode": snapshot["livemode"],
        "context": None,
        "reason": _reason(snapshot["request"]),
        "related_object": {
            "id": object_["id"],
            "type": object_["object"],
            "url": f"{URLS[object_['object']]}/{object_['id']}",
        },
    }


def event(snapshot: Json) -> Json:
    """What the API returns for it."""
    return notification(snapshot) | {"changes": None, "snapshot_event": snapshot["id"]}


def _reason(request: Json) -> Json | None:
    if request["id"] is None:
        return None
    key = request["idempotency_key"] or ""
    return {"type": "request", "request": {"id": request["id"], "idempotency_key": key}}

"""Signed deliveries with an undocumented shape."""

import json

import pytest

from checkout.deliveries import Deliveries
from checkout.domain.order import OrderStatus
from checkout.errors import NotAuthentic, UnexpectedStripeObject
from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.queues import Queue
from tests.support.stripe_objects import (
    NOW,
    SESSION_ID,
    delivery,
    event,
    session_in,
    session_metadata,
    signature,
    thin_event,
)

PAID = session_in(OrderStatus.PAID)
THIN = thin_event("checkout.session.completed", SESSION_ID)
# What an operator reads on the dead letter.
REASON = r"^The (event is not shaped as documented|Checkout Session (is malformed:|has no) .*)\.$"


def completed(stripe_object: object, **changes: object) -> Json:
    return event("checkout.session.completed", stripe_object, **changes)


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


@pytest.mark.parametrize(
    "strange",
    [
        without(completed(PAID), "data"),
        without(completed(PAID), "created"),
        completed(PAID, data=None),
        completed(PAID, data={}),
        completed(PAID, data=[]),
        completed(PAID, created=None),
        completed(PAID, created="today"),
        completed(PAID, created=float("inf")),
        completed(PAID, created=float("nan")),
        without(completed(PAID), "livemode"),
        completed(PAID, livemode="false"),
        completed(PAID | {"id": 7}),
        completed(None),
        completed([]),
        completed(SESSION_ID),
        completed(PAID | {"amount_total": None}),
        completed(PAID | {"payment_status": "maybe"}),
        completed(PAID | {"status": "unknown"}),
        completed(without(PAID, "currency")),
        completed(PAID | {"metadata": session_metadata() | {"request_fingerprint": 7}}),
        without(THIN, "related_object"),
        without(THIN, "created"),
        without(THIN, "livemode"),
        THIN | {"related_object": None},
        THIN | {"related_object": {}},
        THIN | {"related_object": {"id": None}},
        THIN | {"created": NOW},
        THIN | {"created": "today"},
    ],
)
def test_a_signed_event_that_is_malformed_is_dead_lettered_once(
    deliveries: Deliveries, calls: AwsCalls, queue: Queue, strange: Json
) -> None:
    for _ in range(3):
        with pytest.raises(UnexpectedStripeObject, match=REASON):
            deliveries.receive(*delivery(strange))
    assert calls.count("UpdateItem") == 0
    (sent,) = queue.receive()
    assert json.dumps(sent["requestPayload"]) == json.dumps({"detail": strange})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"paid",
        b'{"id": "evt_1"}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
    ],
)
def test_a_signed_body_that_is_no_json_is_refused(deliveries: Deliveries, body: bytes) -> None:
    with pytest.raises(NotAuthentic, match=r"^The body is not JSON\.$"):
        deliveries.receive(body, signature(body))


@pytest.mark.parametrize(
    "document",
    [
        [],
        [completed(PAID)],
        None,
        "x",
        7,
        True,
        {},
        without(completed(PAID), "id"),
        without(completed(PAID), "type"),
        without(completed(PAID), "object"),
        completed(PAID, id=None),
        completed(PAID, id=7),
        completed(PAID, type=["checkout.session.completed"]),
        completed(PAID, object={}),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(
    deliveries: Deliveries, calls: AwsCalls, document: object
) -> None:
    with pytest.raises(NotAuthentic, match=r"^The body is not an event\.$"):
        deliveries.receive(*delivery(document))
    assert calls.count("UpdateItem") == 0

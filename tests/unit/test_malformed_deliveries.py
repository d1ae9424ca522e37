"""What Stripe signed, and what is not as Stripe documents it."""

from typing import Any

import pytest

from checkout.domain.order import OrderStatus
from checkout.errors import NotAuthentic, UnexpectedStripeObject
from tests.unit.aws_calls import AwsCalls
from tests.unit.conftest import Receiver
from tests.unit.stripe_objects import (
    NOW,
    SESSION_ID,
    delivery,
    event,
    session_in,
    session_metadata,
    signature,
    thin_event,
)

type Json = dict[str, Any]

PAID = session_in(OrderStatus.PAID)
THIN = thin_event("checkout.session.completed", SESSION_ID)


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
        completed(None),
        completed([]),
        completed(SESSION_ID),
        completed(PAID | {"amount_total": None}),
        completed(PAID | {"payment_status": "maybe"}),
        completed(PAID | {"status": "unknown"}),
        completed(without(PAID, "currency")),
        completed(PAID | {"metadata": without(session_metadata(), "request_fingerprint")}),
        completed(PAID | {"metadata": session_metadata() | {"order_id": 7}}),
        without(THIN, "related_object"),
        without(THIN, "created"),
        without(THIN, "livemode"),
        THIN | {"related_object": None},
        THIN | {"related_object": {}},
        THIN | {"created": NOW},
        THIN | {"created": "today"},
    ],
)
def test_a_signed_event_that_is_not_as_documented_is_asked_for_again(
    receiver: Receiver, calls: AwsCalls, strange: Json
) -> None:
    with pytest.raises(UnexpectedStripeObject):
        receiver.receive(*delivery(strange))
    assert calls.count("UpdateItem") == 0


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
def test_a_signed_body_that_is_no_json_is_refused(receiver: Receiver, body: bytes) -> None:
    with pytest.raises(NotAuthentic, match="not JSON"):
        receiver.receive(body, signature(body))


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
    receiver: Receiver, calls: AwsCalls, document: object
) -> None:
    with pytest.raises(NotAuthentic, match="not an event"):
        receiver.receive(*delivery(document))
    assert calls.count("UpdateItem") == 0

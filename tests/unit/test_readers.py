from typing import Any

import pytest
from checkout.GONE_events import SESSION_EVENTS
from checkout.GONE_facts import Ownership, session_fact

from checkout.domain.facts import Origin, SessionFact
from checkout.domain.order import OrderStatus
from checkout.errors import UnexpectedStripeObject
from tests.unit.stack import OTHER_STACK, STACK
from tests.unit.stripe_objects import (
    CREATED_AT,
    EXPIRES_AT,
    FINGERPRINT,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    STATES,
    payment_intent,
    session,
    session_in,
    session_metadata,
)

OURS = Ownership(STACK, livemode=False)
ORIGIN = Origin(occurred_at=NOW, source="evt_1abc")


def read(document: dict[str, Any], event_type: str | None = None) -> SessionFact:
    return session_fact(document, ORIGIN, event_type=event_type)


def test_reads_what_a_session_says_of_its_order() -> None:
    assert read(session_in(OrderStatus.PAID)) == SessionFact(
        order_id=ORDER_ID,
        session_id=SESSION_ID,
        status=OrderStatus.PAID,
        payment_status="paid",
        payment_intent=PAYMENT_INTENT,
        amount_total=4200,
        currency="eur",
        client_reference_id="cart-77",
        request_fingerprint=FINGERPRINT,
        created_at=CREATED_AT,
        expires_at=EXPIRES_AT,
        origin=ORIGIN,
    )


@pytest.mark.parametrize("status", STATES)
def test_an_event_moves_the_order_to_the_state_that_it_announces(status: OrderStatus) -> None:
    event_type, _ = STATES[status]
    assert event_type in SESSION_EVENTS
    assert read(session_in(status), event_type).status is status


def test_an_open_session_is_an_open_order() -> None:
    assert read(session()).status is OrderStatus.OPEN


@pytest.mark.parametrize("payment_status", ["paid", "no_payment_required"])
def test_a_completed_session_is_paid_when_its_payment_status_says_so(payment_status: str) -> None:
    fact = read(session(status="complete", payment_status=payment_status))
    assert fact.status is OrderStatus.PAID


def test_a_completed_unpaid_session_is_processing() -> None:
    completed = session(status="complete", payment_intent=PAYMENT_INTENT)
    assert read(completed, "checkout.session.completed").status is OrderStatus.PROCESSING


def test_payment_status_outranks_the_name_of_the_event() -> None:
    paid = session_in(OrderStatus.PAID)
    assert read(paid, "checkout.session.async_payment_failed").status is OrderStatus.PAID


@pytest.mark.parametrize(
    ("intent", "status"),
    [
        (payment_intent("processing"), OrderStatus.PROCESSING),
        (payment_intent("requires_action"), OrderStatus.PROCESSING),
        (payment_intent("requires_payment_method"), OrderStatus.PROCESSING),
        (payment_intent("requires_payment_method", declined=True), OrderStatus.FAILED),
        (payment_intent("canceled"), OrderStatus.FAILED),
    ],
)
def test_the_payment_intent_tells_processing_from_failed(
    intent: dict[str, Any], status: OrderStatus
) -> None:
    fact = read(session(status="complete", payment_intent=intent))
    assert (fact.status, fact.payment_intent) == (status, PAYMENT_INTENT)


def test_a_declined_card_does_not_close_an_open_session() -> None:
    declined = payment_intent("requires_payment_method", declined=True)
    assert read(session(payment_intent=declined)).status is OrderStatus.OPEN


def test_an_open_order_is_the_same_before_and_after_a_declined_card() -> None:
    declined = payment_intent("requires_payment_method", declined=True)
    assert read(session(payment_intent=declined)) == read(session())


def test_a_session_may_have_no_client_reference() -> None:
    assert read(session(client_reference_id=None)).client_reference_id is None


REQUIRED = [
    "id",
    "status",
    "payment_status",
    "payment_intent",
    "amount_total",
    "currency",
    "client_reference_id",
    "created",
    "expires_at",
    "metadata",
]


@pytest.mark.parametrize("name", REQUIRED)
def test_names_the_field_that_a_session_lacks(name: str) -> None:
    document = session()
    del document[name]
    with pytest.raises(UnexpectedStripeObject, match=f"has no {name}"):
        read(document)


@pytest.mark.parametrize("name", ["order_id", "request_fingerprint"])
def test_names_the_metadata_that_a_session_lacks(name: str) -> None:
    metadata = session_metadata()
    del metadata[name]
    with pytest.raises(UnexpectedStripeObject, match=f"has no {name}"):
        read(session(metadata=metadata))


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": 7},
        {"amount_total": None},
        {"amount_total": "4200"},
        {"amount_total": 42.0},
        {"amount_total": True},
        {"currency": None},
        {"created": None},
        {"expires_at": "tomorrow"},
        {"status": "expired", "payment_intent": 7},
        {"status": "expired", "payment_intent": {"id": ""}},
        {"client_reference_id": 7.5},
        {"metadata": None},
        {"metadata": session_metadata() | {"order_id": 7}},
        {"status": "unknown"},
        {"status": None},
        {"status": "complete", "payment_status": "unknown"},
        {"status": "complete", "payment_status": ["paid"]},
    ],
)
def test_refuses_a_session_that_is_not_as_documented(change: dict[str, object]) -> None:
    with pytest.raises(UnexpectedStripeObject, match="malformed"):
        read(session(**change))


def test_an_error_quotes_nothing_of_the_session() -> None:
    with pytest.raises(UnexpectedStripeObject) as raised:
        read(session(status="ada@example.com", payment_status="ada@example.com"))
    assert "ada@example.com" not in raised.value.detail


def test_covers_a_session_with_this_stacks_mark() -> None:
    assert OURS.covers(session())


def test_marks_sessions_as_it_recognizes_them() -> None:
    assert OURS.covers(session(metadata=OURS.metadata(ORDER_ID)))


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": None},
        {"metadata": {}},
        {"metadata": "checkout_stack"},
        {"metadata": {"order_id": ORDER_ID}},
        {"metadata": {"checkout_stack": STACK}},
        {"metadata": {"checkout_stack": STACK, "order_id": ""}},
        {"metadata": {"checkout_stack": OTHER_STACK, "order_id": ORDER_ID}},
        {"livemode": True},
        {"livemode": None},
        {"livemode": 0},
    ],
)
def test_leaves_what_is_not_this_stacks_to_its_owner(change: dict[str, object]) -> None:
    assert not OURS.covers(session(**change))


def test_a_live_stack_covers_live_sessions_only() -> None:
    live = Ownership(STACK, livemode=True)
    assert live.covers(session(livemode=True))
    assert not live.covers(session(livemode=False))

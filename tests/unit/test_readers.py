"""What a Checkout Session says about our order."""

from dataclasses import replace

import pytest

from checkout.domain.facts import Origin, SessionFact
from checkout.domain.order import OrderStatus
from checkout.errors import UnexpectedStripeObject
from checkout.stripe.events import HANDLED_EVENTS
from checkout.stripe.readers import Readers, order_items
from tests.support.documents import Json
from tests.support.stack import OTHER_STACK, STACK
from tests.support.stripe_objects import (
    ITEM,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    STATES,
    checkout,
    line_item,
    listed,
    payment_intent,
    price,
    session,
    session_in,
    session_metadata,
)

READERS = Readers(STACK, livemode=False)
ORIGIN = Origin(occurred_at=NOW, source="evt_1abc")


def read(document: Json, event_type: str | None = None) -> SessionFact:
    fact = READERS.session(document, ORIGIN, event_type=event_type)
    assert fact is not None
    return fact


def status(document: Json, event_type: str | None = None) -> OrderStatus:
    return read(document, event_type).checkout.status


def test_reads_a_sessions_fact() -> None:
    assert read(session_in(OrderStatus.PAID)) == SessionFact(
        order_id=ORDER_ID, checkout=checkout(OrderStatus.PAID, items=None), origin=ORIGIN
    )


@pytest.mark.parametrize("expected", STATES)
def test_an_event_moves_the_order_to_the_state_it_announces(expected: OrderStatus) -> None:
    event_type, _ = STATES[expected]
    assert event_type in HANDLED_EVENTS
    assert status(session_in(expected), event_type) is expected


def test_an_open_session_is_an_open_order() -> None:
    assert status(session()) is OrderStatus.OPEN


@pytest.mark.parametrize("payment_status", ["paid", "no_payment_required"])
def test_a_completed_session_is_paid_by_its_payment_status(payment_status: str) -> None:
    document = session(status="complete", payment_status=payment_status)
    assert status(document) is OrderStatus.PAID


def test_a_completed_unpaid_session_is_processing() -> None:
    completed = session(status="complete", payment_intent=PAYMENT_INTENT)
    assert status(completed, "checkout.session.completed") is OrderStatus.PROCESSING


def test_payment_status_outranks_the_name_of_the_event() -> None:
    paid = session_in(OrderStatus.PAID)
    assert status(paid, "checkout.session.async_payment_failed") is OrderStatus.PAID


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        (payment_intent("processing"), OrderStatus.PROCESSING),
        (payment_intent("requires_action"), OrderStatus.PROCESSING),
        (payment_intent("requires_payment_method"), OrderStatus.PROCESSING),
        (payment_intent("requires_payment_method", declined=True), OrderStatus.FAILED),
        (payment_intent("canceled"), OrderStatus.FAILED),
    ],
)
def test_the_payment_intent_shows_processing_or_failed(intent: Json, expected: OrderStatus) -> None:
    state = read(session(status="complete", payment_intent=intent)).checkout
    assert (state.status, state.payment_intent) == (expected, PAYMENT_INTENT)


def test_an_open_order_is_the_same_after_a_declined_card() -> None:
    declined = payment_intent("requires_payment_method", declined=True)
    assert read(session(payment_intent=declined)) == read(session())


def test_a_session_may_have_no_client_reference() -> None:
    assert read(session(client_reference_id=None)).checkout.client_reference_id is None


@pytest.mark.parametrize("status", [OrderStatus.EXPIRED, OrderStatus.PROCESSING])
@pytest.mark.parametrize("name", ["client_reference_id", "metadata", "payment_intent"])
def test_what_may_be_null_may_be_absent(status: OrderStatus, name: str) -> None:
    null = session_in(status, **{name: None})
    absent = {key: value for key, value in null.items() if key != name}
    read_null, read_absent = (
        READERS.session(one, ORIGIN, order_id=ORDER_ID) for one in (null, absent)
    )
    assert read_null is not None
    assert read_absent == read_null


def test_a_session_made_before_fingerprints_is_read() -> None:
    metadata = session_metadata()
    del metadata["request_fingerprint"]
    assert read(session(metadata=metadata)).checkout.request_fingerprint is None


# Items and amounts


def test_reads_the_amounts_of_a_session() -> None:
    totals = {"amount_discount": 500, "amount_shipping": 700, "amount_tax": 90}
    state = read(session(amount_subtotal=4000, amount_total=4290, total_details=totals)).checkout
    assert (state.amount_subtotal, state.amount_total) == (4000, 4290)
    assert (state.amount_discount, state.amount_shipping, state.amount_tax) == (500, 700, 90)


@pytest.mark.parametrize("totals", [None, {}, {"amount_shipping": None}])
def test_an_amount_that_stripe_leaves_out_is_zero(totals: Json | None) -> None:
    state = read(session(total_details=totals)).checkout
    assert (state.amount_discount, state.amount_shipping, state.amount_tax) == (0, 0, 0)


def test_reads_expanded_line_items() -> None:
    assert read(session(line_items=listed(line_item()))).checkout.items == (ITEM,)
    assert read(session(line_items=listed())).checkout.items == ()


def test_the_first_of_many_line_items_are_not_all() -> None:
    some = listed(line_item(), has_more=True)
    assert read(session(line_items=some)).checkout.items is None


def test_a_line_item_may_have_no_lookup_key_or_expansion() -> None:
    plain = line_item(price=price(lookup_key=None, product="prod_1Mug"))
    assert order_items([plain, line_item()]) == (replace(ITEM, lookup_key=None), ITEM)


@pytest.mark.parametrize(
    "change",
    [
        {"price": None},
        {"price": "price_1Mug"},
        {"price": price(product=None)},
        {"price": price(id="")},
        {"price": price(lookup_key=7)},
        {"quantity": None},
        {"quantity": "2"},
        {"amount_total": None},
    ],
)
def test_refuses_a_line_item_that_is_malformed(change: Json) -> None:
    malformed = line_item(**change)
    with pytest.raises(UnexpectedStripeObject, match="line item"):
        order_items([malformed])
    with pytest.raises(UnexpectedStripeObject):
        read(session(line_items=listed(malformed)))


# What is malformed


REQUIRED = [
    "id",
    "status",
    "payment_status",
    "amount_subtotal",
    "amount_total",
    "currency",
    "created",
    "expires_at",
]


@pytest.mark.parametrize("name", REQUIRED)
def test_names_the_field_that_a_session_lacks(name: str) -> None:
    document = session_in(OrderStatus.PAID)
    del document[name]
    with pytest.raises(UnexpectedStripeObject, match=f"has no {name}"):
        read(document)


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
        {"amount_subtotal": None},
        {"total_details": {"amount_tax": "7"}},
        {"total_details": [7]},
        {"currency": None},
        {"created": None},
        {"expires_at": "tomorrow"},
        {"status": "expired", "payment_intent": 7},
        {"status": "expired", "payment_intent": {"id": ""}},
        {"client_reference_id": 7.5},
        {"metadata": session_metadata() | {"request_fingerprint": 7}},
        {"status": "unknown"},
        {"status": None},
        {"status": "complete", "payment_status": "unknown"},
        {"status": "complete", "payment_status": ["paid"]},
        {"line_items": [7]},
    ],
)
def test_refuses_a_session_that_is_not_as_documented(change: dict[str, object]) -> None:
    with pytest.raises(UnexpectedStripeObject, match="malformed"):
        read(session(**change))


def test_an_error_quotes_nothing_of_the_session() -> None:
    with pytest.raises(UnexpectedStripeObject) as raised:
        read(session(status="ada@example.com", payment_status="ada@example.com"))
    assert "ada@example.com" not in raised.value.detail


# Whose it is


def test_recognizes_the_sessions_that_it_marks() -> None:
    assert read(session(metadata=READERS.mark(ORDER_ID))).order_id == ORDER_ID


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": None},
        {"metadata": {}},
        {"metadata": "checkout_stack"},
        {"metadata": {"order_id": ORDER_ID}},
        {"metadata": {"checkout_stack": STACK}},
        {"metadata": {"checkout_stack": STACK, "order_id": ""}},
        {"metadata": {"checkout_stack": STACK, "order_id": 7}},
        {"metadata": {"checkout_stack": STACK, "order_id": "SO-10023"}},
        {"metadata": {"checkout_stack": STACK, "order_id": f"{ORDER_ID}\n"}},
        {"metadata": {"checkout_stack": STACK, "order_id": ORDER_ID.upper()}},
        {"metadata": {"checkout_stack": OTHER_STACK, "order_id": ORDER_ID}},
        {"livemode": True},
        {"livemode": None},
        {"livemode": 0},
    ],
)
def test_leaves_a_session_that_is_not_ours_alone(change: dict[str, object]) -> None:
    assert READERS.session(session(**change), ORIGIN) is None
    strange = {"amount_total": None, "status": "unknown"}
    assert READERS.session(session(**strange | change), ORIGIN) is None
    assert READERS.session(None, ORIGIN) is None


@pytest.mark.parametrize("metadata", [{}, {"order_id": "SO-10023", "checkout_stack": "x"}])
def test_the_order_that_recorded_a_session_knows_it(metadata: Json) -> None:
    edited = session(metadata=metadata)
    fact = READERS.session(edited, ORIGIN, order_id=ORDER_ID)
    assert fact is not None
    assert fact.order_id == ORDER_ID
    assert READERS.session(edited | {"livemode": True}, ORIGIN, order_id=ORDER_ID) is None


def test_a_live_stack_reads_live_sessions_only() -> None:
    live = Readers(STACK, livemode=True)
    assert live.session(session(livemode=True), ORIGIN) is not None
    assert live.session(session(livemode=False), ORIGIN) is None

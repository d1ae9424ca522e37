"""Events that come before their order, declined payments, and the other mode's events."""

from collections.abc import Callable
from typing import Any

import pytest
from checkout.GONE_events import PAYMENT_FAILED

from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import OrderUnknown, StripeUnavailable, UnexpectedStripeObject
from checkout.recorder import Recorder
from checkout.stripe.events import HANDLED_EVENTS
from tests.unit.aws_calls import AwsCalls
from tests.unit.conftest import Log
from tests.unit.fake_stripe import FakeStripe
from tests.unit.stack import OTHER_STACK
from tests.unit.stripe_objects import (
    DISPUTE,
    ORDER_ID,
    PAYMENT_INTENT,
    REFUND,
    SESSION_ID,
    dispute,
    event,
    expanded,
    fact,
    listed,
    payment_intent,
    payment_metadata,
    refund,
    session,
    session_in,
    session_metadata,
    thin_event,
)

type Json = dict[str, Any]
type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)
DECLINED = payment_intent("requires_payment_method", declined=True)
SESSIONS_CALL = ("get", "/v1/checkout/sessions")
REFUNDED = event("refund.created", refund())
DISPUTED = event("charge.dispute.created", dispute())


@pytest.mark.parametrize(
    ("document", "change_type"),
    [(REFUNDED, "order.refunded"), (DISPUTED, "order.dispute_opened")],
)
def test_an_order_that_is_not_there_yet_is_made_of_its_session_first(
    recorder: Recorder,
    fake_stripe: FakeStripe,
    stored: Stored,
    document: Json,
    change_type: str,
) -> None:
    fake_stripe.answer(expanded(document["data"]["object"]))
    fake_stripe.answer(listed(PAID))
    assert recorder.record(document) is Outcome.APPLIED
    assert fake_stripe.calls[1:] == [SESSIONS_CALL]
    assert fake_stripe.requests[1].params == {
        "payment_intent": PAYMENT_INTENT,
        "limit": "1",
        "expand[0]": "data.payment_intent",
    }
    item = stored()
    assert item is not None
    assert (item["status"], item["session_id"]) == ("paid", SESSION_ID)
    assert [entry["type"] for entry in item["history"]] == ["order.paid", change_type]
    assert {entry["source"] for entry in item["history"]} == {"evt_1abc"}


def test_the_sessions_own_event_is_a_duplicate_then(
    recorder: Recorder, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(expanded(refund()))
    fake_stripe.answer(listed(PAID))
    recorder.record(REFUNDED)
    completed = event("checkout.session.completed", PAID, id="evt_2")
    assert recorder.record(completed) is Outcome.DUPLICATE


def test_a_decline_before_its_order_makes_the_order_of_its_open_session(
    recorder: Recorder, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.answer(listed(session(payment_intent=DECLINED)))
    assert recorder.record(event(PAYMENT_FAILED, DECLINED)) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert (item["status"], item["declines"]) == ("open", {"ch_3abc": "generic_decline"})


def test_a_payment_of_ours_without_a_session_is_not_understood(
    recorder: Recorder, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.answer(expanded(refund()))
    fake_stripe.answer(listed())
    with pytest.raises(UnexpectedStripeObject, match="no Checkout Session"):
        recorder.record(REFUNDED)
    assert stored() is None


def test_somebody_elses_session_of_such_a_payment_makes_no_order(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    fake_stripe.answer(expanded(refund()))
    fake_stripe.answer(listed(PAID | {"metadata": session_metadata(checkout_stack=OTHER_STACK)}))
    with pytest.raises(UnexpectedStripeObject):
        recorder.record(REFUNDED)
    assert calls.count("UpdateItem") == 1


def test_a_session_of_another_order_is_not_taken_for_it(
    recorder: Recorder, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.answer(expanded(refund()))
    fake_stripe.answer(listed(PAID | {"metadata": session_metadata(order_id="ord_other")}))
    with pytest.raises(OrderUnknown):
        recorder.record(REFUNDED)
    assert stored() is None


@pytest.mark.parametrize("answers", [0, 1])
def test_a_stripe_that_does_not_answer_leaves_it_to_the_next_try(
    recorder: Recorder, fake_stripe: FakeStripe, stored: Stored, answers: int
) -> None:
    for _ in range(answers):
        fake_stripe.answer(expanded(refund()))
    fake_stripe.break_connection()
    with pytest.raises(StripeUnavailable):
        recorder.record(REFUNDED)
    assert stored() is None
    fake_stripe.answer(expanded(refund()))
    fake_stripe.answer(listed(PAID))
    assert recorder.record(REFUNDED) is Outcome.APPLIED


# Declined payments


@pytest.mark.parametrize(
    ("document", "requests"),
    [
        (event(PAYMENT_FAILED, DECLINED), []),
        (
            thin_event(PAYMENT_FAILED, PAYMENT_INTENT),
            [("get", f"/v1/payment_intents/{PAYMENT_INTENT}")],
        ),
    ],
)
def test_a_declined_payment_goes_into_the_history_and_is_no_status(
    recorder: Recorder,
    fake_stripe: FakeStripe,
    stored: Stored,
    document: Json,
    requests: list[tuple[str, str]],
) -> None:
    recorder.orders.record(fact(OrderStatus.OPEN))
    fake_stripe.answer(DECLINED)
    assert recorder.record(document) is Outcome.APPLIED
    assert recorder.record(event(PAYMENT_FAILED, DECLINED, id="evt_2")) is Outcome.DUPLICATE
    assert fake_stripe.calls == requests
    item = stored()
    assert item is not None
    assert item["status"] == "open"
    assert [entry["type"] for entry in item["history"]] == [
        "order.created",
        "order.payment_declined",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {}},
        {"metadata": payment_metadata(checkout_stack=OTHER_STACK)},
        {"livemode": True},
        {"last_payment_error": None},
    ],
)
def test_a_payment_that_is_not_ours_or_was_not_declined_is_ignored(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls, change: Json
) -> None:
    intent = DECLINED | change
    assert recorder.record(event(PAYMENT_FAILED, intent)) is Outcome.IGNORED
    fake_stripe.answer(intent)
    assert recorder.record(thin_event(PAYMENT_FAILED, PAYMENT_INTENT)) is Outcome.IGNORED
    assert calls.count("UpdateItem") == 0


# The other mode, other types, the log


@pytest.mark.parametrize("event_type", sorted(HANDLED_EVENTS))
def test_an_event_of_the_other_mode_is_ignored_before_anything_is_fetched(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls, event_type: str
) -> None:
    for document in (
        event(event_type, PAID, livemode=True),
        thin_event(event_type, "id_1", livemode=True),
    ):
        assert recorder.record(document) is Outcome.IGNORED
    assert (fake_stripe.calls, calls.made) == ([], [])


@pytest.mark.parametrize(
    "document",
    [
        thin_event("payment_intent.succeeded", PAYMENT_INTENT),
        thin_event("checkout.session.created", SESSION_ID),
        thin_event("refund.created", REFUND, type="v2.refund.created"),
        thin_event("refund.created", REFUND, type="v1.v1.refund.created"),
        event("charge.refund.updated", refund()),
    ],
)
def test_an_event_of_another_type_is_ignored(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls, document: Json
) -> None:
    assert recorder.record(document) is Outcome.IGNORED
    assert (fake_stripe.calls, calls.made) == ([], [])


def test_the_log_names_the_refund_that_is_not_understood_by_its_order(
    recorder: Recorder, fake_stripe: FakeStripe, orders: OrdersTable, log: Log
) -> None:
    orders.record(fact(OrderStatus.PAID))
    fake_stripe.answer(expanded(dispute(DISPUTE, status="unheard_of")))
    with pytest.raises(UnexpectedStripeObject, match="unheard_of"):
        recorder.record(DISPUTED)
    assert ORDER_ID not in log.text

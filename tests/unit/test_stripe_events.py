"""What each event, in either form, makes of an order, and what it costs."""

from collections.abc import Callable
from typing import Any

import pytest
from checkout.GONE_events import (
    CHARGE_REFUNDED,
    DISPUTE_EVENTS,
    PAYMENT_FAILED,
    REFUND_EVENTS,
    SESSION_EVENTS,
)

from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.recorder import Recorder
from checkout.stripe.events import HANDLED_EVENTS
from local.stripe_account import EVENT_TYPES
from tests.unit.aws_calls import AwsCalls
from tests.unit.fake_stripe import FakeStripe
from tests.unit.stack import OTHER_STACK
from tests.unit.stripe_objects import (
    CHARGE,
    DISPUTE,
    NOW,
    PAYMENT_INTENT,
    REFUND,
    SESSION_ID,
    STATES,
    charge,
    dispute,
    event,
    expanded,
    fact,
    listed,
    payment_intent,
    payment_metadata,
    refund,
    session_in,
    session_metadata,
    thin_event,
)

type Json = dict[str, Any]
type Fetched = tuple[Json, tuple[str, str]]
type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)
DECLINED = payment_intent("requires_payment_method", declined=True)
OF_OTHERS: list[Json] = [
    {"metadata": {}},
    {"metadata": payment_metadata(checkout_stack=OTHER_STACK)},
    {"livemode": True},
]
REFUND_CALL = ("get", f"/v1/refunds/{REFUND}")
DISPUTE_CALL = ("get", f"/v1/disputes/{DISPUTE}")
REFUNDS_CALL = ("get", "/v1/refunds")
SESSIONS_CALL = ("get", "/v1/checkout/sessions")


@pytest.fixture
def paid(orders: OrdersTable, calls: AwsCalls) -> None:
    orders.record(fact(OrderStatus.PAID))
    calls.made.clear()


def test_what_is_handled_is_what_is_registered_with_stripe() -> None:
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES))
    assert set(EVENT_TYPES) == HANDLED_EVENTS


def forms(event_type: str, stripe_object: Json) -> list[Json]:
    return [event(event_type, stripe_object), thin_event(event_type, stripe_object["id"])]


# Checkouts


@pytest.mark.parametrize("status", STATES)
def test_a_thin_event_is_worth_what_was_fetched(
    recorder: Recorder, fake_stripe: FakeStripe, stored: Stored, status: OrderStatus
) -> None:
    intent = payment_intent("requires_payment_method", declined=True)
    fetched = session_in(status)
    if status is OrderStatus.FAILED:
        fetched |= {"payment_intent": intent}
    fake_stripe.answer(fetched)
    assert recorder.record(thin_event(STATES[status][0], SESSION_ID)) is Outcome.APPLIED
    assert fake_stripe.calls == [("get", f"/v1/checkout/sessions/{SESSION_ID}")]
    assert fake_stripe.requests[0].params == {"expand[0]": "payment_intent"}
    item = stored()
    assert item is not None
    assert item["status"] == status
    assert item["change"] == {
        "type": f"order.{status}",
        "occurred_at": NOW,
        "source": "evt_test_thin",
    }


def test_a_thin_event_that_is_outrun_says_how_it_is_now(
    recorder: Recorder, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.answer(PAID)
    failed = thin_event("checkout.session.async_payment_failed", SESSION_ID)
    assert recorder.record(failed) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


@pytest.mark.parametrize("event_type", sorted(SESSION_EVENTS))
def test_a_sessions_snapshot_asks_stripe_nothing_and_writes_once(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls, event_type: str
) -> None:
    assert recorder.record(event(event_type, PAID)) is Outcome.APPLIED
    assert fake_stripe.calls == []
    assert calls.made == ["UpdateItem"]


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {}},
        {"metadata": session_metadata(checkout_stack=OTHER_STACK)},
        {"livemode": True},
    ],
)
def test_a_thin_event_of_somebody_elses_session_is_ignored(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls, change: Json
) -> None:
    fake_stripe.answer(PAID | change)
    thin = thin_event("checkout.session.completed", SESSION_ID)
    assert recorder.record(thin) is Outcome.IGNORED
    assert calls.count("UpdateItem") == 0


# Refunds and disputes


CHANGES = [
    *((kind, refund(), REFUND_CALL) for kind in sorted(REFUND_EVENTS)),
    *((kind, dispute(), DISPUTE_CALL) for kind in sorted(DISPUTE_EVENTS)),
]
EACH_CHANGE = pytest.mark.parametrize(
    ("document", "fetched"),
    [(form, (one, call)) for kind, one, call in CHANGES for form in forms(kind, one)],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)


@pytest.mark.usefixtures("paid")
@EACH_CHANGE
def test_a_refund_or_a_dispute_costs_one_call_and_one_write(
    recorder: Recorder,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    document: Json,
    fetched: Fetched,
) -> None:
    stripe_object, call = fetched
    fake_stripe.answer(expanded(stripe_object))
    assert recorder.record(document) is Outcome.APPLIED
    assert fake_stripe.calls == [call]
    assert fake_stripe.requests[0].params == {"expand[0]": "payment_intent"}
    assert [made for made in calls.made if made != "GetSecretValue"] == ["UpdateItem"]


@EACH_CHANGE
@pytest.mark.parametrize("change", OF_OTHERS)
def test_somebody_elses_refund_or_dispute_is_ignored(
    recorder: Recorder,
    fake_stripe: FakeStripe,
    document: Json,
    fetched: Fetched,
    change: Json,
) -> None:
    """It has no answer to a call for a session, which an order that is made up would need."""
    stripe_object, call = fetched
    fake_stripe.answer(expanded(stripe_object, **change))
    assert recorder.record(document) is Outcome.IGNORED
    assert fake_stripe.calls == [call]


@pytest.mark.parametrize("alone", [refund(payment_intent=None), dispute(payment_intent=None)])
def test_what_belongs_to_no_payment_intent_is_ignored(
    recorder: Recorder, fake_stripe: FakeStripe, alone: Json
) -> None:
    fake_stripe.answer(alone)
    kind = "refund.updated" if alone["object"] == "refund" else "charge.dispute.updated"
    assert recorder.record(event(kind, alone)) is Outcome.IGNORED


@pytest.mark.parametrize(
    ("event_type", "object_id"),
    [
        ("checkout.session.completed", SESSION_ID),
        ("refund.created", REFUND),
        ("charge.dispute.created", DISPUTE),
        (PAYMENT_FAILED, PAYMENT_INTENT),
        (CHARGE_REFUNDED, CHARGE),
    ],
)
def test_what_this_account_does_not_have_is_ignored(
    recorder: Recorder, fake_stripe: FakeStripe, event_type: str, object_id: str
) -> None:
    fake_stripe.answer_error(404, code="resource_missing", param="id", message="No such object")
    assert recorder.record(thin_event(event_type, object_id)) is Outcome.IGNORED


def test_what_counts_is_the_refund_as_it_is_now(
    recorder: Recorder, fake_stripe: FakeStripe, paid: None, stored: Stored
) -> None:
    fake_stripe.answer(expanded(refund(status="failed")))
    recorder.record(event("refund.created", refund(status="succeeded")))
    item = stored()
    assert item is not None
    assert item["refunds"] == {REFUND: {"status": "failed", "amount": 700}}
    assert item["amount_refunded"] == 0


@pytest.mark.parametrize("document", forms(CHARGE_REFUNDED, charge()))
def test_a_refunded_charge_tells_of_all_its_refunds(
    recorder: Recorder, fake_stripe: FakeStripe, paid: None, stored: Stored, document: Json
) -> None:
    first, second = expanded(refund("re_2", amount=500)), expanded(refund("re_1"))
    fake_stripe.answer(listed(first, has_more=True))
    fake_stripe.answer(listed(second))
    assert recorder.record(document) is Outcome.APPLIED
    assert fake_stripe.calls == [REFUNDS_CALL, REFUNDS_CALL]
    wanted = {"charge": CHARGE, "limit": "100", "expand[0]": "data.payment_intent"}
    assert [request.params for request in fake_stripe.requests] == [
        wanted,
        wanted | {"starting_after": "re_2"},
    ]
    item = stored()
    assert item is not None
    assert item["amount_refunded"] == 1200


@pytest.mark.parametrize("change", OF_OTHERS)
def test_somebody_elses_refunded_charge_asks_stripe_nothing(
    recorder: Recorder, fake_stripe: FakeStripe, change: Json
) -> None:
    assert recorder.record(event(CHARGE_REFUNDED, charge(**change))) is Outcome.IGNORED
    assert fake_stripe.calls == []


@pytest.mark.parametrize("change", OF_OTHERS)
def test_a_thin_event_of_somebody_elses_refunded_charge_is_ignored(
    recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls, change: Json
) -> None:
    fake_stripe.answer(listed(expanded(refund(), **change)))
    assert recorder.record(thin_event(CHARGE_REFUNDED, CHARGE)) is Outcome.IGNORED
    assert calls.count("UpdateItem") == 0


def test_an_event_of_several_facts_did_what_the_strongest_of_them_did(
    recorder: Recorder, fake_stripe: FakeStripe, paid: None
) -> None:
    known, news = expanded(refund("re_1")), expanded(refund("re_2"))
    said = []
    for refunds in ([known], [news, known], [news, known], []):
        fake_stripe.answer(listed(*refunds))
        said.append(recorder.record(event(CHARGE_REFUNDED, charge())))
    assert said == [Outcome.APPLIED, Outcome.APPLIED, Outcome.DUPLICATE, Outcome.IGNORED]

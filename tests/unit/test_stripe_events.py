"""What each event, in either form, does to an order, and what it costs."""

from collections.abc import Callable

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import StripeRefused
from checkout.stripe.events import HANDLED_EVENTS
from tests.support.aws_calls import AwsCalls
from tests.support.capturing import EVENTS as CAPTURES
from tests.support.documents import Json
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import OTHER_STACK
from tests.support.stripe_objects import (
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
    refund,
    session_in,
    session_metadata,
    thin_event,
)

type Fetched = tuple[Json, tuple[str, str]]
type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)
DECLINED = payment_intent("requires_payment_method", declined=True)
PAYMENT_FAILED = "payment_intent.payment_failed"
CHARGE_REFUNDED = "charge.refunded"
SESSION_EVENTS = [one for one in HANDLED_EVENTS if one.startswith("checkout.session.")]
REFUND_EVENTS = [one for one in HANDLED_EVENTS if one.startswith("refund.")]
DISPUTE_EVENTS = [one for one in HANDLED_EVENTS if one.startswith("charge.dispute.")]
REFUND_CALL = ("get", f"/v1/refunds/{REFUND}")
DISPUTE_CALL = ("get", f"/v1/disputes/{DISPUTE}")
REFUNDS_CALL = ("get", "/v1/refunds")


@pytest.fixture
def paid(orders: OrdersTable, calls: AwsCalls) -> None:
    orders.record(fact(OrderStatus.PAID))
    calls.made.clear()


def of_table(calls: AwsCalls) -> list[str]:
    return [made for made in calls.made if made != "GetSecretValue"]


def forms(event_type: str, stripe_object: Json) -> list[Json]:
    return [event(event_type, stripe_object), thin_event(event_type, stripe_object["id"])]


def test_every_handled_event_type_is_tested_here() -> None:
    of_parts = [*REFUND_EVENTS, *DISPUTE_EVENTS, PAYMENT_FAILED, CHARGE_REFUNDED]
    assert sorted([*SESSION_EVENTS, *of_parts, *CAPTURES]) == sorted(HANDLED_EVENTS)


# Checkouts


@pytest.mark.parametrize("status", STATES)
def test_a_thin_event_is_worth_what_was_fetched(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    stored: Stored,
    status: OrderStatus,
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    fetched = session_in(status)
    if status is OrderStatus.FAILED:
        fetched |= {"payment_intent": DECLINED}
    fake_stripe.respond(fetched)
    assert deliveries.process(thin_event(STATES[status][0], SESSION_ID)) is Outcome.APPLIED
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


def test_a_thin_event_that_is_outrun_records_the_state_now(
    deliveries: Deliveries, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    fake_stripe.respond(PAID)
    failed = thin_event("checkout.session.async_payment_failed", SESSION_ID)
    assert deliveries.process(failed) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


@pytest.mark.parametrize("event_type", SESSION_EVENTS)
def test_a_session_snapshot_costs_one_write(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    event_type: str,
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    calls.made.clear()
    assert deliveries.process(event(event_type, PAID)) is Outcome.APPLIED
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
def test_a_thin_event_of_a_foreign_session_is_ignored(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, change: Json
) -> None:
    fake_stripe.respond(PAID | change)
    thin = thin_event("checkout.session.completed", SESSION_ID)
    assert deliveries.process(thin) is Outcome.IGNORED
    assert of_table(calls) == []


# Refunds and disputes


CHANGES = [
    *((kind, refund(), REFUND_CALL) for kind in REFUND_EVENTS),
    *((kind, dispute(), DISPUTE_CALL) for kind in DISPUTE_EVENTS),
]
EACH_CHANGE = pytest.mark.parametrize(
    ("document", "fetched"),
    [(form, (one, call)) for kind, one, call in CHANGES for form in forms(kind, one)],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)


@pytest.mark.usefixtures("paid")
@EACH_CHANGE
def test_a_refund_or_a_dispute_costs_one_call_and_one_write(
    deliveries: Deliveries,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    document: Json,
    fetched: Fetched,
) -> None:
    stripe_object, call = fetched
    fake_stripe.respond(expanded(stripe_object))
    assert deliveries.process(document) is Outcome.APPLIED
    assert fake_stripe.calls == [call]
    assert fake_stripe.requests[0].params == {"expand[0]": "payment_intent"}
    assert of_table(calls) == ["UpdateItem"]


@pytest.mark.parametrize("alone", [refund(payment_intent=None), dispute(payment_intent=None)])
def test_what_belongs_to_no_payment_intent_is_ignored(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, alone: Json
) -> None:
    fake_stripe.respond(alone)
    kind = "refund.updated" if alone["object"] == "refund" else "charge.dispute.updated"
    assert deliveries.process(event(kind, alone)) is Outcome.IGNORED
    assert of_table(calls) == []


OBJECTS = [
    ("checkout.session.completed", SESSION_ID),
    ("refund.created", REFUND),
    ("charge.dispute.created", DISPUTE),
    (PAYMENT_FAILED, PAYMENT_INTENT),
    (CHARGE_REFUNDED, CHARGE),
]


@pytest.mark.parametrize(("event_type", "object_id"), OBJECTS)
def test_what_this_account_does_not_have_is_ignored(
    deliveries: Deliveries, fake_stripe: FakeStripe, event_type: str, object_id: str
) -> None:
    fake_stripe.respond_with_error(
        404, code="resource_missing", param="id", message="No such object"
    )
    assert deliveries.process(thin_event(event_type, object_id)) is Outcome.IGNORED


REFUSALS: list[dict[str, str]] = [
    {"param": "expand", "message": "This property cannot be expanded (payment_intent)."},
    {"code": "parameter_unknown", "param": "id", "message": "Received unknown parameter: id"},
    {"code": "url_invalid", "message": "No such object"},
    {"message": "Unrecognized request URL"},
]


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(("event_type", "object_id"), OBJECTS)
def test_any_other_refusal_is_an_error_and_no_absence(
    deliveries: Deliveries, fake_stripe: FakeStripe, event_type: str, object_id: str, status: int
) -> None:
    for error in REFUSALS:
        fake_stripe.respond_with_error(status, None, type="invalid_request_error", **error)
        with pytest.raises(StripeRefused):
            deliveries.process(thin_event(event_type, object_id))


def test_what_counts_is_the_refund_as_it_is_now(
    deliveries: Deliveries, fake_stripe: FakeStripe, paid: None, stored: Stored
) -> None:
    fake_stripe.respond(expanded(refund(status="failed")))
    deliveries.process(event("refund.created", refund(status="succeeded")))
    item = stored()
    assert item is not None
    assert item["refunds"] == {REFUND: {"status": "failed", "amount": 700}}
    assert item["amount_refunded"] == 0


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("document", forms(CHARGE_REFUNDED, charge()))
def test_all_refunds_of_a_charge_are_one_write(
    deliveries: Deliveries,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    stored: Stored,
    document: Json,
) -> None:
    first, second = expanded(refund("re_2", amount=500)), expanded(refund("re_1"))
    fake_stripe.respond(listed(first, has_more=True))
    fake_stripe.respond(listed(second))
    assert deliveries.process(document) is Outcome.APPLIED
    assert fake_stripe.calls == [REFUNDS_CALL, REFUNDS_CALL]
    wanted = {"charge": CHARGE, "limit": "100", "expand[0]": "data.payment_intent"}
    assert [request.params for request in fake_stripe.requests] == [
        wanted,
        wanted | {"starting_after": "re_2"},
    ]
    assert of_table(calls) == ["UpdateItem"]
    item = stored()
    assert item is not None
    assert (item["amount_refunded"], item["version"]) == (1200, 2)


def test_a_charge_whose_refunds_are_known_is_a_duplicate(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, paid: None
) -> None:
    known, news = expanded(refund("re_1")), expanded(refund("re_2"))
    outcomes = []
    for refunds in ([known], [news, known], [news, known], []):
        fake_stripe.respond(listed(*refunds))
        outcomes.append(deliveries.process(event(CHARGE_REFUNDED, charge())))
    assert outcomes == [Outcome.APPLIED, Outcome.APPLIED, Outcome.DUPLICATE, Outcome.IGNORED]
    # Only the second meets an order that has refunds and news for it: its first write is refused.
    assert of_table(calls) == ["UpdateItem"] * 4


@pytest.mark.parametrize("status", ["frozen", "warning_frozen", "unknown"])
def test_a_status_that_stripe_adds_is_stored_as_it_names_it(
    deliveries: Deliveries, fake_stripe: FakeStripe, paid: None, stored: Stored, status: str
) -> None:
    fake_stripe.respond(expanded(refund(status=status)))
    fake_stripe.respond(expanded(dispute(status=status)))
    assert deliveries.process(event("refund.updated", refund())) is Outcome.APPLIED
    assert deliveries.process(event("charge.dispute.updated", dispute())) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["refunds"] == {REFUND: {"status": status, "amount": 700}}
    assert (item["dispute_status"], item["amount_refunded"]) == (status, 700)
    assert item["change"]["type"] == "order.dispute_opened"

"""Declined payments, and events that are not ours: other modes, accounts and types."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.recorder import Recorder
from checkout.stripe.api import StripeApi
from checkout.stripe.events import HANDLED_EVENTS, EventReader
from checkout.stripe.readers import Readers
from tests.support.aws_calls import AwsCalls
from tests.support.documents import Json
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import OTHER_STACK, STACK
from tests.support.stripe_objects import (
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    REFUND,
    SESSION_ID,
    delivery,
    event,
    fact,
    line_item,
    listed,
    payment_intent,
    payment_metadata,
    refund,
    session_in,
    thin_event,
)

type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)
DECLINED = payment_intent("requires_payment_method", declined=True)
PAYMENT_FAILED = "payment_intent.payment_failed"
THIN_CREATED = int(datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC).timestamp())


def untouched(fake_stripe: FakeStripe, calls: AwsCalls) -> bool:
    return fake_stripe.calls == [] and set(calls.made) <= {"GetSecretValue"}


# Declined payments


@pytest.mark.parametrize(
    "document",
    [event(PAYMENT_FAILED, DECLINED), thin_event(PAYMENT_FAILED, PAYMENT_INTENT)],
)
def test_a_declined_payment_is_stored_and_is_no_status(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    stored: Stored,
    document: Json,
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    fake_stripe.respond(DECLINED)
    thin = document["object"] != "event"
    assert deliveries.process(document) is Outcome.APPLIED
    assert fake_stripe.calls == [("get", f"/v1/payment_intents/{PAYMENT_INTENT}")][: int(thin)]
    item = stored()
    assert item is not None
    assert item["status"] == "open"
    assert item["declines"] == {
        "ch_3abc": {"attempted_at": THIN_CREATED if thin else NOW, "code": "generic_decline"}
    }
    assert [entry["type"] for entry in item["history"]] == ["order.created"]
    assert item["change"]["type"] == "order.payment_declined"
    again = document | {"id": "evt_2"}
    fake_stripe.respond(DECLINED)
    assert deliveries.process(again) is Outcome.DUPLICATE


@pytest.mark.parametrize(
    "metadata",
    [{}, None, payment_metadata(checkout_stack=OTHER_STACK), payment_metadata(order_id="SO-1")],
)
def test_a_decline_without_a_mark_never_asks_stripe(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, metadata: Json | None
) -> None:
    intent = DECLINED | {"metadata": metadata}
    assert deliveries.process(event(PAYMENT_FAILED, intent)) is Outcome.IGNORED
    assert fake_stripe.calls == []
    assert calls.made == ["Query"]


@pytest.mark.parametrize("change", [{"livemode": True}, {"last_payment_error": None}])
def test_a_payment_of_the_other_mode_or_not_declined_is_ignored(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, change: Json
) -> None:
    intent = DECLINED | change
    assert deliveries.process(event(PAYMENT_FAILED, intent)) is Outcome.IGNORED
    fake_stripe.respond(intent)
    assert deliveries.process(thin_event(PAYMENT_FAILED, PAYMENT_INTENT)) is Outcome.IGNORED
    assert set(calls.made) <= {"GetSecretValue"}


# The other mode, other accounts, other types


def both_forms(**changes: object) -> list[Json]:
    """Return an event of each type that is handled, as a snapshot and thin."""
    snapshots = [event(event_type, PAID, **changes) for event_type in HANDLED_EVENTS]
    return [
        *snapshots,
        *(thin_event(event_type, "id_1", **changes) for event_type in HANDLED_EVENTS),
    ]


def test_an_event_of_the_other_mode_is_ignored_unread(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    for document in both_forms(livemode=True):
        assert deliveries.process(document) is Outcome.IGNORED
    assert untouched(fake_stripe, calls)


def test_a_live_stack_takes_live_events_only(
    recorder: Recorder, stripe_api: Callable[[], StripeApi], fake_stripe: FakeStripe
) -> None:
    reader = EventReader(Readers(STACK, livemode=True), stripe_api)
    thin = thin_event("checkout.session.completed", SESSION_ID)
    assert reader.fact(thin) is None
    assert fake_stripe.calls == []
    fake_stripe.respond(PAID | {"livemode": True})
    fake_stripe.respond(listed(line_item()))
    live = reader.fact(thin | {"livemode": True})
    assert recorder.record(live).outcome is Outcome.APPLIED


FOREIGN: list[Json] = [
    {"account": "acct_1Other"},
    {"account": ""},
    {"account": 0},
    {"account": {"id": "acct_1"}},
    {"account": []},
    {"context": "acct_1Other"},
    {"context": "org_1/acct_1Other"},
    {"context": ""},
    {"context": False},
    {"account": None, "context": {}},
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
def test_an_event_of_another_account_is_ignored_unread(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, foreign: Json
) -> None:
    for document in both_forms(**foreign):
        assert deliveries.process(document) is Outcome.IGNORED
        malformed = {name: document[name] for name in ("id", "object", "type")} | foreign
        assert deliveries.receive(*delivery(malformed)) is Outcome.IGNORED
    assert untouched(fake_stripe, calls)


def test_an_event_that_names_no_account_is_our_own(
    deliveries: Deliveries, orders: OrdersTable
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    own = event("checkout.session.completed", PAID, account=None, context=None)
    assert deliveries.process(own) is Outcome.APPLIED


@pytest.mark.parametrize(
    "document",
    [
        thin_event("payment_intent.created", PAYMENT_INTENT),
        thin_event("checkout.session.created", SESSION_ID),
        thin_event("refund.created", REFUND, type="v2.refund.created"),
        thin_event("refund.created", REFUND, type="v1.v1.refund.created"),
        event("charge.refund.updated", refund()),
    ],
)
def test_an_event_of_another_type_is_ignored(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, document: Json
) -> None:
    assert deliveries.process(document) is Outcome.IGNORED
    assert untouched(fake_stripe, calls)


def test_a_decline_is_not_taken_from_another_payment(
    deliveries: Deliveries, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored
) -> None:
    """Its mark was copied, or edited: Stripe's session of the payment decides, and it has none."""
    orders.record(fact(OrderStatus.PAID))
    before = stored()
    fake_stripe.respond({"object": "list", "data": [], "has_more": False})
    other = DECLINED | {"id": "pi_another", "metadata": payment_metadata(order_id=ORDER_ID)}
    assert deliveries.process(event(PAYMENT_FAILED, other)) is Outcome.IGNORED
    assert len(fake_stripe.calls) == 1
    assert stored() == before

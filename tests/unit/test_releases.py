"""What an authorization releases is no refund of an order, though Stripe makes one for it."""

from collections.abc import Callable

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from tests.support.aws_calls import AwsCalls
from tests.support.capturing import (
    CANCELED,
    PAID,
    captured_separately,
)
from tests.support.documents import Json
from tests.support.fake_stripe import FakeStripe
from tests.support.stripe_objects import charge, event, fact, listed, refund

type Stored = Callable[[], Json | None]


def released(intent: Json, **changes: object) -> Json:
    return refund() | {"balance_transaction": None, "payment_intent": intent} | changes


@pytest.mark.parametrize(
    "change", [{"reason": "expired_uncaptured_charge"}, {"status": "pending"}, {"amount": 100}]
)
def test_what_a_cancellation_releases_is_no_refund(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    change: Json,
) -> None:
    orders.record(fact(CANCELED))
    calls.made.clear()
    release = released(captured_separately(CANCELED), **{"amount": 4200} | change)
    for document, found in (
        (event("refund.created", refund()), release),
        (event("charge.refunded", charge()), listed(release)),
    ):
        fake_stripe.respond(found)
        assert deliveries.process(document) is Outcome.IGNORED
    assert set(calls.made) == {"GetSecretValue"}


def test_the_rest_of_a_partial_capture_is_no_refund(
    deliveries: Deliveries, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored
) -> None:
    orders.record(fact(PAID, amount_captured=700))
    intent = captured_separately(PAID, 700)
    money = [
        refund("re_1", amount=200) | {"payment_intent": intent},
        # As much as was released, and taken from the balance.
        released(intent, amount=3500, id="re_2", balance_transaction="txn_3abc"),
        released(intent, amount=3500, id="re_3", status="pending"),
    ]
    fake_stripe.respond(listed(released(intent, amount=3500), *money))
    assert deliveries.process(event("charge.refunded", charge())) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert item["refunds"].keys() == {"re_1", "re_2", "re_3"}


def test_a_refund_of_a_payment_captured_in_full_counts(
    deliveries: Deliveries, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored
) -> None:
    orders.record(fact(PAID, amount_captured=4200))
    fake_stripe.respond(refund() | {"payment_intent": captured_separately(PAID, 4200)})
    assert deliveries.process(event("refund.created", refund())) is Outcome.APPLIED
    item = stored()
    assert item is not None
    assert (item["amount_captured"], item["amount_refunded"]) == (4200, 700)

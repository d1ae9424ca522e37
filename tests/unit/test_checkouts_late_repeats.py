"""The same request after 24 hours, when Stripe has forgotten its key and makes a second session."""

from dataclasses import replace
from typing import Any

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.domain.order import OrderStatus
from checkout.errors import IdempotencyMismatch, StripeUnavailable, UnexpectedStripeObject
from tests.support import creating
from tests.support.creating import (
    CREATE,
    PRICE,
    CreatingStripe,
    by_price,
    expire,
    request,
    retrieve,
)
from tests.support.stripe_objects import PAYMENT_INTENT, fact, payment_intent

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts

KEY = "cart-77-attempt-1"
REQUEST = request(*by_price(PRICE, quantity=2))
ANOTHER = request(*by_price(PRICE, quantity=3))
COMPLETE = {"status": "complete", "url": None}
# What became of the first session, by the status that its order must have.
BECAME: dict[OrderStatus, dict[str, Any]] = {
    OrderStatus.PAID: {**COMPLETE, "payment_status": "paid", "payment_intent": PAYMENT_INTENT},
    OrderStatus.PROCESSING: {**COMPLETE, "payment_intent": payment_intent("processing")},
    OrderStatus.FAILED: {
        **COMPLETE,
        "payment_intent": payment_intent("requires_payment_method", declined=True),
    },
    OrderStatus.EXPIRED: {"status": "expired", "url": None},
}


@pytest.mark.parametrize("status", BECAME)
def test_a_late_repeat_records_what_became_of_the_first(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable, status: OrderStatus
) -> None:
    first = checkouts.create(REQUEST, KEY)
    fake_stripe.sessions["cs_test_1"] |= BECAME[status]
    fake_stripe.keys.clear()
    fake_stripe.requests.clear()
    assert checkouts.create(REQUEST, KEY) == replace(first, url=None, status=status)
    assert fake_stripe.calls == [CREATE, expire(2), retrieve(1)]
    assert fake_stripe.sessions["cs_test_2"]["status"] == "expired"
    order = orders.find(first.order_id)
    assert order is not None
    assert (order.status, order.checkout.session_id) == (status, "cs_test_1")


def test_a_first_session_that_stripe_lost_is_an_error(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """As after test data was deleted: never open without a page to go to."""
    checkouts.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    del fake_stripe.sessions["cs_test_1"]
    fake_stripe.sessions["cs_test_0"] = {"status": "expired"}
    with pytest.raises(UnexpectedStripeObject):
        checkouts.create(REQUEST, KEY)


def test_a_late_retry_returns_the_first_session(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    first = checkouts.create(REQUEST, KEY)
    before = orders.find(first.order_id)
    fake_stripe.keys.clear()  # as after 24 hours
    assert checkouts.create(REQUEST, KEY) == first
    assert fake_stripe.states == ["open", "expired"]
    assert orders.find(first.order_id) == before


def test_the_next_late_retry_gives_the_first_session_again(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    for _ in range(3):
        assert checkouts.create(REQUEST, KEY) == first
    assert len(fake_stripe.sessions) == 2


def test_a_late_retry_whose_expiry_failed_is_completed_by_the_next(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    fake_stripe.fail_at = expire(2)
    with pytest.raises(StripeUnavailable):
        checkouts.create(REQUEST, KEY)
    fake_stripe.fail_at = None
    assert checkouts.create(REQUEST, KEY) == first
    assert fake_stripe.sessions["cs_test_2"]["status"] == "expired"


def test_another_body_is_refused_after_24_hours_too(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    checkouts.create(REQUEST, KEY)
    fake_stripe.keys.clear()
    with pytest.raises(IdempotencyMismatch):
        checkouts.create(ANOTHER, KEY)
    assert fake_stripe.states == ["open", "expired"]


def test_a_late_retry_of_a_paid_order_leads_to_no_page(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    first = checkouts.create(REQUEST, KEY)
    fake_stripe.sessions["cs_test_1"] |= BECAME[OrderStatus.PAID]
    paid = fact(
        OrderStatus.PAID,
        order_id=first.order_id,
        session_id=first.session_id,
        request_fingerprint=REQUEST.fingerprint(KEY),
    )
    orders.record(paid)
    fake_stripe.keys.clear()
    assert checkouts.create(REQUEST, KEY) == replace(first, url=None, status=OrderStatus.PAID)
    assert fake_stripe.sessions["cs_test_2"]["status"] == "expired"

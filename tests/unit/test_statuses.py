"""What a Checkout Session says about a payment that is captured by hand."""

import pytest

from checkout.domain.facts import Origin
from checkout.domain.order import CheckoutState, OrderStatus
from checkout.errors import UnexpectedStripeObject
from checkout.stripe.readers import Readers
from tests.support.capturing import (
    AUTHORIZED,
    CANCELED,
    EVENTS,
    PAID,
    captured_separately,
    complete,
)
from tests.support.documents import Json
from tests.support.stack import STACK
from tests.support.stripe_objects import (
    NOW,
    PAYMENT_INTENT,
    payment_intent,
    session,
    session_in,
)

READERS = Readers(STACK, livemode=False)
ORIGIN = Origin(occurred_at=NOW, source="evt_1abc")


def read(document: Json) -> CheckoutState:
    said = READERS.session(document, ORIGIN)
    assert said is not None
    return said.checkout


@pytest.mark.parametrize(("status", "received"), [*EVENTS.values(), (PAID, 4200)])
def test_a_payment_shows_its_reserved_and_captured(status: OrderStatus, received: int) -> None:
    state = read(complete(status, received))
    assert (state.status, state.amount_captured) == (status, received)
    assert state.payment_intent == PAYMENT_INTENT
    assert state.payment_status == ("paid" if status is PAID else "unpaid")


def test_a_capture_is_paid_before_its_session() -> None:
    state = read(complete(PAID, 700, payment_status="unpaid"))
    assert (state.status, state.payment_status) == (PAID, "paid")


def test_the_capture_of_one_payment_method_counts() -> None:
    options = {"card": {"capture_method": "manual"}, "link": {}, "paypal": None}
    intent = captured_separately(AUTHORIZED) | {
        "capture_method": "automatic_async",
        "payment_method_options": options,
    }
    assert read(complete(AUTHORIZED, payment_intent=intent)).status is AUTHORIZED
    assert READERS.payment(intent, ORIGIN) is not None


@pytest.mark.parametrize("status", [AUTHORIZED, PAID])
def test_an_authorized_payment_completes_a_session(status: OrderStatus) -> None:
    """Its PaymentIntent may be ahead of it."""
    state = read(session(payment_intent=captured_separately(status, 0)))
    assert (state.status, state.payment_intent) == (status, PAYMENT_INTENT)


@pytest.mark.parametrize("status", ["open", "expired"])
def test_a_payment_canceled_before_it_was_authorized_is_none(status: str) -> None:
    state = read(session(status=status, payment_intent=captured_separately(CANCELED)))
    assert (state.status, state.amount_captured) == (status, None)


def test_a_bank_debit_beside_cards_captured_by_hand_is_processing() -> None:
    intent = captured_separately(AUTHORIZED) | {"status": "processing"}
    state = read(complete(AUTHORIZED, payment_intent=intent))
    assert (state.status, state.amount_captured) == (OrderStatus.PROCESSING, None)


def test_an_ordinary_payment_names_no_captured_amount() -> None:
    paid = session_in(PAID, payment_intent=payment_intent("succeeded"))
    assert read(paid).amount_captured is None


@pytest.mark.parametrize("change", [{"amount_received": "7"}, {"payment_method_options": [7]}])
def test_refuses_a_payment_that_is_malformed(change: Json) -> None:
    intent = captured_separately(AUTHORIZED) | change
    with pytest.raises(UnexpectedStripeObject):
        read(complete(AUTHORIZED, payment_intent=intent))

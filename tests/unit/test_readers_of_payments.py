"""What refunds, disputes and failed attempts to pay say about an order."""

from collections.abc import Callable

import pytest

from checkout.domain.facts import Origin, PartsFact
from checkout.domain.parts import Decline, Dispute, Refund
from checkout.errors import UnexpectedStripeObject
from checkout.stripe.readers import Readers
from tests.support.documents import Json
from tests.support.stack import OTHER_STACK, STACK
from tests.support.stripe_objects import (
    CHARGE,
    DISPUTE,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    REFUND,
    dispute,
    expanded,
    payment_intent,
    payment_metadata,
    refund,
)

type Read = Callable[[Json], PartsFact | None]

READERS = Readers(STACK, livemode=False)
ORIGIN = Origin(occurred_at=NOW, source="evt_1abc")
# As Stripe documents them, and two that it may add.
REFUND_STATUSES = [
    *("pending", "requires_action", "succeeded", "canceled", "failed"),
    *("frozen", "unheard_of"),
]
DISPUTE_STATUSES = [
    *("warning_needs_response", "warning_under_review", "warning_closed", "needs_response"),
    *("under_review", "won", "lost", "prevented", "frozen", "warning_frozen"),
]


def read_refund(document: Json) -> PartsFact | None:
    return READERS.refunds([document], ORIGIN)


def read_dispute(document: Json) -> PartsFact | None:
    return READERS.disputes([document], ORIGIN)


def read_decline(document: Json) -> PartsFact | None:
    return READERS.decline(document, ORIGIN)


@pytest.mark.parametrize("status", REFUND_STATUSES)
def test_reads_a_refund_as_stripe_names_it(status: str) -> None:
    assert read_refund(expanded(refund(status=status))) == PartsFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        kind=Refund,
        parts={REFUND: Refund(status=status, amount=700)},
        origin=ORIGIN,
    )


@pytest.mark.parametrize("status", DISPUTE_STATUSES)
def test_reads_a_dispute_as_stripe_names_it(status: str) -> None:
    assert read_dispute(expanded(dispute(status=status))) == PartsFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        kind=Dispute,
        parts={DISPUTE: Dispute(status=status, reason="fraudulent", amount=4200)},
        origin=ORIGIN,
    )


def test_all_refunds_of_a_charge_are_one_fact() -> None:
    ids = [f"re_{number}" for number in range(100)]
    fact = READERS.refunds((expanded(refund(each)) for each in ids), ORIGIN)
    assert fact is not None
    assert list(fact.parts) == ids


def test_no_refunds_are_no_fact() -> None:
    assert READERS.refunds([], ORIGIN) is None
    assert READERS.disputes([], ORIGIN) is None


def declined(**error: object) -> Json:
    return payment_intent("requires_payment_method", last_payment_error=error)


def test_reads_a_declined_attempt() -> None:
    intent = payment_intent("requires_payment_method", declined=True)
    assert read_decline(intent) == PartsFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        kind=Decline,
        parts={CHARGE: Decline(attempted_at=NOW, code="generic_decline")},
        origin=ORIGIN,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"decline_code": "lost_card", "code": "card_declined"}, "lost_card"),
        ({"decline_code": None, "code": "card_declined"}, "card_declined"),
        ({"code": "expired_card"}, "expired_card"),
        ({}, "card_error"),
    ],
)
def test_a_decline_is_named_as_exactly_as_stripe_does(error: Json, code: str) -> None:
    fact = read_decline(declined(charge=CHARGE, type="card_error", **error))
    assert fact is not None
    assert fact.parts == {CHARGE: Decline(attempted_at=NOW, code=code)}


@pytest.mark.parametrize(
    ("error", "attempt"),
    [
        ({"payment_method": {"id": "pm_1"}}, "pm_1"),
        ({"charge": None, "payment_method": {"id": "pm_1"}}, "pm_1"),
        ({"payment_method": None}, PAYMENT_INTENT),
        ({}, PAYMENT_INTENT),
    ],
)
def test_a_failed_authentication_leaves_no_charge(error: Json, attempt: str) -> None:
    fact = read_decline(declined(code="x", type="invalid_request_error", **error))
    assert fact is not None
    assert list(fact.parts) == [attempt]


def test_a_payment_that_is_tried_again_has_no_decline() -> None:
    assert read_decline(payment_intent("processing")) is None
    assert READERS.decline(None, ORIGIN) is None


# Whose it is


MARKS: list[tuple[object, str | None]] = [
    (payment_metadata(), ORDER_ID),
    ({}, None),
    (None, None),
    ("edited", None),
    (payment_metadata(order_id="SO-10023"), None),
    (payment_metadata(checkout_stack=OTHER_STACK), None),
    ({"order_id": ORDER_ID}, None),
]


@pytest.mark.parametrize(("metadata", "order_id"), MARKS)
def test_the_mark_is_a_first_guess_and_no_more(metadata: object, order_id: str | None) -> None:
    for fact in (
        read_refund(expanded(refund(), metadata=metadata)),
        read_dispute(expanded(dispute(), metadata=metadata)),
        read_decline(payment_intent(declined=True, metadata=metadata)),
    ):
        assert fact is not None
        assert (fact.order_id, fact.payment_intent) == (order_id, PAYMENT_INTENT)


@pytest.mark.parametrize("livemode", [True, None, 0])
def test_the_other_mode_is_not_read(livemode: object) -> None:
    assert read_refund(expanded(refund(), livemode=livemode)) is None
    assert read_dispute(expanded(dispute(), livemode=livemode)) is None
    assert read_decline(payment_intent(declined=True, livemode=livemode)) is None


def test_what_was_paid_without_a_payment_intent_is_not_ours() -> None:
    assert read_refund(refund(payment_intent=None)) is None
    assert read_dispute(dispute(payment_intent=None)) is None
    assert read_refund(without(refund(), "payment_intent")) is None


# What is malformed


def without(document: Json, name: str) -> Json:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (read_refund, without(expanded(refund()), "id")),
        (read_refund, without(expanded(refund()), "status")),
        (read_refund, without(expanded(refund()), "amount")),
        (read_refund, expanded(refund(status=None))),
        (read_refund, expanded(refund(status=""))),
        (read_refund, expanded(refund(amount="700"))),
        (read_refund, expanded(refund(), id=None)),
        (read_refund, refund()),
        (read_dispute, without(expanded(dispute()), "id")),
        (read_dispute, without(expanded(dispute()), "status")),
        (read_dispute, without(expanded(dispute()), "reason")),
        (read_dispute, without(expanded(dispute()), "amount")),
        (read_dispute, expanded(dispute(reason=None))),
        (read_dispute, expanded(dispute(status=["lost"]))),
        (read_dispute, dispute()),
        (read_decline, payment_intent(last_payment_error="declined")),
        (read_decline, declined(charge=CHARGE)),
        (read_decline, declined(type="card_error", payment_method="pm_1")),
        (read_decline, declined(type="card_error", charge=7)),
        (read_decline, without(payment_intent(declined=True), "id")),
    ],
)
def test_refuses_what_is_not_as_documented(read: Read, document: Json) -> None:
    with pytest.raises(UnexpectedStripeObject):
        read(document)

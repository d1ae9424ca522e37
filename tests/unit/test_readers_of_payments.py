"""What refunds, disputes and failed attempts to pay say of an order."""

from collections.abc import Callable
from typing import Any

import pytest
from checkout.GONE_facts import decline_fact, dispute_fact, refund_fact
from checkout.GONE_order import DeclineFact, DisputeFact, DisputeStatus, RefundFact, RefundStatus

from checkout.domain.facts import Origin
from checkout.domain.parts import Dispute, Refund
from checkout.errors import UnexpectedStripeObject
from tests.unit.stripe_objects import (
    CHARGE,
    DISPUTE,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    REFUND,
    dispute,
    expanded,
    payment_intent,
    refund,
)

type Json = dict[str, Any]
type Read = Callable[[Json, Origin], object]

ORIGIN = Origin(occurred_at=NOW, source="evt_1abc")


@pytest.mark.parametrize("status", RefundStatus)
def test_reads_a_refund_and_whose_it_is(status: RefundStatus) -> None:
    assert refund_fact(expanded(refund(status=status.value)), ORIGIN) == RefundFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        refund_id=REFUND,
        refund=Refund(status=status, amount=700),
        origin=ORIGIN,
    )


@pytest.mark.parametrize("status", DisputeStatus)
def test_reads_a_dispute_and_whose_it_is(status: DisputeStatus) -> None:
    assert dispute_fact(expanded(dispute(status=status.value)), ORIGIN) == DisputeFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        dispute_id=DISPUTE,
        dispute=Dispute(status=status, reason="fraudulent", amount=4200),
        origin=ORIGIN,
    )


def declined(**error: object) -> Json:
    return payment_intent("requires_payment_method", last_payment_error=error)


def test_reads_a_declined_charge() -> None:
    intent = payment_intent("requires_payment_method", declined=True)
    assert decline_fact(intent, ORIGIN) == DeclineFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        charge_id=CHARGE,
        code="generic_decline",
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
    fact = decline_fact(declined(charge=CHARGE, type="card_error", **error), ORIGIN)
    assert fact is not None
    assert fact.code == code


@pytest.mark.parametrize(
    ("error", "attempt"),
    [
        ({"payment_method": {"id": "pm_1"}}, "pm_1"),
        ({"charge": None, "payment_method": {"id": "pm_1"}}, "pm_1"),
        ({"payment_method": None}, PAYMENT_INTENT),
        ({}, PAYMENT_INTENT),
    ],
)
def test_a_customer_who_is_not_authenticated_leaves_no_charge(error: Json, attempt: str) -> None:
    fact = decline_fact(declined(code="x", type="invalid_request_error", **error), ORIGIN)
    assert fact is not None
    assert fact.charge_id == attempt


def test_a_payment_that_was_tried_again_says_nothing_of_the_decline() -> None:
    assert decline_fact(payment_intent("processing"), ORIGIN) is None


def without(document: Json, name: str) -> Json:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (refund_fact, without(expanded(refund()), "id")),
        (refund_fact, without(expanded(refund()), "status")),
        (refund_fact, without(expanded(refund()), "amount")),
        (refund_fact, expanded(refund(status="unknown"))),
        (refund_fact, expanded(refund(status=None))),
        (refund_fact, expanded(refund(amount="700"))),
        (refund_fact, expanded(refund(), metadata={})),
        (refund_fact, refund()),
        (dispute_fact, without(expanded(dispute()), "id")),
        (dispute_fact, without(expanded(dispute()), "status")),
        (dispute_fact, without(expanded(dispute()), "reason")),
        (dispute_fact, without(expanded(dispute()), "amount")),
        (dispute_fact, expanded(dispute(status="unknown"))),
        (dispute_fact, expanded(dispute(reason=None))),
        (dispute_fact, dispute()),
        (decline_fact, without(payment_intent(), "last_payment_error")),
        (decline_fact, payment_intent(last_payment_error="declined")),
        (decline_fact, declined(charge=CHARGE)),
        (decline_fact, declined(type="card_error", payment_method="pm_1")),
        (decline_fact, declined(type="card_error", charge=7)),
    ],
)
def test_refuses_what_is_not_as_documented(read: Read, document: Json) -> None:
    with pytest.raises(UnexpectedStripeObject):
        read(document, ORIGIN)

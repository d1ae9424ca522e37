"""The table of decisions, row by row."""

from dataclasses import replace
from typing import Any

import pytest

from checkout.domain.changes import MOST_NOTABLE_FIRST, ChangeType, Outcome
from checkout.domain.decisions import STATUS_CHANGES, CheckoutChange, PartsChange, decide
from checkout.domain.facts import PartsFact
from checkout.domain.order import OrderStatus
from checkout.domain.parts import Decline, Refund
from tests.support.purchases import decline, dispute, parts, refund
from tests.support.stripe_objects import ITEM, PAYMENT_INTENT, event_fact, fact, order

STATUSES = [(known, heard) for known in OrderStatus for heard in OrderStatus]
REFUNDED = Refund(status="succeeded", amount=700)
PARTS = [
    refund("re_1", "succeeded", 1, "evt"),
    dispute("dp_1", "lost", "evt"),
    decline("ch_1", "evt"),
]


def parts_change(decision: object) -> PartsChange:
    assert isinstance(decision, PartsChange)
    return decision


# Checkouts


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("seen", [None, *OrderStatus])
def test_a_session_changes_an_unknown_or_weaker_order(
    seen: OrderStatus | None, status: OrderStatus
) -> None:
    decision = decide(order(seen) if seen else None, fact(status))
    if seen and seen not in status.weaker:
        assert decision is (Outcome.DUPLICATE if seen is status else Outcome.STALE)
        return
    assert decision == CheckoutChange(
        change_type=STATUS_CHANGES[status], checkout=fact(status).checkout
    )


@pytest.mark.parametrize(("known", "heard"), STATUSES)
def test_another_session_never_changes_a_known_order(
    known: OrderStatus, heard: OrderStatus
) -> None:
    assert decide(order(known), fact(heard, session_id="cs_test_other")) is Outcome.IGNORED


@pytest.mark.parametrize(("known", "heard"), STATUSES)
def test_an_order_without_items_needs_them_first(known: OrderStatus, heard: OrderStatus) -> None:
    seen = order(known)
    old = replace(seen, checkout=replace(seen.checkout, items=None))
    decision = decide(old, event_fact(heard))
    if known in heard.weaker:
        assert decision is Outcome.UNRESOLVED
        completed = decide(old, fact(heard))
        assert isinstance(completed, CheckoutChange)
        assert completed.checkout.items == (ITEM,)
    else:
        assert decision is (Outcome.DUPLICATE if known is heard else Outcome.STALE)


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_with_items_needs_none_from_events(status: OrderStatus) -> None:
    if status is not OrderStatus.OPEN:
        heard = event_fact(status)
        decision = decide(order(OrderStatus.OPEN), heard)
        assert isinstance(decision, CheckoutChange)
        assert decision.checkout == heard.checkout


@pytest.mark.parametrize("amount", ["amount_subtotal", "amount_discount", "amount_tax"])
@pytest.mark.parametrize("status", [one for one in OrderStatus if one is not OrderStatus.OPEN])
def test_another_amount_needs_the_items_again(status: OrderStatus, amount: str) -> None:
    heard = event_fact(status, **{amount: 77})
    assert decide(order(OrderStatus.OPEN), heard) is Outcome.UNRESOLVED
    changed: Any = {amount: 77}
    completed = decide(order(OrderStatus.OPEN), fact(status, **changed))
    assert isinstance(completed, CheckoutChange)


@pytest.mark.parametrize("amount", ["amount_shipping", "amount_total"])
def test_shipping_changes_no_item(amount: str) -> None:
    heard = event_fact(OrderStatus.PAID, **{amount: 4690})
    assert isinstance(decide(order(OrderStatus.OPEN), heard), CheckoutChange)


def test_a_repeat_with_other_amounts_needs_nothing() -> None:
    heard = event_fact(OrderStatus.PAID, amount_tax=77)
    assert decide(order(OrderStatus.PAID), heard) is Outcome.DUPLICATE


# Captures


@pytest.mark.parametrize("status", [OrderStatus.AUTHORIZED, OrderStatus.PAID])
@pytest.mark.parametrize("known", [None, 0, 700])
def test_more_captured_changes_an_order_of_one_status(
    status: OrderStatus, known: int | None
) -> None:
    seen = order(status)
    seen = replace(seen, checkout=replace(seen.checkout, amount_captured=known))
    heard = fact(status, amount_captured=701)
    assert decide(seen, heard) == CheckoutChange(
        change_type=ChangeType.CAPTURED, checkout=heard.checkout, seen_version=seen.version
    )
    for less in (None, 0, 700):
        unchanged = decide(
            replace(seen, checkout=heard.checkout), fact(status, amount_captured=less)
        )
        assert unchanged is Outcome.DUPLICATE


def test_a_stale_status_adds_nothing_to_what_is_captured() -> None:
    heard = fact(OrderStatus.AUTHORIZED, amount_captured=700)
    assert decide(order(OrderStatus.PAID), heard) is Outcome.STALE


def test_a_later_amount_needs_the_items_too() -> None:
    seen = order(OrderStatus.PAID)
    old = replace(seen, checkout=replace(seen.checkout, items=None))
    assert decide(old, event_fact(OrderStatus.PAID, amount_captured=700)) is Outcome.UNRESOLVED


# Parts


@pytest.mark.parametrize("heard", PARTS)
@pytest.mark.parametrize("status", OrderStatus)
def test_parts_do_not_depend_on_the_status(status: OrderStatus, heard: PartsFact) -> None:
    seen = order(status)
    seen = replace(seen, checkout=replace(seen.checkout, payment_intent=PAYMENT_INTENT))
    change = parts_change(decide(seen, heard))
    assert change.parts == heard.parts
    assert change.payment_intent == PAYMENT_INTENT
    assert change.seen_version == seen.version


@pytest.mark.parametrize("heard", PARTS)
def test_parts_of_an_unread_order_are_its_first(heard: PartsFact) -> None:
    unread, read = (parts_change(decide(seen, heard)) for seen in (None, order()))
    assert unread.seen_version is None
    assert replace(unread, seen_version=1) == read


@pytest.mark.parametrize("heard", PARTS)
def test_parts_of_another_payment_are_not_the_orders(heard: PartsFact) -> None:
    other = replace(heard, payment_intent="pi_another")
    for status in (OrderStatus.PROCESSING, OrderStatus.FAILED, OrderStatus.PAID):
        assert decide(order(status), other) is Outcome.UNRESOLVED


@pytest.mark.parametrize("status", [OrderStatus.OPEN, OrderStatus.EXPIRED])
def test_only_a_decline_may_precede_the_payment(status: OrderStatus) -> None:
    refunded, disputed, declined = (decide(order(status), heard) for heard in PARTS)
    assert refunded is disputed is Outcome.UNRESOLVED
    assert parts_change(declined).kind is Decline


def test_several_parts_of_one_fact_are_one_change() -> None:
    heard = parts(
        "evt",
        re_1=REFUNDED,
        re_2=Refund(status="failed", amount=500),
        re_3=Refund(status="succeeded", amount=1),
    )
    seen = order(refunds={"re_1": REFUNDED, "re_4": REFUNDED})
    change = parts_change(decide(seen, heard))
    assert change.change_type is ChangeType.REFUND_FAILED
    assert change.parts == {**heard.parts, "re_4": REFUNDED}


def test_the_most_notable_part_names_the_change() -> None:
    seen = order(refunds={"re_1": Refund(status="pending", amount=700)})
    change = parts_change(decide(seen, parts("evt", re_1=REFUNDED, re_2=REFUNDED)))
    assert change.change_type is ChangeType.REFUNDED


def test_a_fact_that_is_partly_news_is_applied() -> None:
    heard = parts("evt", re_1=REFUNDED, re_2=Refund(status="pending", amount=5))
    after = {"re_1": REFUNDED, "re_2": Refund(status="succeeded", amount=5)}
    assert decide(order(refunds=dict(after)), heard) is Outcome.STALE
    assert decide(order(refunds=dict(heard.parts)), heard) is Outcome.DUPLICATE
    assert parts_change(decide(order(refunds={"re_2": after["re_2"]}), heard)).parts == after


def test_every_change_of_parts_has_its_rank() -> None:
    of_parts = set(ChangeType) - {*STATUS_CHANGES.values(), ChangeType.CAPTURED}
    assert set(MOST_NOTABLE_FIRST) == of_parts
    assert len(MOST_NOTABLE_FIRST) == len(of_parts)


# Declines


def test_a_decline_is_noted_once() -> None:
    heard = decline("ch_2", "evt_1")
    earlier: dict[str, Any] = {"ch_1": Decline(attempted_at=1, code="lost_card")}
    change = parts_change(decide(order(OrderStatus.OPEN, declines=earlier), heard))
    assert change.change_type is ChangeType.PAYMENT_DECLINED
    assert change.parts == {**earlier, **heard.parts}
    known = order(OrderStatus.OPEN, declines=dict(change.parts))
    assert decide(known, heard) is Outcome.DUPLICATE


def test_a_decline_older_than_ten_others_is_stale() -> None:
    latest = {f"ch_{n}": Decline(attempted_at=n, code="lost_card") for n in range(2, 12)}
    seen = order(OrderStatus.OPEN, declines=dict(latest))
    assert decide(seen, decline("ch_1", "evt", attempted_at=1)) is Outcome.STALE
    newest = parts_change(decide(seen, decline("ch_12", "evt", attempted_at=12)))
    assert set(newest.parts) == {f"ch_{n}" for n in range(3, 13)}

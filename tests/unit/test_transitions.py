"""The table of transitions, row by row."""

from dataclasses import replace
from typing import cast

import pytest
from checkout.GONE_order import UNSETTLED, DisputeStatus, RefundStatus
from checkout.GONE_transitions import (
    SameCollection,
    WeakerStatus,
    change,
    outcome_of_refused,
    unsettled_shard,
)

from checkout.aws.orders_table import PENDING_SHARDS
from checkout.domain.changes import ChangeType, Outcome
from checkout.domain.decisions import STATUS_CHANGES
from checkout.domain.facts import Fact
from checkout.domain.order import OrderStatus
from checkout.domain.parts import Refund, amount_refunded
from tests.unit.purchases import decline, dispute, refund
from tests.unit.stripe_objects import ORDER_ID, PAYMENT_INTENT, SESSION_ID, fact, order

STATUSES = [(known, said) for known in OrderStatus for said in OrderStatus]
REFUND_STATUSES = [(known, said) for known in RefundStatus for said in RefundStatus]


def one_refund(status: RefundStatus, amount: int = 700) -> Refund:
    return Refund(status=status, amount=amount)


# Checkouts


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("seen", [None, *OrderStatus])
def test_a_stronger_session_changes_the_order_where_it_is_unknown_or_weaker(
    seen: OrderStatus | None, status: OrderStatus
) -> None:
    known = order(seen) if seen else None
    wanted = change(known, fact(status))
    if seen and seen not in status.weaker:
        assert wanted is None
        return
    assert wanted is not None
    assert wanted.type is STATUS_CHANGES[status]
    assert wanted.condition == WeakerStatus(SESSION_ID, status.weaker)
    assert wanted.attributes["status"] is status
    assert wanted.attributes["payment_status"] == ("paid" if status == "paid" else "unpaid")


@pytest.mark.parametrize(("known", "said"), STATUSES)
def test_another_session_never_changes_a_known_order(known: OrderStatus, said: OrderStatus) -> None:
    other = fact(said, session_id="cs_test_other")
    assert change(order(known), other) is None
    assert outcome_of_refused(order(known), other) is Outcome.IGNORED


def test_what_a_session_does_not_say_takes_nothing_away() -> None:
    wanted = change(None, fact(OrderStatus.OPEN, client_reference_id=None))
    assert wanted is not None
    assert not {"payment_intent", "client_reference_id"} & wanted.attributes.keys()


@pytest.mark.parametrize("status", OrderStatus)
def test_the_shard_is_there_while_the_order_is_unsettled(status: OrderStatus) -> None:
    wanted = change(None, fact(status))
    assert wanted is not None
    if status in UNSETTLED:
        assert wanted.attributes["unsettled_shard"] == unsettled_shard(ORDER_ID)
        assert wanted.removed == ()
    else:
        assert "unsettled_shard" not in wanted.attributes
        assert wanted.removed == ("unsettled_shard",)


def test_orders_are_spread_over_all_shards_and_stay_where_they_are() -> None:
    shards = [unsettled_shard(f"ord_{number:032x}") for number in range(16_000)]
    assert set(shards) == {str(shard) for shard in range(PENDING_SHARDS)}
    assert max(shards.count(shard) for shard in set(shards)) < 2 * 16_000 / PENDING_SHARDS
    assert unsettled_shard(ORDER_ID) == "1"


# Refunds


def type_of_refund(known: RefundStatus | None, said: RefundStatus) -> ChangeType:
    if said in (RefundStatus.FAILED, RefundStatus.CANCELED):
        return ChangeType.REFUND_FAILED
    return ChangeType.REFUND_UPDATED if known else ChangeType.REFUNDED


@pytest.mark.parametrize("status", RefundStatus)
def test_a_refund_that_nobody_knows_is_added(status: RefundStatus) -> None:
    said = refund("re_1", status, 700, "evt_1")
    unseen = change(None, said)
    assert unseen is not None
    assert unseen == change(order(), said)
    assert unseen.type is type_of_refund(None, status)
    assert unseen.condition == SameCollection("refunds", {})
    assert unseen.attributes == {
        "refunds": {"re_1": one_refund(status)},
        "amount_refunded": 0 if status in ("failed", "canceled") else 700,
    }
    assert unseen.removed == ()


@pytest.mark.parametrize(("known", "said"), REFUND_STATUSES)
def test_the_stronger_of_two_statuses_of_a_refund_is_kept(
    known: RefundStatus, said: RefundStatus
) -> None:
    refunds = {"re_0": one_refund(RefundStatus.SUCCEEDED, 100), "re_1": one_refund(known)}
    seen = order(refunds=cast("dict[str, object]", refunds))
    told = refund("re_1", said, 700, "evt_2")
    wanted = change(seen, told)
    if said.rank > known.rank:
        assert wanted is not None
        assert wanted.type is type_of_refund(known, said)
        assert wanted.condition == SameCollection("refunds", refunds)
        after = refunds | {"re_1": one_refund(said)}
        assert wanted.attributes["refunds"] == after
        assert wanted.attributes["amount_refunded"] == amount_refunded(after)
    else:
        assert wanted is None
        expected = Outcome.DUPLICATE if said is known else Outcome.STALE
        assert outcome_of_refused(seen, told) is expected


def test_of_two_amounts_of_one_refund_the_larger_counts_whichever_comes_first() -> None:
    small, large = one_refund(RefundStatus.PENDING, 1), one_refund(RefundStatus.PENDING, 2)
    assert large.says_more_than(small)
    assert not small.says_more_than(large)
    assert not large.says_more_than(large)


def test_several_refunds_add_up_but_for_those_that_failed() -> None:
    refunds = {
        status.value: one_refund(status, 10**place) for place, status in enumerate(RefundStatus)
    }
    assert list(refunds) == ["pending", "requires_action", "succeeded", "canceled", "failed"]
    assert amount_refunded(refunds) == 111
    assert order(refunds=cast("dict[str, object]", refunds)).amount_refunded == 111
    assert order().amount_refunded == 0


# Declined charges


def test_a_declined_charge_is_noted_once_and_changes_no_status() -> None:
    said = decline("ch_2", "evt_1")
    unseen = change(None, said)
    assert unseen is not None
    assert unseen.type is ChangeType.PAYMENT_DECLINED
    assert unseen.condition == SameCollection("declines", {})
    assert unseen.attributes == {"declines": {"ch_2": "generic_decline"}}
    seen = order(OrderStatus.OPEN, declines={"ch_1": "lost_card"})
    beside = change(seen, said)
    assert beside is not None
    assert beside.condition == SameCollection("declines", seen.declines)
    assert beside.attributes == {"declines": {"ch_1": "lost_card", "ch_2": "generic_decline"}}
    known = replace(seen, declines=beside.attributes["declines"])
    assert change(known, said) is None
    assert outcome_of_refused(known, said) is Outcome.DUPLICATE


@pytest.mark.parametrize(
    "said",
    [
        refund("re_1", RefundStatus.SUCCEEDED, 1, "evt"),
        dispute("dp_1", DisputeStatus.LOST, "evt"),
        decline("ch_1", "evt"),
    ],
)
@pytest.mark.parametrize("status", OrderStatus)
def test_what_comes_after_a_payment_touches_nothing_that_a_session_says(
    status: OrderStatus, said: Fact
) -> None:
    wanted = change(order(status), said)
    of_a_session = change(None, fact(OrderStatus.PAID))
    assert wanted is not None
    assert of_a_session is not None
    assert said.payment_intent == PAYMENT_INTENT
    assert not wanted.attributes.keys() & of_a_session.attributes.keys()
    assert wanted.removed == ()


@pytest.mark.parametrize(("known", "said"), STATUSES)
def test_a_session_that_changes_nothing_is_a_copy_or_too_late(
    known: OrderStatus, said: OrderStatus
) -> None:
    if known not in said.weaker:
        expected = Outcome.DUPLICATE if known is said else Outcome.STALE
        assert outcome_of_refused(order(known), fact(said)) is expected

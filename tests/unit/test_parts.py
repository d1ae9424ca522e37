"""The join of parts, which all kinds share, and refunds."""

import operator
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.domain.changes import PUBLISHED, ChangeType, Outcome
from checkout.domain.decisions import PartsChange, decide
from checkout.domain.order import Order
from checkout.domain.parts import KINDS, Decline, Dispute, Parts, Refund, amount_refunded, join
from tests.support.purchases import refund
from tests.support.stripe_objects import order

# https://docs.stripe.com/api/refunds/object#refund_object-status
STATUSES = ("pending", "requires_action", "succeeded", "canceled", "failed")
PAIRS = [(known, heard) for known in STATUSES for heard in STATUSES]
FINAL = ("succeeded", "canceled", "failed")
UNKNOWN = ["frozen", "unknown", "warning_frozen", "SUCCEEDED"]
FEW_IDS = st.sampled_from([f"id_{number}" for number in range(25)])
DECLINES = st.builds(
    Decline, attempted_at=st.integers(0, 20), code=st.sampled_from(["lost_card", "expired_card"])
)
REFUNDS = st.builds(Refund, status=st.sampled_from([*STATUSES, *UNKNOWN]), amount=st.integers(1, 3))
DISPUTES = st.builds(
    Dispute,
    status=st.sampled_from(["frozen", "warning_frozen", "needs_response", "under_review", "won"]),
    reason=st.sampled_from(["fraudulent", "duplicate"]),
    amount=st.integers(1, 3),
)
MAPS: dict[Any, Any] = {
    Refund: st.dictionaries(FEW_IDS, REFUNDS),
    Dispute: st.dictionaries(FEW_IDS, DISPUTES),
    Decline: st.dictionaries(FEW_IDS, DECLINES),
}


def reachable(kind: Any) -> st.SearchStrategy[Parts]:  # noqa: ANN401  (a type of part)
    """Return collections as orders hold them: never above the kind's limit."""
    return MAPS[kind].map(lambda parts: join(kind, {}, parts))  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_the_join_is_commutative_associative_idempotent(kind: Any, data: st.DataObject) -> None:  # noqa: ANN401
    one, two, three = (data.draw(reachable(kind)) for _ in range(3))
    assert join(kind, one, two) == join(kind, two, one)
    assert join(kind, join(kind, one, two), three) == join(kind, one, join(kind, two, three))
    assert join(kind, one, one) == one


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_any_arrival_of_parts_ends_in_the_same_ones(kind: Any, data: st.DataObject) -> None:  # noqa: ANN401
    arrived = data.draw(st.lists(MAPS[kind], max_size=8))
    shuffled = data.draw(st.permutations(arrived + arrived[:3]))
    nothing: Parts = {}
    whole, again = (
        reduce(lambda known, heard: join(kind, known, heard), parts, nothing)
        for parts in (arrived, shuffled)
    )
    assert whole == again
    if kind.limit is None:
        assert set(whole) == set(reduce(operator.or_, arrived, {}))
    else:
        assert len(whole) <= kind.limit


@given(st.permutations(range(200)))
def test_the_latest_ten_declines_stay(arrival: list[int]) -> None:
    known: Parts = {}
    for number in arrival:
        attempt = Decline(attempted_at=number, code="lost_card")
        known = join(Decline, known, {f"ch_{number}": attempt})
        assert len(known) <= 10
    assert set(known) == {f"ch_{number}" for number in range(190, 200)}


def test_only_what_strangers_repeat_has_a_limit() -> None:
    assert {kind: kind.limit for kind in KINDS} == {Refund: None, Dispute: None, Decline: 10}
    assert {kind for kind in KINDS if not kind.moves_money} == {Decline}


# Refunds


def one_refund(status: str, amount: int = 700) -> Refund:
    return Refund(status=status, amount=amount)


def with_refund(status: str) -> Order:
    return order(refunds={"re_1": one_refund(status)})


def change_type(known: str | None, heard: str) -> ChangeType:
    change = decide(with_refund(known) if known else order(), refund("re_1", heard, 700, "evt"))
    assert isinstance(change, PartsChange)
    assert change.parts == {"re_1": one_refund(heard)}
    return change.change_type


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_refund_is_added(status: str) -> None:
    failed = status in ("failed", "canceled")
    assert change_type(None, status) is (
        ChangeType.REFUND_FAILED if failed else ChangeType.REFUNDED
    )
    summary = Refund.summary({"re_1": one_refund(status)})
    assert summary == {"amount_refunded": 0 if failed else 700}


@pytest.mark.parametrize(("known", "heard"), PAIRS)
def test_the_stronger_status_of_a_refund_is_kept(known: str, heard: str) -> None:
    if STATUSES.index(heard) > STATUSES.index(known):
        failed = heard in ("failed", "canceled")
        assert change_type(known, heard) is (
            ChangeType.REFUND_FAILED if failed else ChangeType.REFUND_UPDATED
        )
    else:
        outcome = decide(with_refund(known), refund("re_1", heard, 700, "evt"))
        assert outcome is (Outcome.DUPLICATE if known == heard else Outcome.STALE)


def test_of_two_amounts_of_one_refund_the_larger_counts() -> None:
    small, large = {"re_1": one_refund("pending", 1)}, {"re_1": one_refund("pending", 2)}
    assert join(Refund, small, large) == join(Refund, large, small) == large


def test_refunds_add_up_but_for_those_that_failed() -> None:
    refunds = {status: one_refund(status, 10**place) for place, status in enumerate(STATUSES)}
    assert amount_refunded(refunds) == 111
    assert order(refunds=dict(refunds)).amount_refunded == 111
    assert order().amount_refunded == 0


@pytest.mark.parametrize("status", UNKNOWN)
@pytest.mark.parametrize("known", [None, "pending", "requires_action"])
def test_an_unknown_refund_status_is_published(known: str | None, status: str) -> None:
    assert change_type(known, status) in PUBLISHED
    assert order(refunds={"re_1": one_refund(status)}).amount_refunded == 700
    outcome = decide(with_refund(status), refund("re_1", status, 700, "evt"))
    assert outcome is Outcome.DUPLICATE


@pytest.mark.parametrize("status", UNKNOWN)
@pytest.mark.parametrize("final", FINAL)
def test_a_final_refund_status_covers_an_unknown_one(final: str, status: str) -> None:
    outcome = decide(with_refund(final), refund("re_1", status, 700, "evt"))
    assert outcome is Outcome.STALE
    assert change_type(status, final) in {ChangeType.REFUND_UPDATED, ChangeType.REFUND_FAILED}

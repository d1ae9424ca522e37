"""The rows of the table of transitions that are about disputes."""

from dataclasses import replace
from itertools import permutations
from typing import cast

import pytest
from checkout.GONE_order import CLOSED_DISPUTES, MOST_PRESSING_FIRST, DisputeStatus
from checkout.GONE_transitions import SameCollection, change, outcome_of_refused

from checkout.domain.changes import ChangeType, Outcome
from checkout.domain.parts import Dispute, most_pressing
from tests.unit.purchases import dispute
from tests.unit.stripe_objects import order

DISPUTE_STATUSES = [(known, said) for known in DisputeStatus for said in DisputeStatus]


def one_dispute(status: DisputeStatus, amount: int = 4200, reason: str = "fraudulent") -> Dispute:
    return Dispute(status=status, amount=amount, reason=reason)


def type_of_dispute(known: DisputeStatus | None, said: DisputeStatus) -> ChangeType:
    if said in CLOSED_DISPUTES:
        return ChangeType.DISPUTE_CLOSED
    return ChangeType.DISPUTE_UPDATED if known else ChangeType.DISPUTE_OPENED


@pytest.mark.parametrize("status", DisputeStatus)
def test_a_dispute_that_nobody_knows_is_added(status: DisputeStatus) -> None:
    said = dispute("dp_1", status, "evt_1")
    unseen = change(None, said)
    assert unseen is not None
    assert unseen == change(order(), said)
    assert unseen.type is type_of_dispute(None, status)
    assert unseen.condition == SameCollection("disputes", {})
    assert unseen.attributes == {
        "disputes": {"dp_1": one_dispute(status)},
        "dispute_status": status,
        "dispute_reason": "fraudulent",
    }


@pytest.mark.parametrize(("known", "said"), DISPUTE_STATUSES)
def test_the_stronger_of_two_statuses_of_a_dispute_is_kept(
    known: DisputeStatus, said: DisputeStatus
) -> None:
    disputes = {"dp_1": one_dispute(known)}
    seen = order(disputes=cast("dict[str, object]", disputes))
    told = dispute("dp_1", said, "evt_2")
    wanted = change(seen, told)
    if said.rank > known.rank:
        assert wanted is not None
        assert wanted.type is type_of_dispute(known, said)
        assert wanted.condition == SameCollection("disputes", disputes)
        assert wanted.attributes["dispute_status"] is said
    else:
        assert wanted is None
        expected = Outcome.DUPLICATE if said is known else Outcome.STALE
        assert outcome_of_refused(seen, told) is expected


@pytest.mark.parametrize("said", DisputeStatus)
@pytest.mark.parametrize("known", DisputeStatus)
def test_of_two_disputes_the_order_shows_the_more_pressing(
    known: DisputeStatus, said: DisputeStatus
) -> None:
    seen = order(disputes={"dp_1": one_dispute(known, reason="duplicate")})
    wanted = change(seen, dispute("dp_2", said, "evt_2"))
    assert wanted is not None
    first = min(known, said, key=MOST_PRESSING_FIRST.index)
    assert wanted.attributes["dispute_status"] is first
    if known is not said:
        reason = "duplicate" if first is known else "fraudulent"
        assert wanted.attributes["dispute_reason"] == reason
    after = replace(seen, disputes=wanted.attributes["disputes"])
    assert after.dispute_status is first


def test_each_status_of_a_dispute_has_its_place() -> None:
    assert sorted(MOST_PRESSING_FIRST) == sorted(DisputeStatus)
    asks = [status for status in MOST_PRESSING_FIRST if status.endswith("needs_response")]
    assert list(MOST_PRESSING_FIRST[: len(asks)]) == asks
    assert set(MOST_PRESSING_FIRST[-len(CLOSED_DISPUTES) :]) == set(CLOSED_DISPUTES)
    assert {status for status in DisputeStatus if status.is_closed} == set(CLOSED_DISPUTES)


def test_of_disputes_with_one_status_the_largest_is_shown_whatever_came_first() -> None:
    lost = DisputeStatus.LOST
    disputes = [one_dispute(lost, 1), one_dispute(lost, 2, "x"), one_dispute(lost, 2, "a")]
    for arrival in permutations(disputes):
        assert most_pressing(dict(zip("abc", arrival, strict=True))) == disputes[-1]
    assert most_pressing({}) is None
    assert order().dispute_status is None


def test_of_two_reports_of_one_dispute_one_says_more() -> None:
    reports = [
        one_dispute(DisputeStatus.NEEDS_RESPONSE, 2, "b"),
        one_dispute(DisputeStatus.NEEDS_RESPONSE, 2, "c"),
        one_dispute(DisputeStatus.NEEDS_RESPONSE, 3, "a"),
        one_dispute(DisputeStatus.LOST, 1, "a"),
    ]
    for weak, strong in permutations(range(4), 2):
        assert reports[strong].says_more_than(reports[weak]) == (strong > weak)
    assert not reports[0].says_more_than(reports[0])
    assert reports[0].says_more_than(None)


def test_a_dispute_that_is_told_with_more_money_is_news() -> None:
    seen = order(disputes={"dp_1": one_dispute(DisputeStatus.LOST, 1)})
    told = dispute("dp_1", DisputeStatus.LOST, "evt_2")
    wanted = change(seen, told)
    assert wanted is not None
    assert wanted.attributes["disputes"] == {"dp_1": told.dispute}

"""What a dispute's status means for the order, and how two reports of disputes are merged."""

from itertools import permutations

import pytest

from checkout.domain.changes import ChangeType, Outcome
from checkout.domain.decisions import PartsChange, decide
from checkout.domain.order import Order
from checkout.domain.parts import Dispute, most_pressing
from tests.support.purchases import dispute
from tests.support.stripe_objects import order

# https://docs.stripe.com/api/disputes/object#dispute_object-status: the order of its life
STATUSES = (
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "prevented",
    "needs_response",
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
    "lost",
    "won",
)
CLOSED = {"warning_closed", "prevented", "won", "lost"}
PAIRS = [(known, heard) for known in STATUSES for heard in STATUSES]
UNKNOWN = ["frozen", "unknown", "", "appeal_lost", "closed"]
UNKNOWN_INQUIRIES = ["warning_frozen", "warning_unknown", "warning_"]


def one_dispute(status: str, amount: int = 4200, reason: str = "fraudulent") -> Dispute:
    return Dispute(status=status, amount=amount, reason=reason)


def with_dispute(status: str) -> Order:
    return order(disputes={"dp_1": one_dispute(status)})


def change_type(known: str | None, heard: str) -> ChangeType:
    change = decide(with_dispute(known) if known else order(), dispute("dp_1", heard, "evt"))
    assert isinstance(change, PartsChange)
    assert change.parts == {"dp_1": one_dispute(heard)}
    return change.change_type


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_dispute_is_opened_or_already_closed(status: str) -> None:
    closed = status in CLOSED
    expected = ChangeType.DISPUTE_CLOSED if closed else ChangeType.DISPUTE_OPENED
    assert change_type(None, status) is expected


@pytest.mark.parametrize(("known", "heard"), PAIRS)
def test_the_stronger_status_of_a_dispute_is_kept(known: str, heard: str) -> None:
    if STATUSES.index(heard) > STATUSES.index(known):
        expected = ChangeType.DISPUTE_UPDATED
        if heard in CLOSED:
            expected = ChangeType.DISPUTE_CLOSED
        elif known.startswith("warning_") and not heard.startswith("warning_"):
            expected = ChangeType.DISPUTE_OPENED
        assert change_type(known, heard) is expected
    else:
        outcome = decide(with_dispute(known), dispute("dp_1", heard, "evt"))
        assert outcome is (Outcome.DUPLICATE if known == heard else Outcome.STALE)


@pytest.mark.parametrize("inquiry", [one for one in STATUSES if one.startswith("warning_")])
@pytest.mark.parametrize("chargeback", ["needs_response", "under_review", "frozen"])
def test_an_inquiry_that_becomes_a_chargeback_opens(inquiry: str, chargeback: str) -> None:
    assert change_type(inquiry, chargeback) is ChangeType.DISPUTE_OPENED


# Statuses that Stripe adds later


@pytest.mark.parametrize("status", [*UNKNOWN, *UNKNOWN_INQUIRIES])
def test_an_unknown_dispute_status_is_published(status: str) -> None:
    assert change_type(None, status) is ChangeType.DISPUTE_OPENED
    assert order(disputes={"dp_1": one_dispute(status)}).dispute == one_dispute(status)
    outcome = decide(with_dispute(status), dispute("dp_1", status, "evt"))
    assert outcome is Outcome.DUPLICATE


@pytest.mark.parametrize("status", UNKNOWN)
def test_an_unknown_status_covers_what_is_unfinished(status: str) -> None:
    for known in STATUSES:
        if known in {"lost", "won"}:
            outcome = decide(with_dispute(known), dispute("dp_1", status, "evt"))
            assert outcome is Outcome.STALE
            assert change_type(status, known) is ChangeType.DISPUTE_CLOSED
        else:
            assert change_type(known, status) is ChangeType.DISPUTE_OPENED


@pytest.mark.parametrize("status", UNKNOWN_INQUIRIES)
def test_an_unknown_inquiry_is_covered_by_a_chargeback(status: str) -> None:
    assert change_type("warning_under_review", status) is ChangeType.DISPUTE_OPENED
    assert change_type(status, "needs_response") is ChangeType.DISPUTE_OPENED
    assert change_type(status, "warning_closed") is ChangeType.DISPUTE_CLOSED


@pytest.mark.parametrize(("one", "other"), [*permutations([*UNKNOWN, *UNKNOWN_INQUIRIES], 2)])
def test_two_unknown_statuses_end_as_one(one: str, other: str) -> None:
    stronger = max(one_dispute(one), one_dispute(other), key=lambda each: each.strength)
    for first, second in ((one, other), (other, one)):
        seen = with_dispute(first)
        change = decide(seen, dispute("dp_1", second, "evt"))
        parts = change.parts if isinstance(change, PartsChange) else seen.parts_of(Dispute)
        assert parts == {"dp_1": stronger}


# Which of several disputes the order shows


@pytest.mark.parametrize("heard", STATUSES)
@pytest.mark.parametrize("known", STATUSES)
def test_the_more_pressing_of_two_disputes_is_shown(known: str, heard: str) -> None:
    disputes = {"dp_1": one_dispute(known, reason="duplicate"), "dp_2": one_dispute(heard)}
    shown = order(disputes=dict(disputes)).dispute
    assert shown is not None
    asks = [status for status in (known, heard) if status.endswith("needs_response")]
    open_ones = [status for status in (known, heard) if status not in CLOSED]
    assert shown.status in (asks or open_ones or [known, heard])
    assert Dispute.summary(disputes) == {
        "dispute_status": shown.status,
        "dispute_reason": shown.reason,
    }


def test_each_status_of_a_dispute_has_its_place() -> None:
    ranked = [status for status in Dispute.weakest_first if status in STATUSES]
    assert tuple(ranked) == STATUSES
    assert sorted(Dispute.most_pressing_first) == sorted(Dispute.weakest_first)
    assert Dispute.closed == CLOSED
    assert set(Dispute.most_pressing_first[-len(CLOSED) :]) == CLOSED


def test_of_disputes_in_one_status_the_largest_is_shown() -> None:
    disputes = [one_dispute("lost", 1), one_dispute("lost", 2, "x"), one_dispute("lost", 2, "a")]
    for arrival in permutations(disputes):
        assert most_pressing(dict(zip("abc", arrival, strict=True))) == disputes[-1]
    assert most_pressing({}) is None
    assert order().dispute is None
    assert Dispute.summary({}) == {}


def test_two_reports_of_one_dispute_have_an_order() -> None:
    reports = [
        one_dispute("needs_response", 2, "b"),
        one_dispute("needs_response", 2, "c"),
        one_dispute("needs_response", 3, "a"),
        one_dispute("lost", 1, "a"),
    ]
    assert sorted(reports, key=lambda report: report.strength) == reports
    assert len({report.strength for report in reports}) == len(reports)


def test_a_dispute_reported_with_more_money_is_news() -> None:
    seen = order(disputes={"dp_1": one_dispute("lost", 1)})
    change = decide(seen, dispute("dp_1", "lost", "evt_2"))
    assert isinstance(change, PartsChange)
    assert change.parts == {"dp_1": one_dispute("lost")}

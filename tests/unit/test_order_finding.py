"""What an operator's words name, and when."""

import time

import pytest

from ops.errors import UsageError
from ops.orders.finding import Kind, Query, query
from ops.times import past_time, rfc3339
from tests.unit.stripe_objects import ORDER_ID


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ORDER_ID, Kind.ORDER),
        ("cs_test_a1B2c3", Kind.SESSION),
        ("cs_live_a1B2c3", Kind.SESSION),
        ("pi_3PgafmB7WZ01zgkW1MlTu8bG", Kind.PAYMENT_INTENT),
        ("ada+orders@shop.example", Kind.EMAIL),
        ("cart-77", Kind.CLIENT_REFERENCE_ID),
        ("cart @ home", Kind.CLIENT_REFERENCE_ID),
        ("2026/11/28", Kind.CLIENT_REFERENCE_ID),
    ],
)
def test_the_form_says_what_it_is(text: str, kind: Kind) -> None:
    assert query(text) == Query(kind, text)


@pytest.mark.parametrize("text", ["ord_1", "cs_1", "cs_test_", "pi_", "pi_a-b", "pi_a b", ""])
def test_an_id_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        query(text)


@pytest.mark.parametrize(
    ("kind", "text"), [(Kind.SESSION, "pi_1"), (Kind.PAYMENT_INTENT, "cs_test_1")]
)
def test_an_option_takes_ids_of_its_kind_only(kind: Kind, text: str) -> None:
    with pytest.raises(UsageError, match="is not an id of the form"):
        Query(kind, text)


def test_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        Query(Kind.EMAIL, "ada shop.example")
    assert "ada" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31T09:00:00Z", 1_769_850_000),
        ("2026-01-31T10:00:00+01:00", 1_769_850_000),
        ("2026-01-31T09:00:00.750Z", 1_769_850_000),
        ("1960-01-01T00:00:00Z", 0),
        ("999999d", 0),
    ],
)
def test_a_time_is_read(text: str, seconds: int) -> None:
    assert past_time(text) == seconds


@pytest.mark.parametrize(("text", "ago"), [("0s", 0), ("15m", 900), ("2h", 7200), ("7d", 604_800)])
def test_how_long_ago_is_a_time(text: str, ago: int) -> None:
    before = int(time.time())
    assert before <= past_time(text) + ago <= int(time.time())


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2h30m", "-2h", "2026-01-31T09:00:00", "1769850000", "2026-13-01T00:00:00Z"],
)
def test_another_text_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time: give an RFC 3339 time"):
        past_time(text)


def test_a_time_to_come_is_refused() -> None:
    with pytest.raises(UsageError, match="is in the future"):
        past_time("2999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1_769_850_000, "2026-01-31T09:00:00Z"), (1_769_850_000.75, "2026-01-31T09:00:00.750Z")],
)
def test_times_are_written_in_utc(seconds: float, text: str) -> None:
    assert rfc3339(seconds) == text

import pytest

from checkout.checkouts import Checkouts
from checkout.errors import SessionNotFound
from tests.support import creating
from tests.support.fake_stripe import FakeStripe

checkouts = creating.checkouts

MALFORMED = [
    "",
    "cs_test_",
    "cs_live_a1B2c3",
    "ppage_a1B2c3",
    "pi_3abc",
    "CS_TEST_a1",
    "cs_test_a1\n",
    "cs_test_a1/expire",
    "cs_test_a1/../../prices",
    "../prices",
    "cs_test_a1?expand[]=customer",
    "cs_test_a1#",
    "cs_test_%2e%2e",
    "cs_test_a b",
    "cs_test_é",
    "cs_test_\N{ARABIC-INDIC DIGIT ONE}",
    f"cs_test_{'a' * 201}",
]


@pytest.mark.parametrize("session_id", MALFORMED)
def test_a_malformed_session_is_not_found_and_stripe_not_asked(
    checkouts: Checkouts, fake_stripe: FakeStripe, session_id: str
) -> None:
    with pytest.raises(SessionNotFound):
        checkouts.confirm(session_id)
    assert fake_stripe.requests == []

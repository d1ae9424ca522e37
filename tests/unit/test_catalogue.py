"""What is remembered of lookup keys, which strangers choose."""

import pytest

from checkout.checkouts import Checkouts
from checkout.errors import StripeUnavailable
from checkout.stripe.catalogue import REMEMBERED_KEYS
from tests.support import creating
from tests.support.creating import CREATE, LOOK_UP, MUG, CreatingStripe, by_key, refusal, request
from tests.support.environment import Clock

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts


def test_a_known_key_is_looked_up_once_a_minute(
    checkouts: Checkouts, fake_stripe: CreatingStripe, clock: Clock
) -> None:
    for second in (0.0, 59.9, 60.0):
        clock.now = second
        checkouts.create(request(*by_key("mug-blue")), None)
    assert fake_stripe.calls == [LOOK_UP, CREATE, CREATE, LOOK_UP, CREATE]


def test_an_unknown_key_is_looked_up_once_a_minute(
    checkouts: Checkouts, fake_stripe: CreatingStripe, clock: Clock
) -> None:
    for second in (0.0, 59.9, 60.0):
        clock.now = second
        refusal(checkouts, request(*by_key("no_such_key")))
    assert fake_stripe.calls == [LOOK_UP, LOOK_UP]


def test_only_the_keys_that_are_not_remembered_are_asked_for(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    assert checkouts.catalogue.prices(["mug-blue"]) == {"mug-blue": MUG}
    assert checkouts.catalogue.prices(["mug-blue", "new"]) == {"mug-blue": MUG, "new": None}
    asked = [value for name, value in fake_stripe.requests[-1].params.items() if "keys" in name]
    assert asked == ["new"]


def test_a_price_that_is_sold_again_is_found_after_a_minute(
    checkouts: Checkouts, fake_stripe: CreatingStripe, clock: Clock
) -> None:
    fake_stripe.change(MUG, active=False)
    assert checkouts.catalogue.prices(["mug-blue"]) == {"mug-blue": None}
    fake_stripe.change(MUG, active=True)
    assert checkouts.catalogue.prices(["mug-blue"]) == {"mug-blue": None}
    clock.now = 60.0
    assert checkouts.catalogue.prices(["mug-blue"]) == {"mug-blue": MUG}


def test_a_failed_look_up_is_not_remembered(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.fail_at = LOOK_UP
    with pytest.raises(StripeUnavailable):
        checkouts.catalogue.prices(["mug-blue"])
    fake_stripe.fail_at = None
    assert checkouts.catalogue.prices(["mug-blue"]) == {"mug-blue": MUG}


def test_what_is_remembered_has_a_bound(checkouts: Checkouts, fake_stripe: CreatingStripe) -> None:
    for number in range(REMEMBERED_KEYS + 1):
        checkouts.catalogue.prices([f"key-{number}"])
    assert not checkouts.catalogue.is_cached(["key-0"])
    assert checkouts.catalogue.is_cached(["key-1", f"key-{REMEMBERED_KEYS}"])


def test_a_key_that_is_forgotten_for_another_is_still_given(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    checkouts.catalogue.prices(["mug-blue"])
    for number in range(REMEMBERED_KEYS - 1):
        checkouts.catalogue.prices([f"key-{number}"])
    assert checkouts.catalogue.prices(["mug-blue", "new"]) == {"mug-blue": MUG, "new": None}

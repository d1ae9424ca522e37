"""A changed cart: the session that the new one replaces can't be paid any more."""

from dataclasses import replace

import pytest

from checkout.checkouts import Checkouts
from checkout.domain.order import OrderStatus
from checkout.errors import StripeUnavailable
from tests.support import creating
from tests.support.aws_calls import AwsCalls
from tests.support.creating import CREATE, CreatingStripe, expire, request, retrieve
from tests.support.stack import OTHER_STACK
from tests.support.stripe_objects import session, session_metadata

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
KEY = "a key of the shop"


def test_the_replaced_session_is_expired_once_the_new_one_exists(
    checkouts: Checkouts, fake_stripe: CreatingStripe, calls: AwsCalls
) -> None:
    first = checkouts.create(request(), None)
    fake_stripe.requests.clear()
    calls.made.clear()
    second = checkouts.create(request(replaces=first.session_id), None)
    assert (second.session_id, second.status) == ("cs_test_2", OrderStatus.OPEN)
    assert fake_stripe.states == ["expired", "open"]
    assert fake_stripe.calls == [CREATE, retrieve(1), expire(1)]
    assert calls.made == ["UpdateItem", "UpdateItem"]
    replaced = checkouts.orders.find(first.order_id)
    assert replaced is not None
    assert replaced.status is OrderStatus.EXPIRED


@pytest.mark.parametrize(
    "replaced",
    [
        session(id="cs_test_old", metadata={}),
        session(id="cs_test_old", metadata=None),
        session(id="cs_test_old", metadata=session_metadata(checkout_stack=OTHER_STACK)),
        session(id="cs_test_old", livemode=True),
        session(id="cs_test_old", status="expired", url=None),
        session(id="cs_test_old", status="complete", payment_status="paid"),
    ],
    ids=["unmarked", "no metadata", "another stack", "another mode", "expired", "paid"],
)
def test_a_session_not_ours_or_not_open_stays_as_it_is(
    checkouts: Checkouts, fake_stripe: CreatingStripe, replaced: dict[str, object], calls: AwsCalls
) -> None:
    fake_stripe.sessions["cs_test_old"] = dict(replaced)
    calls.made.clear()
    assert checkouts.create(request(replaces="cs_test_old"), None).url
    assert fake_stripe.sessions["cs_test_old"] == replaced
    assert fake_stripe.calls == [CREATE, ("get", "/v1/checkout/sessions/cs_test_old")]
    assert calls.made == ["UpdateItem"]


@pytest.mark.parametrize(
    "replaced", ["", "cs_live_a1", "cs_test_", "cs_test_a1/expire", "../refunds", "é", "x" * 255]
)
def test_a_malformed_session_id_is_no_error_and_no_call(
    checkouts: Checkouts, fake_stripe: CreatingStripe, replaced: str
) -> None:
    assert checkouts.create(request(replaces=replaced), None).url
    assert fake_stripe.calls == [CREATE]


def test_an_unknown_session_is_no_error(checkouts: Checkouts, fake_stripe: CreatingStripe) -> None:
    assert checkouts.create(request(replaces="cs_test_none"), None).url
    assert fake_stripe.states == ["open"]


def test_a_session_does_not_replace_itself(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    wanted = request(replaces="cs_test_1")
    for _ in range(2):
        assert checkouts.create(wanted, KEY).url == "https://pay.example/1"
    assert fake_stripe.calls == [CREATE, CREATE]


def test_a_session_paid_at_that_instant_is_no_error(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """Stripe says that it is open, and then refuses to expire it."""
    first = checkouts.create(request(), None)
    wanted = request(replaces=first.session_id)
    created = checkouts.create(wanted, KEY)
    stale = fake_stripe.sessions[first.session_id] | {"status": "open"}
    fake_stripe.sessions[first.session_id] |= {"status": "complete", "payment_status": "paid"}
    fake_stripe.requests.clear()
    fake_stripe.respond(next(reversed(fake_stripe.keys.values())).document)
    fake_stripe.respond(stale)
    assert checkouts.create(wanted, KEY) == created
    assert fake_stripe.calls == [CREATE, retrieve(1), expire(1)]


def test_nothing_is_expired_for_a_cart_that_is_refused(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(request(), None)
    fake_stripe.change(creating.PRICE, metadata={})
    creating.refusal(checkouts, request(replaces=first.session_id))
    assert fake_stripe.states == ["open", "expired"]


@pytest.mark.parametrize("failing", [retrieve(1), expire(1)])
@pytest.mark.parametrize("when", ["at once", "a day later", "after a deployment"])
def test_a_retry_expires_what_a_failure_left_open(
    checkouts: Checkouts, fake_stripe: CreatingStripe, failing: tuple[str, str], when: str
) -> None:
    first = checkouts.create(request(), None)
    wanted = request(replaces=first.session_id)
    fake_stripe.fail_at = failing
    with pytest.raises(StripeUnavailable):
        checkouts.create(wanted, KEY)
    fake_stripe.fail_at = None
    match when:
        case "a day later":
            fake_stripe.keys.clear()
        case "after a deployment":
            moved = replace(checkouts.settings, default_cancel_url="https://shop.example/new")
            checkouts = replace(checkouts, settings=moved)
    assert checkouts.create(wanted, KEY).session_id == "cs_test_2"
    assert fake_stripe.states[:2] == ["expired", "open"]

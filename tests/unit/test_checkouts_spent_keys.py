"""Stripe replays a refusal for 24 hours: the cart may have become one that can be bought."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from checkout.api.models import CheckoutRequest
from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from checkout.errors import InvalidRequest, StripeUnavailable
from tests.properties.cloud import CloudTable, SideEffects
from tests.support import creating
from tests.support.creating import (
    CREATE,
    OTHER_PRICE,
    PRICE,
    CreatingStripe,
    by_price,
    expire,
    refusal,
    refused,
    request,
)
from tests.support.fake_stripe import Response, StripeRequest
from tests.support.reconciling import orders_in
from tests.support.stripe_objects import NOW, line_item, listed, session

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts

KEY = "cart-77-attempt-1"
TOO_OFTEN = r"^This Idempotency-Key was refused too often: use a new one\.$"
# What a retry finds again after the next deployment, too.
NEXT_ORDER_OF_KEY = "ord_2fb96bd59f9498a318e184186ab5e757"
SMALL = request(*by_price(OTHER_PRICE, PRICE))
LARGE = request(*by_price(*[OTHER_PRICE] * 10, PRICE))
# What makes a price one that can't be bought, and what makes it one again.
REASONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "inactive": ({"active": False}, {"active": True}),
    "recurring": ({"type": "recurring"}, {"type": "one_time"}),
    "unsellable": ({"metadata": {}}, {"metadata": {"sellable": "true"}}),
    "free": ({"unit_amount": 0}, {"unit_amount": 2100}),
}
EACH_REASON = pytest.mark.parametrize("reason", ["inactive", "recurring", "unsellable"])
EACH_CART = pytest.mark.parametrize("cart", [SMALL, LARGE], ids=["small", "large"])


@pytest.fixture
def orders() -> OrdersTable:
    return orders_in(CloudTable(SideEffects()))


@dataclass(frozen=True)
class Webhook:
    """Record each session that expired, as its event does."""

    checkouts: Checkouts
    fake_stripe: CreatingStripe

    def __call__(self) -> None:
        recorder = self.checkouts.recorder
        for one in self.fake_stripe.sessions.values():
            if one["status"] == "expired":
                origin = Origin(occurred_at=NOW, source="evt_expired")
                recorder.record(recorder.readers.session(one, origin))


@pytest.fixture(params=[True, False], ids=["with events", "without events"])
def events(
    request: pytest.FixtureRequest, checkouts: Checkouts, fake_stripe: CreatingStripe
) -> Callable[[], None]:
    return Webhook(checkouts, fake_stripe) if request.param else lambda: None


@EACH_REASON
@EACH_CART
def test_a_price_that_is_sold_again_can_be_bought_at_once(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    events: Callable[[], None],
    reason: str,
    cart: CheckoutRequest,
) -> None:
    off, on = REASONS[reason]
    fake_stripe.change(PRICE, **off)
    for _ in range(3):
        refusal(checkouts, cart, KEY)
        events()
    fake_stripe.change(PRICE, **on)
    created = checkouts.create(cart, KEY)
    assert (created.status, created.url is not None) == (OrderStatus.OPEN, True)
    assert fake_stripe.sessions[created.session_id]["status"] == "open"
    assert fake_stripe.states.count("open") == 1
    events()
    assert checkouts.create(cart, KEY) == created


@pytest.mark.parametrize("reason", REASONS)
@EACH_CART
def test_a_repeated_refusal_reads_the_same(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    events: Callable[[], None],
    reason: str,
    cart: CheckoutRequest,
) -> None:
    fake_stripe.change(PRICE, **REASONS[reason][0])
    fake_stripe.change(OTHER_PRICE, **REASONS["free"][0] if reason == "free" else {})
    refusals = []
    for _ in range(3):
        refusals.append(refusal(checkouts, cart, KEY))
        events()
    assert refusals == refusals[:1] * 3
    assert "open" not in fake_stripe.states


def test_a_refused_key_means_the_same_next_order_in_each_release(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.change(PRICE, metadata={})
    refusal(checkouts, SMALL, KEY)
    Webhook(checkouts, fake_stripe)()
    fake_stripe.change(PRICE, metadata={"sellable": "true"})
    assert checkouts.create(SMALL, KEY).order_id == NEXT_ORDER_OF_KEY


def test_another_price_of_the_key_is_no_repeat(
    checkouts: Checkouts, fake_stripe: CreatingStripe, events: Callable[[], None]
) -> None:
    fake_stripe.change(PRICE, metadata={})
    refusal(checkouts, SMALL, KEY)
    events()
    assert checkouts.create(request(*by_price(OTHER_PRICE)), KEY).url


def test_a_key_that_was_refused_too_often_is_refused(
    checkouts: Checkouts, fake_stripe: CreatingStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refused session leaves an order, and each costs a read to find the next."""
    monkeypatch.setattr("checkout.checkouts.MAX_REFUSED", 3)
    events = Webhook(checkouts, fake_stripe)
    fake_stripe.change(PRICE, metadata={})
    for _ in range(3):
        refusal(checkouts, SMALL, KEY)
        events()
    with pytest.raises(InvalidRequest, match=TOO_OFTEN):
        checkouts.create(SMALL, KEY)
    assert len(fake_stripe.sessions) == 3


@pytest.mark.parametrize("status", [400, 402, 404, 500])
def test_a_replayed_error_spends_the_key(
    checkouts: Checkouts, fake_stripe: CreatingStripe, status: int
) -> None:
    headers = {"Idempotent_Replayed": "true"}
    fake_stripe.respond_with_error(status, headers, message="No.", type="invalid_request_error")
    created = checkouts.create(SMALL, KEY)
    assert fake_stripe.calls == [CREATE, CREATE]
    first, second = (sent.idempotency_key for sent in fake_stripe.requests)
    assert first == created.order_id
    assert second is not None
    assert second.startswith(f"{first}-")


def test_a_new_error_does_not_spend_the_key(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(500, message="No.", type="api_error")
    with pytest.raises(StripeUnavailable):
        checkouts.create(SMALL, KEY)
    assert fake_stripe.calls == [CREATE]


def test_one_further_key_is_tried_at_most(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    for _ in range(3):
        headers = {"Idempotent_Replayed": "true"}
        fake_stripe.respond_with_error(500, headers, message="No.", type="api_error")
    with pytest.raises(StripeUnavailable):
        checkouts.create(SMALL, KEY)
    assert fake_stripe.calls == [CREATE, CREATE]


def test_a_spent_key_of_an_order_gives_the_order(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(SMALL, KEY)
    headers = {"Idempotent_Replayed": "true"}
    fake_stripe.respond_with_error(400, headers, message="No.", type="invalid_request_error")
    assert checkouts.create(SMALL, KEY) == first
    assert len(fake_stripe.sessions) == 1


def test_a_large_cart_that_a_crash_left_is_made_again(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """Its replay shows the first ten items only, as they were."""
    fake_stripe.fail_at = creating.list_items(1)
    with pytest.raises(StripeUnavailable):
        checkouts.create(LARGE, KEY)
    fake_stripe.fail_at = None
    created = checkouts.create(LARGE, KEY)
    assert created.session_id == "cs_test_2"
    assert checkouts.create(LARGE, KEY) == created


@pytest.mark.parametrize("number", [2, 11])
def test_requests_that_race_for_a_spent_key_get_one_session(
    checkouts: Checkouts, fake_stripe: CreatingStripe, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Each makes a session under a key of its own; the order takes the first that is recorded."""
    headers = {"Idempotent_Replayed": "true"}
    for _ in range(2):
        fake_stripe.respond_with_error(500, headers, message="No.", type="api_error")
    respond, started = fake_stripe.response_to, []

    def racing(sent: StripeRequest) -> Response:
        if "-" in (sent.idempotency_key or ""):
            monkeypatch.setattr(fake_stripe, "response_to", respond)
            started.append(checkouts.create(cart, KEY))
        return respond(sent)

    cart = request(*by_price(*[PRICE] * number))
    monkeypatch.setattr(fake_stripe, "response_to", racing)
    started.append(checkouts.create(cart, KEY))
    first, second = started
    assert first == second
    assert first.session_id == "cs_test_1"
    assert fake_stripe.states == ["open", "expired"]
    assert checkouts.create(cart, KEY) == first


@pytest.mark.parametrize("number", [1, 11])
def test_the_sdks_own_retry_does_not_spend_a_new_key(
    checkouts: Checkouts, fake_stripe: CreatingStripe, number: int
) -> None:
    """Its first request was processed, and the response lost."""
    fake_stripe.respond({"error": {"type": "idempotency_error"}}, 400)
    lines = [line_item(price=fake_stripe.prices[PRICE])] * number
    replay = session(line_items=listed(*lines[:10], has_more=number > 10))
    fake_stripe.respond(replay, Idempotent_Replayed="true")
    if number > 10:
        fake_stripe.respond(listed(*lines))
    wanted = request(*by_price(*[PRICE] * number))
    assert checkouts.create(wanted, KEY).session_id == replay["id"]


def test_a_replayed_expiry_refusal_means_not_open(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """The SDK makes a key of its own for it, and retries: nothing of ours is spent."""
    headers = {"Idempotent_Replayed": "true"}
    fake_stripe.respond_with_error(400, headers, **refused()[1]["error"])
    assert checkouts.stripe_api.expire_session("cs_test_1") is None
    assert fake_stripe.calls == [expire(1)]

"""A Checkout Session's life: open, then complete or expired."""

from typing import TYPE_CHECKING, Any

import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.refusals import refused

if TYPE_CHECKING:
    from stripe_simulator.documents import Json

HALF_AN_HOUR = 30 * 60
ONE_DAY = 24 * 60 * 60


def test_new_session_is_open_and_unpaid(simulator: Running, shop: Shop) -> None:
    session = shop.session(metadata={"order": "1"}, client_reference_id="order-1")
    assert session.status == "open"
    assert session.payment_status == "unpaid"
    assert session.amount_total == session.amount_subtotal == 3000
    assert session.currency == "usd"
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"order": "1"}
    assert session.client_reference_id == "order-1"
    assert session.payment_intent is None
    assert session.expires_at == int(simulator.clock.now) + ONE_DAY
    assert session.url == f"{simulator.url}/c/pay/{session.id}"
    assert session.id.startswith("cs_test_")


def test_session_of_a_live_key_is_live(simulator_live: Running) -> None:
    session = Shop(simulator_live.sdk).session()
    assert session.livemode is True
    assert session.id.startswith("cs_live_")


def test_opening_a_session_makes_no_event(shop: Shop) -> None:
    shop.session()
    assert shop.event_types() == ["product.created", "price.created"]


def test_paid_session_is_complete(shop: Shop) -> None:
    session = shop.paid_session()
    assert (session.status, session.payment_status) == ("complete", "paid")
    assert session.url is None
    assert shop.event_types().count("checkout.session.completed") == 1


def test_free_session_completes_without_a_payment(shop: Shop) -> None:
    session = shop.session(shop.price(0))
    assert (session.amount_total, session.payment_status) == (0, "no_payment_required")
    page = shop.pay(session, shop.payment_method(token="tok_visa"))
    assert (page["status"], page["payment_status"]) == ("complete", "no_payment_required")
    assert page["payment_intent"] is None


def test_expiring_closes_an_open_session(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = shop.session()
    expired = sdk.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    assert sdk.v1.checkout.sessions.retrieve(session.id) == expired
    assert shop.event_types()[-1] == "checkout.session.expired"


def test_complete_session_cannot_be_expired(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = shop.paid_session()
    message = (
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session '
        "has a status of `complete`."
    )
    with refused(400, message):
        sdk.v1.checkout.sessions.expire(session.id)
    assert sdk.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_session_cannot_be_expired_twice(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = sdk.v1.checkout.sessions.expire(shop.session().id)
    message = (
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session '
        "has a status of `expired`."
    )
    with refused(400, message):
        sdk.v1.checkout.sessions.expire(session.id)
    assert shop.event_types().count("checkout.session.expired") == 1


def test_expired_session_cannot_be_paid(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = shop.session()
    method = shop.payment_method(token="tok_visa")
    sdk.v1.checkout.sessions.expire(session.id)
    with refused(400, "This Checkout Session has expired.", code="checkout_session_expired"):
        shop.pay(session, method)
    assert not sdk.v1.charges.list().data


def test_complete_session_cannot_be_paid_again(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = shop.paid_session()
    message = "You cannot confirm this Checkout Session because it has already been completed."
    with refused(400, message, code="checkout_session_already_completed"):
        shop.pay(session, shop.payment_method(token="tok_visa"))
    assert len(sdk.v1.charges.list().data) == 1


def test_session_expires_by_time(simulator: Running, shop: Shop) -> None:
    expires_at = int(simulator.clock.now) + HALF_AN_HOUR
    session = shop.session(expires_at=expires_at)
    simulator.clock.now = expires_at - 1.0
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"
    simulator.clock.now = float(expires_at)
    expired = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    event = simulator.sdk.v1.events.list({"type": "checkout.session.expired"}).data[0]
    assert event.data.object["id"] == session.id
    assert event.request is not None
    assert event.request.id is None


def test_paid_session_does_not_expire_by_time(simulator: Running, shop: Shop) -> None:
    session = shop.paid_session()
    simulator.clock.now += ONE_DAY
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "complete"
    assert "checkout.session.expired" not in shop.event_types()


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (HALF_AN_HOUR - 1, "must be at least 30 minutes from Checkout Session creation."),
        (ONE_DAY + 1, "must be less than 24 hours from Checkout Session creation."),
    ],
)
def test_expiry_is_within_half_an_hour_and_a_day(
    simulator: Running, shop: Shop, seconds: int, message: str
) -> None:
    with refused(400, f"The `expires_at` timestamp {message}", param="expires_at"):
        shop.session(expires_at=int(simulator.clock.now) + seconds)


def test_success_url_template_becomes_the_session_id(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop
) -> None:
    session = shop.session()
    assert session.success_url == "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}"
    page = simulator.get(f"/v1/payment_pages/{session.id}")
    assert page["success_url"] == f"https://shop.example/thanks?session_id={session.id}"


def test_encoded_template_stays_as_it_is(simulator: Running, shop: Shop) -> None:
    url = "https://shop.example/thanks?session_id=%7BCHECKOUT_SESSION_ID%7D"
    session = shop.session(success_url=url)
    assert simulator.get(f"/v1/payment_pages/{session.id}")["success_url"] == url


def test_metadata_of_a_session_is_merged(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = shop.session(metadata={"order": "1", "gift": "yes"})
    changed = sdk.v1.checkout.sessions.update(
        session.id, {"metadata": {"gift": "", "colour": "red"}}
    )
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"order": "1", "colour": "red"}


def test_line_items_keep_their_order(sdk: stripe.StripeClient, shop: Shop) -> None:
    prices = [shop.price(amount) for amount in (100, 200, 300)]
    items: Any = [{"price": price.id, "quantity": 3} for price in prices]
    session = shop.session(line_items=items)
    listed = sdk.v1.checkout.sessions.line_items.list(session.id).data
    assert [item.price and item.price.id for item in listed] == [price.id for price in prices]
    assert [item.amount_total for item in listed] == [300, 600, 900]
    assert session.amount_total == 1800


def test_line_items_come_in_pages(sdk: stripe.StripeClient, shop: Shop) -> None:
    items: Any = [{"price": shop.price(100).id, "quantity": n + 1} for n in range(5)]
    session = shop.session(line_items=items)
    first = sdk.v1.checkout.sessions.line_items.list(session.id, {"limit": 2})
    assert (len(first.data), first.has_more) == (2, True)
    assert [item.quantity for item in first.auto_paging_iter()] == [1, 2, 3, 4, 5]


def test_line_item_may_bring_its_price(sdk: stripe.StripeClient, shop: Shop) -> None:
    data: Json = {"currency": "usd", "unit_amount": 250, "product_data": {"name": "Poster"}}
    session = shop.session(line_items=[{"price_data": data, "quantity": 2}])
    item = sdk.v1.checkout.sessions.line_items.list(session.id).data[0]
    assert (item.description, item.amount_total) == ("Poster", 500)
    assert item.price is not None
    # It was made for this session only: it can't be sold again.
    assert item.price.active is False


def test_fractions_of_a_cent_are_rounded_with_the_quantity(shop: Shop) -> None:
    data: Json = {"currency": "usd", "product_data": {"name": "Pin"}}
    price = data | {"unit_amount_decimal": "33.35"}
    session = shop.session(line_items=[{"price_data": price, "quantity": 10}])
    assert session.amount_total == 334

"""The caller is a stranger's browser: it buys what the shop sells, and learns of nothing else."""

import pytest

from local.shop.customer import new_idempotency_key, pay_by_card
from local.shop.stripe_account import STAFF_LOOKUP_KEY
from tests.integration.world import World, changes, lookup_item
from tests.support.documents import Json

SOLD = {"sellable": "true"}
NOT_FOR_SALE = {"sellable": "false"}
MONTHLY = {"interval": "month"}


def errors(world: World, *items: Json, **body: object) -> list[Json]:
    """Send a refused request; return the errors of the 400."""
    response = world.frontend.request_checkout({"items": list(items), **body})
    assert response.status_code == 400, response.text
    assert response.json()["type"] == "urn:problem-type:checkout:invalid-request"
    found: list[Json] = response.json()["errors"]
    return found


def test_a_price_that_is_not_sold_is_expired_and_400(world: World) -> None:
    world.simulator.behave(deliveries_paused=True)
    before = world.number_of_orders()
    unmarked = {"price": world.price(100).id, "quantity": 1}
    refused = errors(world, world.one_mug, unmarked)
    assert [one["pointer"] for one in refused] == ["/items/1/price"]
    assert world.newest_session().status == "expired"
    made_up = {"price": "price_1DoesNotExist", "quantity": 1}
    assert errors(world, world.one_mug, made_up) == refused
    assert world.number_of_orders() == before


def test_the_rejected_session_leaves_an_expired_order_at_most(world: World) -> None:
    errors(world, {"price": world.price(100).id, "quantity": 1})
    session = world.newest_session()
    assert session.metadata
    order = world.wait_for_status(session.metadata["order_id"], "expired")
    assert changes(order) == ["order.expired"]
    event = world.simulator.event_about(session.id, "checkout.session.expired")
    assert world.redeliver(event).json()["outcome"] == "duplicate"


def test_a_refused_cart_is_refused_again_with_its_key(world: World) -> None:
    """Both before and after the arrival of the first, expired session's event."""
    items = [{"price": world.price(100).id, "quantity": 1}]
    key = new_idempotency_key()
    first = world.frontend.request_checkout({"items": items}, idempotency_key=key)
    session = world.newest_session()
    assert session.metadata
    world.wait_for_status(session.metadata["order_id"], "expired")
    again = world.frontend.request_checkout({"items": items}, idempotency_key=key)
    assert (first.status_code, again.status_code) == (400, 400), again.text
    assert again.json() == first.json()
    assert world.newest_session().status == "expired"


@pytest.mark.parametrize(
    ("on_the_price", "on_the_product", "sold"),
    [
        pytest.param(SOLD, {}, True, marks=pytest.mark.full),
        ({}, SOLD, True),
        (NOT_FOR_SALE, SOLD, False),
        pytest.param({}, NOT_FOR_SALE, False, marks=pytest.mark.full),
    ],
)
def test_the_mark_may_be_the_price_s_or_the_product_s(
    world: World,
    on_the_price: Json,
    on_the_product: Json,
    sold: bool,  # noqa: FBT001
) -> None:
    product = {"name": "Poster", "metadata": on_the_product}
    price = world.price(900, metadata=on_the_price, product_data=product)
    response = world.frontend.request_checkout({"items": [{"price": price.id, "quantity": 1}]})
    assert response.status_code == (201 if sold else 400), response.text


def test_the_free_tv_of_a_stranger_is_refused(world: World) -> None:
    """Free, active and marked: and the cart that the consumer would have shipped by is the TV's."""
    free = {"price": world.price(0, metadata=SOLD).id, "quantity": 1}
    refused = errors(world, free, client_reference_id="cart-77-with-a-TV")
    assert [one["pointer"] for one in refused] == ["/items"]
    assert world.newest_session().status == "expired"


def test_only_paid_items_are_shipped(world: World) -> None:
    with world.fulfilment("order.paid") as fulfilment:
        created = world.checkout(client_reference_id="cart-77-with-a-TV")
        pay_by_card(created["url"])
        fulfilment.wait_for_types(created["order_id"], "order.paid")
    [shipped] = fulfilment.shipped[created["order_id"]]
    assert (shipped["price"], shipped["quantity"]) == (world.stack.price, 1)


def test_a_guessed_lookup_key_looks_like_an_unknown_one(world: World) -> None:
    """Also a recurring and an archived price's: nobody learns what else the account sells."""
    monthly = world.price(500, recurring=MONTHLY, lookup_key="club_monthly", metadata=SOLD)
    archived = world.price(500, lookup_key="mug_of_last_year", metadata=SOLD)
    world.simulator.sdk.v1.prices.update(archived.id, {"active": False})
    keys = (STAFF_LOOKUP_KEY, monthly.lookup_key, archived.lookup_key, "no_such_key")
    refused = [errors(world, {"lookup_key": key, "quantity": 1}) for key in keys]
    assert refused == [refused[-1]] * len(keys)
    assert [one["pointer"] for one in refused[0]] == ["/items/0/lookup_key"]
    assert ("POST", "/v1/checkout/sessions") not in world.simulator.requests


def test_what_stripe_refuses_of_a_cart_is_a_true_400(world: World) -> None:
    monthly = {"price": world.price(500, recurring=MONTHLY, metadata=SOLD).id, "quantity": 1}
    dollars = {"price": world.price(500, currency="usd", metadata=SOLD).id, "quantity": 1}
    cents = {"price": world.price(30, metadata=SOLD).id, "quantity": 1}
    reasons = {
        (one["pointer"], word)
        for cart, word in (
            ([monthly], "recurring"),
            ([world.one_mug, dollars], "currency"),
            ([cents], "minimum"),
        )
        for one in errors(world, *cart)
        if word in one["detail"]
    }
    assert {word for _, word in reasons} == {"recurring", "currency", "minimum"}
    assert all(pointer.startswith("/items") for pointer, _ in reasons)


def test_a_price_made_active_again_can_be_bought_at_once(world: World) -> None:
    price = world.price(900, metadata=SOLD)
    body, key = {"items": [{"price": price.id, "quantity": 1}]}, new_idempotency_key()
    world.simulator.sdk.v1.prices.update(price.id, {"active": False})
    refused = world.frontend.request_checkout(body, idempotency_key=key)
    world.simulator.sdk.v1.prices.update(price.id, {"active": True})
    created = world.frontend.request_checkout(body, idempotency_key=key)
    assert (refused.status_code, created.status_code) == (400, 201), created.text


def test_a_new_cart_replaces_the_old_one(world: World) -> None:
    old = world.checkout()
    new = world.checkout(items=[lookup_item(2)], replaces=old["session_id"])
    assert world.order(old["order_id"])["status"] == "expired"
    assert world.session(old["session_id"]).status == "expired"
    event = world.simulator.event_about(old["session_id"], "checkout.session.expired")
    assert world.redeliver(event).json()["outcome"] == "duplicate"
    assert changes(world.order(old["order_id"])) == ["order.created", "order.expired"]
    pay_by_card(new["url"])
    world.wait_for_status(new["order_id"], "paid")


def test_what_is_paid_or_not_ours_is_not_replaced(world: World) -> None:
    paid = world.paid()
    foreign = world.simulator.sdk.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": world.stack.price or "", "quantity": 1}],
            "success_url": "https://elsewhere.example/",
        }
    )
    for session_id in (paid["session_id"], foreign.id, "cs_test_doesNotExist", "nothing"):
        assert world.checkout(replaces=session_id)["status"] == "open"
    assert world.order(paid["order_id"])["status"] == "paid"
    assert world.session(foreign.id).status == "open"

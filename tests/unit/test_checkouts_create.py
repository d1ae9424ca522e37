from typing import TYPE_CHECKING, Any

import pytest

from checkout.api.models import CheckoutRequest
from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts, StartedCheckout
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderItem, OrderStatus
from checkout.errors import OrdersUnavailable, StripeRefused, UnexpectedStripeObject
from tests.support import creating
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.creating import (
    CREATE,
    LOOK_UP,
    MUG,
    OTHER_PRICE,
    PRICE,
    CreatingStripe,
    by_key,
    by_price,
    cart_of,
    list_items,
    refusal,
    request,
)
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.stack import STACK
from tests.support.stripe_objects import EXPIRES_AT, session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
FULL: dict[str, Any] = {
    "items": [{"price": PRICE, "quantity": 2}],
    "customer_email": "ada@example.com",
    "client_reference_id": "cart-77",
    "metadata": {"gift": "for Bob"},
    "success_url": "https://shop.example/done?order=7",
    "cancel_url": "http://localhost:3000/cart",
}


def test_gives_the_order_and_the_page_to_go_to(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    started = checkouts.create(request(), None)
    assert started == StartedCheckout(
        order_id=fake_stripe.sessions["cs_test_1"]["metadata"]["order_id"],
        session_id="cs_test_1",
        url="https://pay.example/1",
        client_secret=None,
        status=OrderStatus.OPEN,
        expires_at=EXPIRES_AT,
    )


def test_saves_the_session_from_stripe(checkouts: Checkouts, orders: OrdersTable) -> None:
    started = checkouts.create(request(*by_price(PRICE, quantity=2), *by_key("mug-blue")), None)
    order = orders.find(started.order_id)
    assert order is not None
    assert (order.status, order.version) == (OrderStatus.OPEN, 1)
    assert (order.checkout.amount_total, order.checkout.currency) == (6300, "eur")
    assert order.checkout.items == (
        OrderItem(price=PRICE, product="prod_1Mug", lookup_key=None, quantity=2, amount_total=4200),
        OrderItem(
            price=MUG, product="prod_1Mug", lookup_key="mug-blue", quantity=1, amount_total=2100
        ),
    )


def test_the_amounts_are_stripes_and_not_a_product_of_ours(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable
) -> None:
    details = {"amount_discount": 10, "amount_shipping": 500, "amount_tax": 90}
    lines = {"data": [fake_stripe.line(PRICE, 2) | {"amount_total": 400}], "has_more": False}
    made = session(amount_total=990, amount_subtotal=410, currency="jpy", total_details=details)
    fake_stripe.respond(made | {"line_items": lines})
    order = orders.find(checkouts.create(request(), None).order_id)
    assert order is not None
    state = order.checkout
    assert (state.amount_total, state.amount_subtotal, state.currency) == (990, 410, "jpy")
    assert (state.amount_discount, state.amount_shipping, state.amount_tax) == (10, 500, 90)
    assert state.items is not None
    assert [item.amount_total for item in state.items] == [400]


@pytest.mark.parametrize("number", [10, 11, 100])
def test_every_item_of_a_cart_is_stored(
    checkouts: Checkouts, fake_stripe: CreatingStripe, orders: OrdersTable, number: int
) -> None:
    cart = by_price(*[PRICE, OTHER_PRICE] * 50)[:number]
    order = orders.find(checkouts.create(request(*cart), None).order_id)
    assert order is not None
    assert order.checkout.items is not None
    assert [item.price for item in order.checkout.items] == [item["price"] for item in cart]
    assert fake_stripe.calls == [CREATE] + [list_items(1)] * (number > 10)


def test_costs_one_call_to_stripe_and_one_write(
    checkouts: Checkouts, fake_stripe: CreatingStripe, calls: AwsCalls
) -> None:
    calls.made.clear()
    for _ in range(2):
        checkouts.create(request(), None)
    assert fake_stripe.calls == [CREATE, CREATE]
    assert calls.made == ["UpdateItem", "UpdateItem"]


def test_sends_stripe_the_whole_request(checkouts: Checkouts, fake_stripe: CreatingStripe) -> None:
    wanted = CheckoutRequest.model_validate(FULL)
    checkouts.create(wanted, "a key of the shop")
    [sent] = fake_stripe.requests
    assert sent.params == {
        "mode": "payment",
        "expand[0]": "line_items.data.price.product",
        "line_items[0][price]": PRICE,
        "line_items[0][quantity]": "2",
        "customer_email": "ada@example.com",
        "client_reference_id": "cart-77",
        "success_url": "https://shop.example/done?order=7&session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:3000/cart",
        "metadata[gift]": "for Bob",
        "metadata[order_id]": sent.idempotency_key,
        "metadata[checkout_stack]": STACK,
        "metadata[request_fingerprint]": wanted.fingerprint("a key of the shop"),
        "payment_intent_data[metadata][order_id]": sent.idempotency_key,
        "payment_intent_data[metadata][checkout_stack]": STACK,
    }


def test_sends_the_stacks_own_addresses_where_the_request_has_none(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    checkouts.create(request(), None)
    [sent] = fake_stripe.requests
    assert {name for name in sent.params if "metadata" not in name} == {
        "mode",
        "expand[0]",
        "line_items[0][price]",
        "line_items[0][quantity]",
        "success_url",
        "cancel_url",
    }
    assert sent.params["success_url"] == (
        "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}"
    )
    assert sent.params["cancel_url"] == "https://shop.example/cart"


@pytest.mark.parametrize("field", ["success_url", "cancel_url"])
@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("https://evil.example/thanks", "must be on one of the stack's allowed origins"),
        ("https://shop.example@evil.example", "must not contain a user name"),
        ("/thanks", "must be an absolute http or https URL"),
    ],
)
def test_an_address_elsewhere_is_refused_before_stripe_is_asked(
    checkouts: Checkouts, fake_stripe: CreatingStripe, field: str, url: str, detail: str
) -> None:
    error = refusal(checkouts, request(**{field: url}))
    assert error.pointer == f"/{field}"
    assert error.detail.startswith(detail)
    assert fake_stripe.requests == []


def test_a_session_id_of_the_callers_own_is_refused(checkouts: Checkouts) -> None:
    error = refusal(checkouts, request(success_url="https://shop.example/?session_id=7"))
    assert error.pointer == "/success_url"


def test_only_the_success_address_gets_the_session_id(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    checkouts.create(request(cancel_url="https://shop.example/?session_id=7"), None)
    assert fake_stripe.requests[0].params["cancel_url"] == "https://shop.example/?session_id=7"


def test_a_lookup_key_stands_for_its_price(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.sell("price_tea", lookup_key="tea")
    items = [
        {"lookup_key": "mug-blue", "quantity": 1},
        {"price": PRICE, "quantity": 2},
        {"lookup_key": "tea", "quantity": 3},
        {"lookup_key": "mug-blue", "quantity": 4},
    ]
    checkouts.create(request(*items), None)
    assert fake_stripe.calls == [LOOK_UP, CREATE]
    sent = cart_of(fake_stripe.requests[1].params)
    assert sent == [(MUG, 1), (PRICE, 2), ("price_tea", 3), (MUG, 4)]


def test_a_lookup_key_without_an_active_price_is_refused(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    error = refusal(checkouts, request(*by_key("mug-blue", "gone")))
    assert error.pointer == "/items/1/lookup_key"
    assert fake_stripe.calls == [LOOK_UP]


@pytest.mark.parametrize(
    ("param", "pointer"),
    [
        ("line_items[0][price]", "/items/0/price"),
        ("line_items[1][price]", "/items/1/lookup_key"),
        ("line_items[1][quantity]", "/items/1/quantity"),
        ("line_items[0]", "/items/0"),
        ("line_items[0][adjustable_quantity][maximum]", "/items/0"),
        ("line_items", "/items"),
        ("customer_email", "/customer_email"),
        ("client_reference_id", "/client_reference_id"),
        ("success_url", "/success_url"),
        ("cancel_url", "/cancel_url"),
        ("metadata", "/metadata"),
        ("metadata[gift]", "/metadata"),
    ],
)
def test_what_stripe_refuses_is_the_callers_field(
    checkouts: Checkouts, fake_stripe: CreatingStripe, param: str, pointer: str
) -> None:
    fake_stripe.sell("price_tea", lookup_key="tea")
    checkouts.catalogue.prices(["tea"])
    fake_stripe.respond_with_error(400, type="invalid_request_error", param=param, message="h1dden")
    tea = {"lookup_key": "tea", "quantity": 1}
    wanted = CheckoutRequest.model_validate(FULL | {"items": [*FULL["items"], tea]})
    error = refusal(checkouts, wanted)
    assert error.pointer == pointer
    assert "h1dden" not in error.detail


@pytest.mark.parametrize(
    "param",
    [
        "mode",
        "metadata[order_id]",
        "payment_intent_data[metadata][order_id]",
        "success_url",
        "cancel_url",
        "customer_email",
        "line_items_of_another_kind",
    ],
)
def test_what_the_caller_did_not_send_is_not_blamed_on_the_caller(
    checkouts: Checkouts, fake_stripe: CreatingStripe, calls: AwsCalls, param: str
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param=param, code="bad")
    with pytest.raises(StripeRefused, match="refuses the parameter") as raised:
        checkouts.create(request(), None)
    assert raised.value.detail.endswith(f"{param}: bad.")
    assert calls.count("UpdateItem") == 0


def test_an_order_that_was_not_saved_is_not_shown(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    credentials: CredentialsReader,
    calls: AwsCalls,
) -> None:
    credentials.read()
    calls.failure = refuses("InternalServerError", status=500)
    with pytest.raises(OrdersUnavailable):
        checkouts.create(request(), None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount_total": None}, "The Checkout Session is malformed: an integer is missing."),
        ({"livemode": True}, "Stripe created a session of the other mode."),
    ],
)
def test_a_session_that_is_not_as_documented_is_not_saved(
    checkouts: Checkouts, fake_stripe: CreatingStripe, calls: AwsCalls, change: Json, reason: str
) -> None:
    lines = {"data": [fake_stripe.line(PRICE, 2)], "has_more": False}
    fake_stripe.respond(session(line_items=lines, **change))
    with pytest.raises(UnexpectedStripeObject, match=f"^{reason}$"):
        checkouts.create(request(), None)
    assert calls.count("UpdateItem") == 0


def test_nothing_personal_is_saved_or_logged(
    checkouts: Checkouts, fake_stripe: CreatingStripe, dynamodb: "DynamoDBClient", log: Log
) -> None:
    started = checkouts.create(CheckoutRequest.model_validate(FULL), "a secret key of it")
    saved = str(dynamodb.scan(TableName="orders")["Items"])
    assert "cart-77" in saved
    assert started.order_id in log.text
    for personal in ("ada@example.com", "for Bob", "a secret key of it"):
        assert personal not in saved
        assert personal not in log.text

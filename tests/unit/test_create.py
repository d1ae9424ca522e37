from typing import TYPE_CHECKING, Any

import pytest
import stripe
from checkout.GONE_sessions import CreatedSession

from checkout.api.models import CheckoutRequest
from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.errors import (
    FieldError,
    InvalidRequest,
    OrdersUnavailable,
    StripeRefused,
    UnexpectedStripeObject,
)
from checkout.settings import Settings
from checkout.stripe.api import StripeApi
from tests.unit.aws_calls import AwsCalls, refuses
from tests.unit.conftest import Log
from tests.unit.fake_stripe import FakeStripe
from tests.unit.stack import STACK
from tests.unit.stripe_objects import EXPIRES_AT, NOW, ORDER_ID, SESSION_ID, session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRICE = "price_1abc"
FULL: dict[str, Any] = {
    "items": [{"price": PRICE, "quantity": 2}],
    "customer_email": "ada@example.com",
    "client_reference_id": "cart-77",
    "metadata": {"gift": "for Bob"},
    "success_url": "https://shop.example/done?order=7",
    "cancel_url": "http://localhost:3000/cart",
}


@pytest.fixture
def sessions(
    settings: Settings,
    stripe_client: stripe.StripeClient,
    credentials: CredentialsReader,
    orders: OrdersTable,
) -> Checkouts:
    return Checkouts(settings, StripeApi(stripe_client, credentials), orders, now=lambda: NOW)


def request(*items: dict[str, Any], **fields: object) -> CheckoutRequest:
    some = items or ({"price": PRICE, "quantity": 2},)
    return CheckoutRequest.model_validate({"items": list(some), **fields})


def price_list(**ids: str) -> dict[str, Any]:
    data = [{"id": price, "object": "price", "lookup_key": key} for key, price in ids.items()]
    return {"object": "list", "data": data, "has_more": False, "url": "/v1/prices"}


def refused_field(sessions: Checkouts, wanted: CheckoutRequest) -> FieldError:
    with pytest.raises(InvalidRequest, match="does not fit the contract") as raised:
        sessions.create(wanted, None)
    [error] = raised.value.errors
    return error


def test_gives_the_order_and_the_page_to_go_to(
    sessions: Checkouts, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(session())
    assert sessions.create(request(), None) == CreatedSession(
        order_id=ORDER_ID,
        session_id=SESSION_ID,
        url=f"https://checkout.stripe.com/c/pay/{SESSION_ID}",
        status=OrderStatus.OPEN,
        expires_at=EXPIRES_AT,
    )


def test_saves_what_stripe_says_of_the_session(
    sessions: Checkouts, fake_stripe: FakeStripe, orders: OrdersTable
) -> None:
    fake_stripe.answer(session(amount_total=990, currency="jpy"))
    sessions.create(request(), None)
    order = orders.find(ORDER_ID)
    assert order is not None
    assert (order.status, order.version) == (OrderStatus.OPEN, 1)
    assert (order.amount_total, order.currency) == (990, "jpy")


def test_costs_one_call_to_stripe_and_one_write(
    sessions: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    for _ in range(2):
        fake_stripe.answer(session())
        sessions.create(request(), None)
    assert fake_stripe.calls == [("post", "/v1/checkout/sessions")] * 2
    assert calls.made == ["GetSecretValue", "UpdateItem", "UpdateItem"]


def test_sends_stripe_the_whole_request(sessions: Checkouts, fake_stripe: FakeStripe) -> None:
    fake_stripe.answer(session())
    wanted = CheckoutRequest.model_validate(FULL)
    sessions.create(wanted, "key")
    [sent] = fake_stripe.requests
    assert sent.params == {
        "mode": "payment",
        "line_items[0][price]": PRICE,
        "line_items[0][quantity]": "2",
        "customer_email": "ada@example.com",
        "client_reference_id": "cart-77",
        "success_url": "https://shop.example/done?order=7&session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:3000/cart",
        "metadata[gift]": "for Bob",
        "metadata[order_id]": sent.idempotency_key,
        "metadata[checkout_stack]": STACK,
        "metadata[request_fingerprint]": wanted.fingerprint("key"),
        "payment_intent_data[metadata][order_id]": sent.idempotency_key,
        "payment_intent_data[metadata][checkout_stack]": STACK,
    }


def test_sends_the_stacks_own_addresses_where_the_request_has_none(
    sessions: Checkouts, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(session())
    sessions.create(request(), None)
    [sent] = fake_stripe.requests
    assert {name for name in sent.params if "metadata" not in name} == {
        "mode",
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
    sessions: Checkouts, fake_stripe: FakeStripe, field: str, url: str, detail: str
) -> None:
    error = refused_field(sessions, request(**{field: url}))
    assert error.pointer == f"/{field}"
    assert error.detail.startswith(detail)
    assert fake_stripe.requests == []


def test_a_session_id_of_the_callers_own_is_refused(sessions: Checkouts) -> None:
    error = refused_field(sessions, request(success_url="https://shop.example/?session_id=7"))
    assert error.pointer == "/success_url"


def test_only_the_success_address_gets_the_session_id(
    sessions: Checkouts, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(session())
    sessions.create(request(cancel_url="https://shop.example/?session_id=7"), None)
    assert fake_stripe.requests[0].params["cancel_url"] == "https://shop.example/?session_id=7"


def test_a_lookup_key_stands_for_its_price(sessions: Checkouts, fake_stripe: FakeStripe) -> None:
    fake_stripe.answer(price_list(tea="price_tea", cup="price_cup"))
    fake_stripe.answer(session())
    items = [
        {"lookup_key": "cup", "quantity": 1},
        {"price": PRICE, "quantity": 2},
        {"lookup_key": "tea", "quantity": 3},
        {"lookup_key": "cup", "quantity": 4},
    ]
    sessions.create(request(*items), None)
    assert fake_stripe.calls == [("get", "/v1/prices"), ("post", "/v1/checkout/sessions")]
    params = fake_stripe.requests[1].params
    sent = [
        (params[f"line_items[{index}][price]"], params[f"line_items[{index}][quantity]"])
        for index in range(4)
    ]
    assert sent == [("price_cup", "1"), (PRICE, "2"), ("price_tea", "3"), ("price_cup", "4")]


def test_a_lookup_key_without_an_active_price_is_refused(
    sessions: Checkouts, fake_stripe: FakeStripe
) -> None:
    fake_stripe.answer(price_list(tea="price_tea"))
    items = [{"lookup_key": key, "quantity": 1} for key in ("tea", "gone")]
    error = refused_field(sessions, request(*items))
    assert error.pointer == "/items/1/lookup_key"
    assert fake_stripe.calls == [("get", "/v1/prices")]


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
    sessions: Checkouts, fake_stripe: FakeStripe, param: str, pointer: str
) -> None:
    fake_stripe.answer(price_list(tea="price_tea"))
    fake_stripe.answer_error(400, type="invalid_request_error", param=param, message="h1dden")
    tea = {"lookup_key": "tea", "quantity": 1}
    wanted = CheckoutRequest.model_validate(FULL | {"items": [*FULL["items"], tea]})
    error = refused_field(sessions, wanted)
    assert error.pointer == pointer
    assert "h1dden" not in error.detail


@pytest.mark.parametrize(
    "param",
    [
        "mode",
        "payment_intent_data[metadata][order_id]",
        "success_url",
        "cancel_url",
        "customer_email",
        "line_items_of_another_kind",
    ],
)
def test_what_the_caller_did_not_send_is_not_blamed_on_the_caller(
    sessions: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls, param: str
) -> None:
    fake_stripe.answer_error(400, type="invalid_request_error", param=param, code="bad")
    with pytest.raises(StripeRefused, match="refuses the parameter") as raised:
        sessions.create(request(), None)
    assert raised.value.detail.endswith(f"{param}: bad.")
    assert calls.count("UpdateItem") == 0


def test_an_order_that_was_not_saved_is_not_shown(
    sessions: Checkouts, fake_stripe: FakeStripe, credentials: CredentialsReader, calls: AwsCalls
) -> None:
    credentials.read()
    fake_stripe.answer(session())
    calls.failure = refuses("InternalServerError", status=500)
    with pytest.raises(OrdersUnavailable):
        sessions.create(request(), None)


def test_a_session_that_is_not_as_documented_is_not_saved(
    sessions: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    fake_stripe.answer(session(amount_total=None))
    with pytest.raises(UnexpectedStripeObject):
        sessions.create(request(), None)
    assert calls.count("UpdateItem") == 0


def test_nothing_personal_is_saved_or_logged(
    sessions: Checkouts, fake_stripe: FakeStripe, dynamodb: "DynamoDBClient", log: Log
) -> None:
    fake_stripe.answer(session(metadata=session()["metadata"] | {"gift": "for Bob"}))
    sessions.create(CheckoutRequest.model_validate(FULL), "a secret key")
    saved = str(dynamodb.scan(TableName="orders")["Items"])
    assert "cart-77" in saved
    assert ORDER_ID in log.text
    for personal in ("ada@example.com", "for Bob", "a secret key"):
        assert personal not in saved
        assert personal not in log.text

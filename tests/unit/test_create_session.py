import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.support import creating
from tests.support.aws_calls import AwsCalls
from tests.support.creating import CreatingStripe, items
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.invocations import (
    REQUEST_ID,
    Context,
    Handler,
    assert_problem,
    assert_response,
    sample,
    sample_names,
    with_body,
    with_headers,
)
from tests.support.stack import API_KEY, SIGNING_SECRET, STACK
from tests.support.stripe_objects import EXPIRES_AT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATUSES = {
    "card_checkout": 201,
    "embedded_page": 201,
    "invalid_body": 400,
    "localized": 201,
    "lookup_key": 201,
    "trusted": 201,
}
ORDER_ID = re.compile(r"ord_[0-9a-f]{32}")

fake_stripe = creating.fake_stripe
handler = creating.handler
card_checkout = creating.card_checkout


def test_the_samples_are_these() -> None:
    assert sample_names("create_session") == STATUSES.keys()


@pytest.mark.parametrize("name", STATUSES)
def test_responds_to_each_sample_as_documented(
    handler: Handler, fake_stripe: CreatingStripe, name: str
) -> None:
    assert handler(sample("create_session", name), Context())["statusCode"] == STATUSES[name]


def test_creates_an_order_and_its_session(
    handler: Handler, card_checkout: Json, dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    created = assert_response(handler(card_checkout, Context()), 201)
    order_id = created.pop("order_id")
    assert ORDER_ID.fullmatch(order_id)
    assert created == {
        "session_id": "cs_test_1",
        "url": "https://pay.example/1",
        "client_secret": None,
        "status": "open",
        "expires_at": EXPIRES_AT,
    }
    (item,) = items(dynamodb)
    assert item["order_id"]["S"] == order_id
    assert calls.made == ["GetSecretValue", "UpdateItem"]


def test_asks_stripe_for_what_the_frontend_asked_for(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe
) -> None:
    order_id = assert_response(handler(card_checkout, Context()), 201)["order_id"]
    (request,) = fake_stripe.requests
    assert (request.method, request.path) == ("post", "/v1/checkout/sessions")
    assert request.api_key == API_KEY
    assert request.idempotency_key == order_id
    params = dict(request.params)
    assert re.fullmatch(r"[0-9a-f]{64}", params.pop("metadata[request_fingerprint]"))
    assert params == {
        "mode": "payment",
        "expand[0]": "line_items.data.price.product",
        "line_items[0][price]": "price_1abc",
        "line_items[0][quantity]": "2",
        "customer_email": "ada@example.com",
        "client_reference_id": "cart-77",
        "metadata[gift]": "yes",
        "metadata[order_id]": order_id,
        "metadata[checkout_stack]": STACK,
        "payment_intent_data[metadata][order_id]": order_id,
        "payment_intent_data[metadata][checkout_stack]": STACK,
        "success_url": "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
    }


def test_a_lookup_key_stands_for_its_price(handler: Handler, fake_stripe: CreatingStripe) -> None:
    assert_response(handler(sample("create_session", "lookup_key"), Context()), 201)
    prices, created = fake_stripe.requests
    assert (prices.method, prices.path) == ("get", "/v1/prices")
    assert created.params["line_items[0][price]"] == "price_1mug"
    assert created.params["success_url"].startswith("https://shop.example/thanks?")


def test_points_at_each_field_that_is_wrong(handler: Handler, fake_stripe: CreatingStripe) -> None:
    response = handler(sample("create_session", "invalid_body"), Context())
    problem = assert_problem(response, 400, "invalid-request")
    assert {error["pointer"] for error in problem["errors"]} == {"/items/0/quantity", "/amount"}
    assert all(error.keys() == {"pointer", "detail"} for error in problem["errors"])
    assert fake_stripe.requests == []


def test_the_same_key_and_body_give_the_same_order(
    handler: Handler, card_checkout: Json, dynamodb: "DynamoDBClient", fake_stripe: CreatingStripe
) -> None:
    first, second = (handler(card_checkout, Context()) for _ in range(2))
    assert assert_response(first, 201) == assert_response(second, 201)
    assert len(items(dynamodb)) == 1
    assert len({request.idempotency_key for request in fake_stripe.requests}) == 1


def test_without_a_key_each_request_is_an_order_of_its_own(
    handler: Handler, card_checkout: Json
) -> None:
    keyless = with_headers(card_checkout, idempotency_key=None)
    first, second = (assert_response(handler(keyless, Context()), 201) for _ in range(2))
    assert first["order_id"] != second["order_id"]


def test_the_same_key_with_another_body_is_unprocessable(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, calls: AwsCalls
) -> None:
    handler(card_checkout, Context())
    calls.made.clear()
    other = with_body(card_checkout, card_checkout["body"].replace("price_1abc", "price_2def"))
    assert_problem(handler(other, Context()), 422, "idempotency-mismatch")
    assert calls.made == ["GetItem"]


@pytest.mark.parametrize("key", ["", " ", "k" * 15, "k" * 256, "caf\xe9" * 4, "a\nb" * 6])
def test_refuses_a_malformed_idempotency_key(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, key: str
) -> None:
    response = handler(with_headers(card_checkout, idempotency_key=key), Context())
    problem = assert_problem(response, 400, "invalid-request")
    assert "Idempotency-Key" in problem["detail"]
    assert fake_stripe.requests == []


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"items"', "{}", b"\xff\xfe", '{"items": []}']
)
def test_refuses_what_is_no_request(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, body: str | bytes
) -> None:
    problem = assert_problem(
        handler(with_body(card_checkout, body), Context()), 400, "invalid-request"
    )
    assert problem["errors"]
    assert fake_stripe.requests == []


def test_refuses_a_request_without_a_body(handler: Handler, card_checkout: Json) -> None:
    del card_checkout["body"]
    assert_problem(handler(card_checkout, Context()), 400, "invalid-request")


def test_refuses_broken_base64(handler: Handler, card_checkout: Json) -> None:
    broken = card_checkout | {"body": "%%%", "isBase64Encoded": True}
    assert_problem(handler(broken, Context()), 400, "invalid-request")


def test_reads_a_base64_body(handler: Handler, card_checkout: Json) -> None:
    encoded = with_body(card_checkout, card_checkout["body"].encode())
    assert assert_response(handler(encoded, Context()), 201) == assert_response(
        handler(card_checkout, Context()), 201
    )


@pytest.mark.parametrize("encode", [str, str.encode])
def test_refuses_a_body_that_is_too_large(
    handler: Handler,
    card_checkout: Json,
    fake_stripe: CreatingStripe,
    encode: Callable[[str], str | bytes],
) -> None:
    padded = card_checkout["body"].ljust(128 * 1024)
    assert_response(handler(with_body(card_checkout, encode(padded)), Context()), 201)
    fake_stripe.requests.clear()
    response = handler(with_body(card_checkout, encode(padded + " ")), Context())
    assert_problem(response, 413, "payload-too-large")
    assert fake_stripe.requests == []


@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "application/json; charset=utf-8", "Application/JSON ; a=b"],
)
def test_takes_json_however_it_is_declared(
    handler: Handler, card_checkout: Json, content_type: str | None
) -> None:
    assert_response(handler(with_headers(card_checkout, content_type=content_type), Context()), 201)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"],
)
def test_refuses_another_media_type(
    handler: Handler, card_checkout: Json, fake_stripe: CreatingStripe, content_type: str
) -> None:
    response = handler(with_headers(card_checkout, content_type=content_type), Context())
    assert_problem(response, 415, "unsupported-media-type")
    assert fake_stripe.requests == []


def test_responds_to_a_request_without_any_header(handler: Handler, card_checkout: Json) -> None:
    del card_checkout["headers"]
    assert_response(handler(card_checkout, Context()), 201)


def test_a_return_address_elsewhere_is_refused(handler: Handler, card_checkout: Json) -> None:
    body = card_checkout["body"].replace("https://shop.example/cart", "https://evil.example/")
    problem = assert_problem(
        handler(with_body(card_checkout, body), Context()), 400, "invalid-request"
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/cancel_url"]


def test_the_log_has_ids_and_no_personal_data(
    handler: Handler, card_checkout: Json, log: Log
) -> None:
    created = assert_response(handler(card_checkout, Context()), 201)
    (entry,) = log.entries
    assert entry["message"] == "recorded"
    assert entry["function_request_id"] == REQUEST_ID
    assert entry["order_id"] == created["order_id"]
    assert entry["session_id"] == "cs_test_1"
    assert entry["outcome"] == "applied"
    for private in ("ada@", "gift", "shop.example", API_KEY, SIGNING_SECRET, "price_1abc"):
        assert private not in log.text


def test_a_refusal_is_logged_without_what_was_sent(
    handler: Handler, card_checkout: Json, log: Log
) -> None:
    body = card_checkout["body"].replace("ada@example.com", "ada at example.com")
    response = handler(with_body(card_checkout, body), Context())
    problem = assert_problem(response, 400, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["/customer_email"]
    (entry,) = log.entries
    assert (entry["level"], entry["status"]) == ("INFO", 400)
    assert "ada" not in log.text


def test_ids_do_not_leak_into_the_next_request(
    handler: Handler, card_checkout: Json, log: Log
) -> None:
    handler(card_checkout, Context())
    handler(with_body(card_checkout, "{"), Context())
    assert "order_id" in log.entries[0]
    assert "order_id" not in log.entries[-1]

"""A checkout for a shop's own server: who may ask for it, and what it may name."""

import json
from typing import TYPE_CHECKING

import pytest

from checkout.api.models import CheckoutRequest
from checkout.checkouts import Checkouts
from checkout.errors import IdempotencyMismatch, InvalidRequest
from tests.support import creating, own_server
from tests.support.creating import (
    CREATE,
    MUG,
    PRICE,
    CreatingStripe,
    by_key,
    by_price,
    items,
    refusal,
    request,
)
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.invocations import (
    Context,
    Handler,
    assert_problem,
    assert_response,
    sample,
    with_body,
)
from tests.support.own_server import AMOUNT, FIELDS, OWN, body

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
trusted = own_server.trusted
handler = creating.handler

KEY = "cart-77-attempt-1"
ADJUSTABLE: Json = {"enabled": True, "minimum": 1, "maximum": 9}


def sent(fake_stripe: CreatingStripe) -> dict[str, str]:
    return fake_stripe.requests[-1].params


# Who may ask


def without_iam(context: Json) -> list[Json]:
    rest = {name: value for name, value in context.items() if name != "authorizer"}
    others: list[Json | None] = [
        *(None, {}, {"iam": None}, {"iam": {}}, {"iam": {"userArn": None}}),
        {"jwt": {"claims": {}}, "lambda": {"userArn": "arn:x"}},
    ]
    return [rest, *(rest | {"authorizer": other} for other in others)]


def test_without_a_caller_of_iams_nothing_is_done(
    handler: Handler, fake_stripe: CreatingStripe
) -> None:
    event = sample("create_session", "trusted")
    for context in without_iam(event["requestContext"]):
        response = handler(event | {"requestContext": context}, Context())
        problem = assert_problem(response, 403, "not-allowed")
        assert problem["detail"] == "Sign the request with AWS credentials that may call this."
    assert fake_stripe.requests == []


def test_a_caller_of_iams_gets_a_checkout(
    handler: Handler, fake_stripe: CreatingStripe, dynamodb: "DynamoDBClient", log: Log
) -> None:
    event = sample("create_session", "trusted")
    started = assert_response(handler(event, Context()), 201)
    assert started["url"] == "https://pay.example/1"
    assert fake_stripe.calls == [CREATE]
    saved = str(items(dynamodb)) + log.text
    for private in ("cus_1a2B3c", "WINTER", "AKIA", "shop-server"):
        assert private not in saved


@pytest.mark.parametrize("name", FIELDS)
def test_the_public_route_refuses_what_only_a_server_may_name(handler: Handler, name: str) -> None:
    """Also from a caller with AWS credentials: the route decides."""
    event = sample("create_session", "card_checkout")
    event["requestContext"] |= {
        "authorizer": sample("create_session", "trusted")["requestContext"]["authorizer"]
    }
    document = {"items": by_price(PRICE), name: FIELDS[name]}
    response = handler(with_body(event, json.dumps(document)), Context())
    problem = assert_problem(response, 400, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [f"/{name}"]


@pytest.mark.parametrize("field", [{"price_data": AMOUNT}, {"adjustable_quantity": ADJUSTABLE}])
def test_the_public_route_refuses_an_items_amount(field: Json) -> None:
    document = {"items": [by_price(PRICE)[0] | field]}
    with pytest.raises(InvalidRequest) as raised:
        CheckoutRequest.from_json(json.dumps(document).encode())
    [name] = field
    assert [error.pointer for error in raised.value.errors] == [f"/items/0/{name}"]


# What it may name


def test_stripe_is_asked_for_what_a_server_names(
    trusted: Checkouts, fake_stripe: CreatingStripe
) -> None:
    trusted.create(body(OWN | {"adjustable_quantity": ADJUSTABLE}, **FIELDS), None)
    ours = sent(fake_stripe)
    named = {
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2400",
        "line_items[0][price_data][product_data][name]": "Mug",
        "line_items[0][quantity]": "2",
        "line_items[0][adjustable_quantity][enabled]": "true",
        "line_items[0][adjustable_quantity][minimum]": "1",
        "line_items[0][adjustable_quantity][maximum]": "9",
        "metadata[checkout_adjustable]": "true",
        "customer": "cus_1a2B3c",
        "discounts[0][coupon]": "WINTER",
    }
    assert ours.items() >= named.items()
    assert {name for name in ours if name.startswith("line_items")} <= named.keys()
    # Stripe takes discounts or codes, and the request names the first.
    assert "allow_promotion_codes" not in ours


def test_an_order_with_fixed_quantities_has_no_mark(
    trusted: Checkouts, fake_stripe: CreatingStripe
) -> None:
    trusted.create(body(OWN | {"adjustable_quantity": {"enabled": False}}), None)
    assert "metadata[checkout_adjustable]" not in sent(fake_stripe)


def test_options_replace_those_of_the_environment(
    trusted: Checkouts, fake_stripe: CreatingStripe
) -> None:
    environment = {"submit_type": "pay", "phone_number_collection": {"enabled": True}}
    trusted.create(body(options={"submit_type": "book"}), None, environment)
    assert sent(fake_stripe)["submit_type"] == "book"
    assert sent(fake_stripe)["phone_number_collection[enabled]"] == "true"


def test_any_price_is_sold_to_a_server(trusted: Checkouts, fake_stripe: CreatingStripe) -> None:
    for name in (PRICE, MUG):
        fake_stripe.change(name, metadata={}, product="prod_unmarked")
    started = trusted.create(body(*by_price(PRICE), *by_key("mug-blue"), OWN), None)
    assert started.url
    assert fake_stripe.states == ["open"]


def test_a_server_may_sell_for_nothing(trusted: Checkouts, fake_stripe: CreatingStripe) -> None:
    fake_stripe.change(PRICE, unit_amount=0)
    assert trusted.create(body(*by_price(PRICE)), None).url
    assert fake_stripe.states == ["open"]


def test_the_browser_still_gets_what_is_marked_only(
    checkouts: Checkouts, trusted: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.change(MUG, metadata={}, product="prod_unmarked")
    trusted.create(body(*by_key("mug-blue")), None)
    assert refusal(checkouts, request(*by_key("mug-blue"))).pointer == "/items/0/lookup_key"


# Idempotency keys


def test_a_stranger_cannot_claim_a_servers_key(
    checkouts: Checkouts, trusted: Checkouts, fake_stripe: CreatingStripe
) -> None:
    stranger = checkouts.create(request(), KEY)
    server = trusted.create(body(), KEY)
    assert server.order_id != stranger.order_id
    assert server.session_id != stranger.session_id
    assert trusted.create(body(), KEY) == server
    assert checkouts.create(request(), KEY) == stranger
    assert fake_stripe.states == ["open", "open"]


def test_a_servers_key_is_for_one_body(trusted: Checkouts) -> None:
    trusted.create(body(), KEY)
    with pytest.raises(IdempotencyMismatch):
        trusted.create(body(customer="cus_other"), KEY)

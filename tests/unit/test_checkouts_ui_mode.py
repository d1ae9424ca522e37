"""A checkout in a page of the shop's own: what it needs, and what the frontend gets for it."""

import json
from typing import TYPE_CHECKING

import pytest

from checkout.api.models import CheckoutRequest
from checkout.checkouts import Checkouts
from checkout.domain.order import OrderStatus
from checkout.errors import InvalidRequest
from tests.support import creating
from tests.support.creating import (
    CREATE,
    PRICE,
    CreatingStripe,
    by_price,
    refusal,
    request,
    retrieve,
)
from tests.support.environment import Log
from tests.support.invocations import Context, Handler, assert_response, sample
from tests.support.stack import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.support.documents import Json

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
handler = creating.handler

RETURN_URL = "https://shop.example/return"
OWN_PAGES = ["embedded_page", "elements"]
KEY = "cart-77-attempt-1"


def embedded(mode: str = "embedded_page", **fields: object) -> CheckoutRequest:
    document = {"items": by_price(PRICE), "ui_mode": mode, "return_url": RETURN_URL}
    return CheckoutRequest.from_json(json.dumps(document | fields).encode())


def pointers(mode: str | None, **urls: str | None) -> dict[str, str]:
    """Return a body's errors: details by pointer."""
    document = {"items": by_price(PRICE), "ui_mode": mode} | urls
    with pytest.raises(InvalidRequest) as raised:
        CheckoutRequest.from_json(json.dumps(document).encode())
    return {error.pointer: error.detail for error in raised.value.errors}


@pytest.mark.parametrize("mode", OWN_PAGES)
def test_stripe_is_asked_for_a_session_of_the_mode(
    checkouts: Checkouts, fake_stripe: CreatingStripe, mode: str
) -> None:
    checkouts.create(embedded(mode), None)
    [sent] = fake_stripe.requests
    assert {name: value for name, value in sent.params.items() if "ur" in name or "ui" in name} == {
        "ui_mode": mode,
        "return_url": f"{RETURN_URL}?session_id={{CHECKOUT_SESSION_ID}}",
    }


@pytest.mark.parametrize("mode", OWN_PAGES)
def test_the_response_has_a_client_secret_and_no_url(checkouts: Checkouts, mode: str) -> None:
    started = checkouts.create(embedded(mode), None)
    assert (started.client_secret, started.url) == ("cs_test_1_secret_x", None)


@pytest.mark.parametrize("mode", [None, "hosted_page"])
def test_a_hosted_page_is_stripes_default(
    checkouts: Checkouts, fake_stripe: CreatingStripe, mode: str | None
) -> None:
    started = checkouts.create(request(ui_mode=mode), None)
    assert (started.client_secret, started.url) == (None, "https://pay.example/1")
    # Another parameter would make a repeat across deployments another request to Stripe.
    assert "ui_mode" not in fake_stripe.requests[0].params


@pytest.mark.parametrize("mode", OWN_PAGES)
def test_other_addresses_are_refused_in_a_page_of_the_shops(mode: str) -> None:
    refused = pointers(mode, success_url=RETURN_URL, cancel_url=RETURN_URL)
    assert refused == {
        "/success_url": f"not with ui_mode {mode}: send return_url instead",
        "/cancel_url": f"not with ui_mode {mode}: send return_url instead",
        "/return_url": f"required with ui_mode {mode}",
    }


@pytest.mark.parametrize("mode", OWN_PAGES)
def test_an_address_that_is_null_is_one_that_is_absent(mode: str) -> None:
    assert embedded(mode, success_url=None, cancel_url=None).success_url is None
    assert pointers(mode, return_url=None) == {"/return_url": f"required with ui_mode {mode}"}


@pytest.mark.parametrize("mode", [None, "hosted_page"])
def test_a_hosted_page_has_no_return_url(mode: str | None) -> None:
    assert pointers(mode, return_url=RETURN_URL) == {
        "/return_url": "only with ui_mode embedded_page or elements: send success_url"
    }


@pytest.mark.parametrize("mode", ["form", "custom", "", "EMBEDDED_PAGE"])
def test_an_unknown_mode_is_all_that_is_refused(mode: str) -> None:
    assert pointers(mode, return_url=RETURN_URL).keys() == {"/ui_mode"}


def test_the_return_url_is_on_an_allowed_origin(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    error = refusal(checkouts, embedded(return_url="https://evil.example/return"))
    assert error.pointer == "/return_url"
    assert error.detail == "must be on one of the stack's allowed origins"
    error = refusal(checkouts, embedded(return_url=f"{RETURN_URL}?session_id=7"))
    assert error.pointer == "/return_url"
    assert fake_stripe.requests == []


@pytest.mark.parametrize("param", ["return_url", "ui_mode"])
def test_what_stripe_refuses_of_it_is_the_callers_field(
    checkouts: Checkouts, fake_stripe: CreatingStripe, param: str
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param=param)
    assert refusal(checkouts, embedded()).pointer == f"/{param}"


# Repeats


def test_a_repeat_gives_the_same_client_secret(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(embedded(), KEY)
    assert checkouts.create(embedded(), KEY) == first
    fake_stripe.keys.clear()
    # A day later Stripe has forgotten the key: the order's own session is given.
    again = checkouts.create(embedded(), KEY)
    assert (again, again.client_secret) == (first, first.client_secret)
    assert fake_stripe.calls[-1] == retrieve(1)


def test_a_repeat_after_the_end_gives_no_client_secret(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(embedded(), KEY)
    fake_stripe.keys.clear()
    fake_stripe.sessions[first.session_id] |= {"status": "expired", "client_secret": None}
    again = checkouts.create(embedded(), KEY)
    assert again.status is OrderStatus.EXPIRED
    assert (again.url, again.client_secret) == (None, None)


def test_a_replay_of_an_ended_session_gives_no_client_secret(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """What Stripe replays is of the time when the session was open."""
    first = checkouts.create(embedded(), KEY)
    checkouts.create(embedded(replaces=first.session_id), None)
    again = checkouts.create(embedded(), KEY)
    assert again.status is OrderStatus.EXPIRED
    assert again.client_secret is None
    assert fake_stripe.calls.count(CREATE) == 3


# The handler


def test_the_handler_gives_both_keys_always(
    handler: Handler, dynamodb: "DynamoDBClient", log: Log
) -> None:
    hosted = sample("create_session", "card_checkout")
    own: Json = sample("create_session", "embedded_page")
    first, second = (assert_response(handler(one, Context()), 201) for one in (hosted, own))
    assert first.keys() == second.keys() >= {"url", "client_secret"}
    assert (first["client_secret"], second["url"]) == (None, None)
    # Who has it can pay: it is for the frontend alone.
    saved = str(dynamodb.scan(TableName=TABLE)["Items"])
    assert second["client_secret"] not in saved + log.text

"""The options that a shop sets once, merged under the parameters of each session."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from checkout.api.models import CheckoutRequest
from checkout.checkouts import Checkouts
from checkout.errors import InvalidRequest, StripeRefused
from checkout.stripe.options import MODES, overridden, read_options, with_options
from ops.option_files import FOLDER
from tests.support import creating
from tests.support.creating import (
    CREATE,
    OTHER_PRICE,
    PRICE,
    CreatingStripe,
    by_price,
    expire,
    refusal,
    request,
    retrieve,
)
from tests.support.invocations import Context, Handler, assert_response, sample

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts
handler = creating.handler

KEY = "cart-77-attempt-1"
OPTIONS: dict[str, Any] = {
    "allow_promotion_codes": True,
    "custom_text": {"submit": {"message": "We ship within a day."}},
    "payment_intent_data": {"capture_method": "manual"},
    "locale": "de",
}


def embedded(mode: str) -> CheckoutRequest:
    return request(ui_mode=mode, return_url="https://shop.example/return")


def sent(fake_stripe: CreatingStripe) -> dict[str, str]:
    return fake_stripe.requests[-1].params


def test_options_are_merged_under_ours(checkouts: Checkouts, fake_stripe: CreatingStripe) -> None:
    checkouts.create(request(), None)
    without = sent(fake_stripe)
    checkouts.create(request(), None, OPTIONS)
    added = {name: value for name, value in sent(fake_stripe).items() if name not in without}
    assert added == {
        "allow_promotion_codes": "true",
        "custom_text[submit][message]": "We ship within a day.",
        "payment_intent_data[capture_method]": "manual",
        "locale": "de",
    }
    assert sent(fake_stripe).keys() >= without.keys()
    assert "payment_intent_data[metadata][order_id]" in sent(fake_stripe)


def test_without_options_a_request_is_what_it_was(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(request(), KEY)
    assert checkouts.create(request(), KEY, {}) == first
    assert fake_stripe.calls == [CREATE, CREATE]


@pytest.mark.parametrize("mode", ["hosted_page", "embedded_page", "elements"])
@pytest.mark.parametrize("path", MODES, ids=".".join)
def test_what_a_mode_refuses_is_left_out_in_it(path: tuple[str, ...], mode: str) -> None:
    value: Any = "x"
    for name in reversed(path[1:]):
        value = {name: value, "beside": "x"}
    options = {path[0]: value}
    before = copy.deepcopy(options)
    params: Any = with_options({"ui_mode": mode}, options)
    found = params
    for name in path:
        found = found.get(name, {})
    assert (found == "x") == (mode in MODES[path])
    if len(path) > 1 and mode in MODES.get(path[:1], {mode}):
        assert params[path[0]]["beside"] == "x" or path[2:]
    assert options == before


def test_a_page_of_the_shops_gets_what_it_takes(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    checkouts.create(embedded("elements"), None, OPTIONS)
    assert "custom_text[submit][message]" not in sent(fake_stripe)
    assert sent(fake_stripe)["allow_promotion_codes"] == "true"


def test_the_requests_locale_wins(checkouts: Checkouts, fake_stripe: CreatingStripe) -> None:
    checkouts.create(request(locale="fr-CA"), None, OPTIONS)
    assert sent(fake_stripe)["locale"] == "fr-CA"


def test_a_locale_that_stripe_refuses_is_the_callers(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param="locale")
    assert refusal(checkouts, request(locale="de")).pointer == "/locale"


def test_an_option_that_stripe_refuses_is_not_the_callers(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param="shipping_options[0]")
    with pytest.raises(StripeRefused, match="shipping_options"):
        checkouts.create(request(), None, {"shipping_options": [{"shipping_rate": "shr_gone"}]})


def test_a_cart_that_leaves_no_room_for_the_options_items_is_the_callers(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    """Stripe counts both, to a hundred."""
    offered = {"optional_items": [{"price": OTHER_PRICE, "quantity": 1}] * 10}
    fake_stripe.respond_with_error(400, type="invalid_request_error", param="optional_items")
    with pytest.raises(InvalidRequest) as raised:
        checkouts.create(request(*by_price(*[PRICE] * 91)), None, offered)
    [error] = raised.value.errors
    assert (error.pointer, error.detail) == ("/items", "This shop takes at most 90 items.")
    fake_stripe.respond_with_error(400, type="invalid_request_error", param="optional_items")
    with pytest.raises(StripeRefused):
        checkouts.create(request(*by_price(*[PRICE] * 90)), None, offered)


def test_what_excludes_another_option_replaces_it() -> None:
    codes, discounts = {"allow_promotion_codes": True}, {"discounts": [{"coupon": "A"}]}
    assert overridden(codes, discounts) == discounts
    assert overridden(discounts, codes) == codes
    assert overridden({"customer_creation": "always"}, {"customer": "cus_1"}) == {
        "customer": "cus_1"
    }
    assert overridden(OPTIONS, {"locale": "it"}) == OPTIONS | {"locale": "it"}


# A deployment with other options, between a request and its repeat


def test_a_repeat_with_other_options_gives_the_same_checkout(
    checkouts: Checkouts, fake_stripe: CreatingStripe
) -> None:
    first = checkouts.create(request(), KEY)
    again = checkouts.create(request(), KEY, OPTIONS)
    assert again == first
    assert fake_stripe.calls == [CREATE, CREATE, retrieve(1)]


def test_other_options_after_a_crash_make_a_session(
    checkouts: Checkouts, fake_stripe: CreatingStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody was shown the first session, and Stripe knows its key with other parameters."""
    with monkeypatch.context() as patched:
        patched.setattr(Checkouts, "_recorded", _crash)
        with pytest.raises(RuntimeError):
            checkouts.create(request(), KEY)
    started = checkouts.create(request(), KEY, OPTIONS)
    assert started.session_id == "cs_test_2"
    assert expire(2) not in fake_stripe.calls
    assert checkouts.create(request(), KEY, OPTIONS) == started


def _crash(*_: object) -> None:
    raise RuntimeError("the function was stopped")


# The file


def test_the_handler_has_the_options_of_its_environment(
    handler: Handler,
    load_function: Callable[[str], ModuleType],
    fake_stripe: CreatingStripe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert_response(handler(sample("create_session", "localized"), Context()), 201)
    assert "allow_promotion_codes" not in sent(fake_stripe)
    app = load_function("create_session")
    assert app.OPTIONS == read_options(FOLDER, "local") == {}
    monkeypatch.setattr(app, "OPTIONS", OPTIONS)
    fake_stripe.keys.clear()
    assert_response(app.lambda_handler(sample("create_session", "card_checkout"), Context()), 201)
    assert sent(fake_stripe)["allow_promotion_codes"] == "true"


def test_a_file_is_read_by_the_environments_name(tmp_path: Path) -> None:
    for name, options in (("dev", OPTIONS), ("prod", {})):
        (tmp_path / f"{name}.json").write_text(json.dumps(options))
    assert read_options(tmp_path, "dev") == OPTIONS
    assert read_options(tmp_path, "prod") == {}
    with pytest.raises(FileNotFoundError):
        read_options(tmp_path, "local")


def test_a_body_names_no_option(checkouts: Checkouts) -> None:
    for name in OPTIONS.keys() - {"locale"}:
        with pytest.raises(ValueError, match=name):
            CheckoutRequest.model_validate({"items": by_price(PRICE), name: OPTIONS[name]})

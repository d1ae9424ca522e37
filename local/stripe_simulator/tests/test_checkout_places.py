"""Sessions on a page of the merchant's: what they have instead of an address, and need."""

from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused

RETURN_URL = "https://shop.example/return?session_id={CHECKOUT_SESSION_ID}"
OWN_PAGES = ["embedded_page", "elements"]


def embedded(sdk: stripe.StripeClient, shop: Shop, **more: Any) -> stripe.checkout.Session:  # noqa: ANN401
    params: Any = {
        "mode": "payment",
        "line_items": [{"price": shop.price().id, "quantity": 2}],
        "ui_mode": "embedded_page",
        "return_url": RETURN_URL,
    }
    given = {name: value for name, value in (params | more).items() if value is not None}
    return sdk.v1.checkout.sessions.create(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", OWN_PAGES)
def test_has_a_client_secret_in_place_of_an_address(
    sdk: stripe.StripeClient, shop: Shop, mode: str
) -> None:
    session = embedded(sdk, shop, ui_mode=mode)
    assert session.ui_mode == mode
    assert session.client_secret is not None
    assert session.client_secret.startswith(f"{session.id}_secret_")
    assert (session.url, session.success_url, session.cancel_url) == (None, None, None)
    assert session.return_url == RETURN_URL
    assert sdk.v1.checkout.sessions.retrieve(session.id) == session


def test_only_an_embedded_page_redirects_on_completion(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    assert embedded(sdk, shop).redirect_on_completion == "always"
    assert "redirect_on_completion" not in embedded(sdk, shop, ui_mode="elements")


def test_a_hosted_page_has_neither_secret_nor_return_url(shop: Shop) -> None:
    session = shop.session()
    assert (session.ui_mode, session.client_secret) == ("hosted_page", None)
    assert {"return_url", "redirect_on_completion"} & session.to_dict().keys() == set()


def test_is_paid_as_any_other_and_returns_to_its_address(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop
) -> None:
    session = embedded(sdk, shop)
    page = shop.pay(session, shop.payment_method(token="tok_visa"))
    assert page["success_url"] == f"https://shop.example/return?session_id={session.id}"
    paid = sdk.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert (paid.url, paid.client_secret) == (None, None)
    assert paid.return_url == RETURN_URL


def test_an_expired_session_has_no_secret(sdk: stripe.StripeClient, shop: Shop) -> None:
    assert sdk.v1.checkout.sessions.expire(embedded(sdk, shop).id).client_secret is None


@pytest.mark.parametrize("mode", OWN_PAGES)
@pytest.mark.parametrize(
    ("urls", "named"),
    [
        ({"success_url": RETURN_URL}, "success_url"),
        ({"cancel_url": RETURN_URL}, "cancel_url"),
        ({"success_url": RETURN_URL, "cancel_url": RETURN_URL}, "cancel_url, success_url"),
        ({"success_url": RETURN_URL, "return_url": None}, "success_url"),
    ],
)
def test_addresses_of_stripes_page_are_refused(
    sdk: stripe.StripeClient,
    shop: Shop,
    mode: str,
    urls: Json,
    named: str,
) -> None:
    message = f"The following parameters are not supported with `ui_mode: {mode}`: {named}."
    with refused(400, message, param=named.partition(",")[0]):
        embedded(sdk, shop, ui_mode=mode, **urls)


@pytest.mark.parametrize("mode", OWN_PAGES)
def test_a_return_url_is_missed(sdk: stripe.StripeClient, shop: Shop, mode: str) -> None:
    message = "Missing required param: return_url."
    with refused(400, message, code="parameter_missing", param="return_url"):
        embedded(sdk, shop, ui_mode=mode, return_url=None)


def test_a_return_url_is_a_url(sdk: stripe.StripeClient, shop: Shop) -> None:
    with refused(400, "Not a valid URL", code="url_invalid", param="return_url"):
        embedded(sdk, shop, return_url="shop")


def test_a_hosted_page_takes_no_return_url(shop: Shop) -> None:
    message = "The following parameters are not supported with `ui_mode: hosted_page`: return_url."
    with refused(400, message, param="return_url"):
        shop.session(return_url=RETURN_URL)


def test_an_unknown_mode_is_refused(sdk: stripe.StripeClient, shop: Shop) -> None:
    message = "Invalid ui_mode: must be one of elements, embedded_page, form, or hosted_page"
    with refused(400, message, param="ui_mode"):
        embedded(sdk, shop, ui_mode="embedded")

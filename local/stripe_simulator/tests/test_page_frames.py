"""The payment page in a frame of the shop's page: by a client secret, and for that shop alone."""

import httpx
import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.pages import Page

FORM = {"email": "jenny@example.com", "name": "Jenny Rosen", "card_number": "4242424242424242"}
RETURN_URL = "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}"


def embedded(shop: Shop, return_url: str = RETURN_URL) -> stripe.checkout.Session:
    return shop.session(
        ui_mode="embedded_page", return_url=return_url, success_url=None, cancel_url=None
    )


def path(session: stripe.checkout.Session) -> str:
    return f"/c/embed/{session.client_secret}"


def ancestors(response: httpx.Response) -> list[str]:
    policy = response.headers["Content-Security-Policy"].split("; ")
    return [one for one in policy if one.startswith("frame-ancestors")]


def test_frame_has_the_form(simulator: Running, shop: Shop) -> None:
    response = simulator.request("GET", path(embedded(shop)))
    page = Page(response.text)
    assert response.status_code == 200
    assert page.one("button", data_testid="hosted-payment-submit-button").text == "Pay $30.00"
    form = page.form()
    # Without a script the whole page goes to the shop, not the frame.
    assert form.attributes["target"] == "_top"
    assert form.attributes["data-shop"] == "https://shop.example"
    assert "Back" not in page.links


@pytest.mark.parametrize(
    ("return_url", "origin"),
    [
        ("https://shop.example/thanks", "https://shop.example"),
        ("http://localhost:3000/thanks?a=b", "http://localhost:3000"),
        ("https://jenny:secret@shop.example/", "https://shop.example"),
        ("https://shop.example;frame-src/", "'none'"),
        ("https://*/", "'none'"),
    ],
)
def test_only_the_shop_may_frame_it(
    simulator: Running, shop: Shop, return_url: str, origin: str
) -> None:
    session = embedded(shop, return_url)
    response = simulator.request("GET", path(session))
    assert ancestors(response) == [f"frame-ancestors {origin}"]
    refusal = simulator.request("POST", path(session), data=FORM | {"card_number": ""})
    assert (refusal.status_code, ancestors(refusal)) == (400, [f"frame-ancestors {origin}"])


def test_payment_leads_to_the_return_url(simulator: Running, shop: Shop) -> None:
    session = embedded(shop)
    thanks = f"https://shop.example/thanks?session_id={session.id}"
    response = simulator.request("POST", path(session), data=FORM)
    assert (response.status_code, response.headers["Location"]) == (303, thanks)
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    # A second click, after which the session has no secret any more.
    headers = {"Accept": "application/json"}
    again = simulator.request("POST", path(session), data=FORM, headers=headers)
    assert again.json() == {"redirect": thanks}
    assert len(simulator.sdk.v1.charges.list().data) == 1


def test_closed_frame_leads_back(simulator: Running, shop: Shop) -> None:
    session = embedded(shop)
    simulator.sdk.v1.checkout.sessions.expire(session.id)
    page = Page(simulator.request("GET", path(session)).text)
    assert "This page has expired" in page.texts
    assert page.one("a").attributes["target"] == "_top"


def test_secret_opens_its_session_alone(simulator: Running, shop: Shop) -> None:
    session, other = embedded(shop), embedded(shop)
    assert session.client_secret is not None
    assert other.client_secret is not None
    forged = session.id + other.client_secret.removeprefix(other.id)
    for secret in (forged, session.id, "cs_test_unknown_secret_1", f"{session.client_secret}x"):
        assert simulator.request("GET", f"/c/embed/{secret}").status_code == 404
        assert simulator.request("POST", f"/c/embed/{secret}", data=FORM).status_code == 404
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_each_kind_of_page_has_its_sessions(simulator: Running, shop: Shop) -> None:
    hosted = shop.session()
    assert simulator.request("GET", f"/c/embed/{hosted.id}_secret_1").status_code == 404
    assert simulator.request("GET", f"/c/pay/{embedded(shop).id}").status_code == 404

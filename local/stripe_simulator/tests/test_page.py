"""The hosted page, as the person who pays gets it: HTML over HTTP, no key."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from stripe_simulator.testing import NO_TLS, Received, Receiver, Running, Shop
from support.pages import Page

VISA = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
PERSON = {
    "email": "jenny@example.com",
    "name": "Jenny Rosen",
    "card_expiry": "12 / 34",
    "card_cvc": "123",
}


def show(simulator: Running, session: stripe.checkout.Session) -> Page:
    assert session.url is not None
    response = httpx.get(session.url, verify=NO_TLS)
    assert response.status_code == 200
    return Page(response.text)


def press_pay(simulator: Running, session: stripe.checkout.Session, **typed: str) -> httpx.Response:
    """What a browser posts: the inputs as the page has them, and what was typed."""
    fields = show(simulator, session).inputs() | PERSON | typed
    return simulator.request("POST", f"/c/pay/{session.id}", data=fields)


def test_page_shows_what_is_bought(simulator: Running, shop: Shop) -> None:
    page = show(simulator, shop.session())
    for text in ("Pay Example shop", "Mug", "Qty 2", "$30.00", "Pay $30.00"):
        assert text in page.texts
    assert page.inputs()["method"] == "card"
    assert "iban" not in page.inputs()
    assert page.alert == ""


def test_card_pays_and_leads_back_to_the_shop(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    response = press_pay(simulator, session, card_number=VISA)
    assert response.status_code == 303
    assert response.headers["Location"] == f"https://shop.example/thanks?session_id={session.id}"
    after = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("complete", "paid")
    assert after.customer_details is not None
    assert after.customer_details.email == "jenny@example.com"
    assert after.customer_details.name == "Jenny Rosen"


def test_decline_is_shown_and_can_be_retried(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    response = press_pay(simulator, session, card_number=DECLINED)
    assert response.status_code == 402
    page = Page(response.text)
    assert page.alert == "Your card was declined. Try another card."
    # What was typed is still there.
    assert page.inputs()["card_number"] == DECLINED
    assert page.inputs()["email"] == "jenny@example.com"
    assert press_pay(simulator, session, card_number=VISA).status_code == 303


@pytest.mark.parametrize(
    ("iban", "payment_status"),
    [
        ("AT61 1904 3002 3457 3201", "paid"),
        ("IT60 X054 2811 1010 0000 0123 456", "unpaid"),
    ],
)
def test_bank_debit_pays_later(
    simulator: Running, shop: Shop, iban: str, payment_status: str
) -> None:
    session = shop.session(shop.price(1200, "eur"))
    response = press_pay(simulator, session, method="sepa_debit", iban=iban)
    assert response.status_code == 303
    after = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("complete", payment_status)


def test_wrong_iban_keeps_the_choice_of_method(simulator: Running, shop: Shop) -> None:
    session = shop.session(shop.price(1200, "eur"))
    response = press_pay(simulator, session, method="sepa_debit", iban="AT61")
    page = Page(response.text)
    assert (response.status_code, page.alert) == (
        400,
        "Your IBAN is invalid. Check each character.",
    )
    assert (page.inputs()["method"], page.inputs()["iban"]) == ("sepa_debit", "AT61")


def test_free_order_asks_for_no_card(simulator: Running, shop: Shop) -> None:
    session = shop.session(shop.price(0))
    assert "card_number" not in show(simulator, session).inputs()
    assert press_pay(simulator, session, email="jenny").status_code == 400
    assert press_pay(simulator, session).status_code == 303
    after = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert after.payment_status == "no_payment_required"
    assert after.customer_details is not None
    assert after.customer_details.email == "jenny@example.com"


def test_customer_may_cancel(simulator: Running, shop: Shop) -> None:
    assert show(simulator, shop.session()).links == {"Back": "https://shop.example/cart"}
    assert show(simulator, shop.session(cancel_url=None)).links == {}


def test_email_of_the_shop_is_kept(simulator: Running, shop: Shop) -> None:
    session = shop.session(customer_email="ours@example.com")
    assert show(simulator, session).inputs()["email"] == "ours@example.com"
    press_pay(simulator, session, card_number=VISA, email="other@example.com")
    after = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert after.customer_details is not None
    assert after.customer_details.email == "ours@example.com"


def test_expired_page_leads_back(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    simulator.clock.now += 24 * 60 * 60
    page = show(simulator, session)
    assert "This page has expired" in page.texts
    assert page.links == {"Back to the shop": "https://shop.example/cart"}
    assert "form" not in page.tags


def test_paid_page_leads_to_the_thanks(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    press_pay(simulator, session, card_number=VISA)
    page = show(simulator, session)
    assert "You're all done" in page.texts
    thanks = f"https://shop.example/thanks?session_id={session.id}"
    assert page.links == {"Back to the shop": thanks}
    assert "form" not in page.tags


def test_expired_page_takes_no_payment(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    simulator.sdk.v1.checkout.sessions.expire(session.id)
    fields = PERSON | {"method": "card", "card_number": VISA}
    response = simulator.request("POST", f"/c/pay/{session.id}", data=fields)
    assert response.status_code == 409
    assert "This page has expired" in Page(response.text).texts
    assert simulator.sdk.v1.charges.list().data == []


def test_second_click_leads_to_the_same_thanks(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    fields = PERSON | {"method": "card", "card_number": VISA}
    first, second = (
        simulator.request("POST", f"/c/pay/{session.id}", data=fields) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["Location"] == first.headers["Location"]
    assert len(simulator.sdk.v1.charges.list().data) == 1


def test_second_click_waits_for_the_webhook_as_the_first(
    simulator: Running, shop: Shop, receiver: Receiver
) -> None:
    completed = ["checkout.session.completed"]
    params: Any = {"url": receiver.url, "enabled_events": completed}
    simulator.sdk.v1.webhook_endpoints.create(params)
    asked, may_respond = threading.Event(), threading.Event()

    def response(_: Received) -> int:
        asked.set()
        return 200 if may_respond.wait(10) else 500

    receiver.respond = response
    session = shop.session()
    fields = PERSON | {"method": "card", "card_number": VISA}
    with ThreadPoolExecutor() as pool:
        path = f"/c/pay/{session.id}"
        first = pool.submit(simulator.request, "POST", path, data=fields)
        assert asked.wait(10)
        second = pool.submit(simulator.request, "POST", path, data=fields)
        may_respond.set()
        assert [one.result(10).status_code for one in (first, second)] == [303, 303]
    assert len(simulator.sdk.v1.charges.list().data) == 1
    assert len(receiver.received) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_page_is_404(simulator: Running, method: str) -> None:
    response = simulator.request(method, "/c/pay/cs_test_%3Cscript%3E")
    assert response.status_code == 404
    assert "There is no such page to pay on." in response.text
    assert "<script>" not in response.text


def is_run(page: Page) -> bool:
    """Whether there is any script but the page's own."""
    return [one.attributes.get("src") for one in page.all("script")] != ["/_assets/checkout.js"]


def test_everything_from_outside_is_escaped(simulator: Running) -> None:
    evil = '"><script>alert(1)</script>'
    data: Any = {"currency": "usd", "unit_amount": 500, "product_data": {"name": evil}}
    session = Shop(simulator.sdk).session(
        line_items=[{"price_data": data, "quantity": 1}],
        cancel_url=f"https://shop.example/{evil}",
    )
    page = show(simulator, session)
    assert not is_run(page)
    assert evil in page.texts
    assert page.links == {"Back": f"https://shop.example/{evil}"}

    response = press_pay(simulator, session, card_number=evil, name=evil, email=evil)
    typed = Page(response.text)
    assert not is_run(typed)
    assert (typed.inputs()["name"], typed.inputs()["card_number"]) == (evil, evil)
    assert evil not in response.text


def test_template_marks_of_a_product_stay_as_they_are(simulator: Running) -> None:
    data: Any = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "$amount ${x}"}}
    session = Shop(simulator.sdk).session(line_items=[{"price_data": data, "quantity": 1}])
    assert "$amount ${x}" in show(simulator, session).texts


@pytest.mark.parametrize("path", ["known", "unknown"])
def test_page_runs_its_own_script_alone(simulator: Running, shop: Shop, path: str) -> None:
    id_ = shop.session().id if path == "known" else "cs_test_unknown"
    response = simulator.request("GET", f"/c/pay/{id_}")
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    # The browser would refuse these.
    elements = Page(response.text).elements
    assert not [one for one in elements if any(name.startswith("on") for name in one.attributes)]
    assert not [one for one in elements if one.tag == "style" or "style" in one.attributes]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_assets_of_a_page_are_there(simulator: Running, shop: Shop) -> None:
    page = show(simulator, shop.session())
    paths = [one.attributes["href"] for one in page.all("link")]
    paths += [one.attributes["src"] for one in page.all("script")]
    types = []
    for path in paths:
        response = simulator.request("GET", path)
        assert (response.status_code, response.headers["X-Content-Type-Options"]) == (
            200,
            "nosniff",
        )
        types.append(response.headers["Content-Type"].partition(";")[0])
    assert types == ["image/svg+xml", "text/css", "text/javascript"]


@pytest.mark.parametrize("path", ["../routes.py", "%2e%2e/templating.py", "/etc/passwd", ""])
def test_nothing_but_the_assets_is_served(simulator: Running, path: str) -> None:
    assert simulator.request("GET", f"/_assets/{path}").status_code in {404, 405}

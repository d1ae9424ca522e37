"""The hosted page, as the person who pays gets it: HTML over HTTP, no key."""

from html import escape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
import stripe

from tests.simulator.harness import Running, Shop

VISA = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
PERSON = {"email": "jenny@example.com", "name": "Jenny Rosen"}


class Page(HTMLParser):
    """What a person sees and can press: texts, links, and the form's inputs with their values."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.inputs: dict[str, str] = {}
        self.tags: list[str] = []
        self.alert = ""
        self._alerting = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self._alerting = given.get("role") == "alert"
        if tag == "a":
            self.links.append(given["href"])
        if tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self.inputs[given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())
        if self._alerting:
            self.alert += data.strip()
            self._alerting = False


def show(simulator: Running, session: stripe.checkout.Session) -> Page:
    assert session.url is not None
    response = httpx.get(session.url)
    assert response.status_code == 200
    return Page(response.text)


def press_pay(simulator: Running, session: stripe.checkout.Session, **typed: str) -> httpx.Response:
    """What a browser posts: the inputs as the page has them, and what was typed."""
    fields = show(simulator, session).inputs | PERSON | typed
    return simulator.request("POST", f"/c/pay/{session.id}", data=fields)


def test_page_shows_what_is_bought(simulator: Running, shop: Shop) -> None:
    page = show(simulator, shop.session())
    for text in ("Pay $30.00", "Mug", "2", "$30.00"):
        assert text in page.texts
    assert page.inputs["method"] == "card"
    assert "iban" not in page.inputs
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


def test_decline_says_so_and_can_be_tried_again(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    response = press_pay(simulator, session, card_number=DECLINED)
    assert response.status_code == 402
    page = Page(response.text)
    assert page.alert == "Your card was declined."
    # What was typed is still there.
    assert page.inputs["card_number"] == DECLINED
    assert page.inputs["email"] == "jenny@example.com"
    assert press_pay(simulator, session, card_number=VISA).status_code == 303


@pytest.mark.parametrize(
    ("typed", "status", "message"),
    [
        ({"card_number": "1234"}, 402, "Your card number is incorrect."),
        ({"card_number": ""}, 400, "You passed an empty string for 'card[number]'."),
        ({"card_number": VISA, "email": "jenny"}, 400, "Invalid email address: jenny"),
    ],
)
def test_mistake_is_reported(
    simulator: Running, shop: Shop, typed: dict[str, str], status: int, message: str
) -> None:
    session = shop.session()
    response = press_pay(simulator, session, **typed)
    assert response.status_code == status
    assert Page(response.text).alert.startswith(message)
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


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
    assert (response.status_code, page.alert) == (400, "The IBAN you provided is invalid.")
    assert (page.inputs["method"], page.inputs["iban"]) == ("sepa_debit", "AT61")


def test_free_order_asks_for_no_card(simulator: Running, shop: Shop) -> None:
    session = shop.session(shop.price(0))
    assert "card_number" not in show(simulator, session).inputs
    assert press_pay(simulator, session).status_code == 303


def test_customer_may_cancel(simulator: Running, shop: Shop) -> None:
    assert show(simulator, shop.session()).links == ["https://shop.example/cart"]
    assert show(simulator, shop.session(cancel_url=None)).links == []


def test_email_of_the_shop_is_kept(simulator: Running, shop: Shop) -> None:
    session = shop.session(customer_email="ours@example.com")
    assert show(simulator, session).inputs["email"] == "ours@example.com"
    press_pay(simulator, session, card_number=VISA, email="other@example.com")
    after = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert after.customer_details is not None
    assert after.customer_details.email == "ours@example.com"


def test_expired_page_leads_back(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    simulator.clock.now += 24 * 60 * 60
    page = show(simulator, session)
    assert "This page has expired" in page.texts
    assert page.links == ["https://shop.example/cart"]
    assert "form" not in page.tags


def test_paid_page_leads_to_the_thanks(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    press_pay(simulator, session, card_number=VISA)
    page = show(simulator, session)
    assert "You're all done" in page.texts
    assert page.links == [f"https://shop.example/thanks?session_id={session.id}"]
    assert "form" not in page.tags


@pytest.mark.parametrize("end", ["complete", "expired"])
def test_closed_page_takes_no_payment(simulator: Running, shop: Shop, end: str) -> None:
    session = shop.session()
    if end == "complete":
        press_pay(simulator, session, card_number=VISA)
    else:
        simulator.sdk.v1.checkout.sessions.expire(session.id)
    charges = len(simulator.sdk.v1.charges.list().data)
    fields = PERSON | {"method": "card", "card_number": VISA}
    response = simulator.request("POST", f"/c/pay/{session.id}", data=fields)
    assert response.status_code == 409
    assert len(simulator.sdk.v1.charges.list().data) == charges


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_page_is_404(simulator: Running, method: str) -> None:
    response = simulator.request(method, "/c/pay/cs_test_%3Cscript%3E")
    assert response.status_code == 404
    assert "There is no such page to pay on." in Page(response.text).texts
    assert "<script>" not in response.text


def test_everything_from_outside_is_escaped(simulator: Running) -> None:
    evil = '"><script>alert(1)</script>'
    data: Any = {"currency": "usd", "unit_amount": 500, "product_data": {"name": evil}}
    session = Shop(simulator.sdk).session(
        line_items=[{"price_data": data, "quantity": 1}],
        cancel_url=f"https://shop.example/{evil}",
    )
    page = show(simulator, session)
    assert "script" not in page.tags
    assert evil in page.texts
    assert page.links == [f"https://shop.example/{evil}"]

    response = press_pay(simulator, session, card_number=evil, name=evil, email=evil)
    typed = Page(response.text)
    assert "script" not in typed.tags
    assert (typed.inputs["name"], typed.inputs["card_number"]) == (evil, evil)
    assert escape(evil) in response.text


def test_template_marks_of_a_product_stay_as_they_are(simulator: Running) -> None:
    data: Any = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "$amount ${x}"}}
    session = Shop(simulator.sdk).session(line_items=[{"price_data": data, "quantity": 1}])
    assert "$amount ${x}" in show(simulator, session).texts


@pytest.mark.parametrize("path", ["known", "unknown"])
def test_page_can_run_nothing(simulator: Running, shop: Shop, path: str) -> None:
    id_ = shop.session().id if path == "known" else "cs_test_unknown"
    headers = simulator.request("GET", f"/c/pay/{id_}").headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert not any(directive.startswith("script-src") for directive in policy)
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Type"] == "text/html; charset=utf-8"

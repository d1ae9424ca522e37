"""The dashboard's payments: what it shows, and what its buttons do at Stripe."""

import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.dashboards import Dashboard, cells


@pytest.fixture
def dashboard(simulator: Running) -> Dashboard:
    return Dashboard(simulator)


@pytest.fixture
def paid(shop: Shop) -> stripe.checkout.Session:
    return shop.paid_session()


def test_overview_shows_what_happened_last(
    dashboard: Dashboard, paid: stripe.checkout.Session
) -> None:
    page = dashboard.open("/")
    assert page.one("h1").text == "Overview"
    assert cells(page, "payments")[0][:3] == ["$30.00", "succeeded", paid.payment_intent]
    assert cells(page, "events")[1][0] == "checkout.session.completed"
    assert {"1 Payments", "1 Checkout sessions", "0 Refunds"} <= set(page.links)


def test_every_section_opens(dashboard: Dashboard, paid: stripe.checkout.Session) -> None:
    first = dashboard.open("/")
    links = [one for one in first.all("a") if one.within(first.one("nav"))]
    assert len(links) == 12
    for link in links:
        page = dashboard.open(link.attributes["href"])
        assert page.one("a", aria_current="page").text == link.text
        assert page.one("h1").text
        ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
        assert len(ids) == len(set(ids))


def test_payment_can_be_found_by_its_charge(
    dashboard: Dashboard, simulator: Running, shop: Shop, paid: stripe.checkout.Session
) -> None:
    shop.paid_session()
    charge = simulator.get("/v1/charges", payment_intent=str(paid.payment_intent))["data"][0]["id"]
    page = dashboard.open(f"/dashboard/payments?query={charge}")
    assert [row[2] for row in cells(page, "payments")] == [paid.payment_intent]
    assert page.inputs()["query"] == charge
    assert dashboard.open(f"/dashboard/payments/{charge}").one("h1").text == "Payment"


def test_list_is_of_the_latest_hundred(
    dashboard: Dashboard, simulator: Running, shop: Shop
) -> None:
    price = shop.price()
    sessions = [shop.session(price).id for _ in range(101)]
    shown = [row[3] for row in cells(dashboard.open("/dashboard/sessions"), "sessions")]
    assert shown == sessions[:0:-1]
    page = dashboard.open(f"/dashboard/sessions?query={sessions[0]}")
    assert [row[3] for row in cells(page, "sessions")] == [sessions[0]]


def test_refund_of_everything(
    dashboard: Dashboard, simulator: Running, paid: stripe.checkout.Session
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    page = dashboard.press(path, f"{path}/refund")
    assert page.one(id_="notice").text == "The refund was created."
    (refund,) = simulator.get("/v1/refunds")["data"]
    assert (refund["amount"], refund["payment_intent"]) == (3000, paid.payment_intent)
    assert cells(page, "refunds")[0][:3] == ["$30.00", "succeeded", refund["id"]]
    assert cells(dashboard.open("/dashboard/refunds"), "refunds")[0][2] == refund["id"]


def test_refund_of_a_part(
    dashboard: Dashboard, simulator: Running, paid: stripe.checkout.Session
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    dashboard.press(path, f"{path}/refund", amount="12.50", reason="duplicate")
    (refund,) = simulator.get("/v1/refunds")["data"]
    assert (refund["amount"], refund["reason"]) == (1250, "duplicate")


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("30.01", "Refund amount ($30.01) is greater than charge amount ($30.00)"),
        ("ten", "ten is not an amount. Example: 12.50"),
        ("1.234", "1.234 is not an amount of USD, which has 2 digits after the point."),
        ("-1", "-1 is not an amount of USD, which has 2 digits after the point."),
        ("0", "This value must be greater than or equal to 1."),
    ],
)
def test_refund_that_stripe_refuses(
    dashboard: Dashboard,
    simulator: Running,
    paid: stripe.checkout.Session,
    amount: str,
    message: str,
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    status, page = dashboard.refused(path, f"{path}/refund", amount=amount)
    assert (status, page.alert) == (400, message)
    # What was typed is still there.
    assert page.one(id_="amount").attributes["value"] == amount
    assert simulator.get("/v1/refunds")["data"] == []


def test_dispute_of_any_payment(
    dashboard: Dashboard, simulator: Running, paid: stripe.checkout.Session
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    page = dashboard.press(path, f"{path}/dispute", reason="product_not_received")
    (dispute,) = simulator.get("/v1/disputes")["data"]
    assert (dispute["status"], dispute["reason"]) == ("needs_response", "product_not_received")
    assert cells(page, "disputes")[0][1] == "needs response"
    types = Shop(simulator.sdk).event_types()
    assert types[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


@pytest.mark.parametrize("end", ["win", "lose"])
def test_dispute_ends_as_decided(
    dashboard: Dashboard, simulator: Running, paid: stripe.checkout.Session, end: str
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    dashboard.press(path, f"{path}/dispute", reason="fraudulent")
    (dispute,) = simulator.get("/v1/disputes")["data"]
    page = dashboard.press(path, f"/dashboard/disputes/{dispute['id']}/{end}")
    decided = {"win": "won", "lose": "lost"}[end]
    assert simulator.get(f"/v1/disputes/{dispute['id']}")["status"] == decided
    assert cells(page, "disputes")[0][1] == decided
    # There is nothing left to decide.
    assert list(page.all("form", method="post")) == []


def test_inquiry_becomes_a_chargeback(
    dashboard: Dashboard, simulator: Running, paid: stripe.checkout.Session
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    dashboard.press(path, f"{path}/dispute", reason="general", inquiry="true")
    (dispute,) = simulator.get("/v1/disputes")["data"]
    assert dispute["status"] == "warning_needs_response"
    dashboard.press("/dashboard/disputes", f"/dashboard/disputes/{dispute['id']}/lose")
    assert simulator.get(f"/v1/disputes/{dispute['id']}")["status"] == "needs_response"


def test_decided_dispute_cannot_be_decided_again(
    dashboard: Dashboard, simulator: Running, paid: stripe.checkout.Session
) -> None:
    path = f"/dashboard/payments/{paid.payment_intent}"
    dashboard.press(path, f"{path}/dispute", reason="fraudulent")
    (dispute,) = simulator.get("/v1/disputes")["data"]
    token = dashboard.open(path).inputs()["csrf_token"]
    simulator.sdk.v1.disputes.close(dispute["id"])
    data = {"csrf_token": token}
    response = simulator.request("POST", f"/dashboard/disputes/{dispute['id']}/win", data=data)
    assert response.status_code == 400
    assert "This dispute is already closed." in response.text


def test_declined_payment_has_a_reason_and_no_dispute(
    dashboard: Dashboard, simulator: Running, shop: Shop
) -> None:
    session = shop.session()
    with pytest.raises(stripe.CardError):
        shop.pay(session, shop.payment_method(token="tok_chargeDeclined"))
    intent = simulator.get("/v1/payment_intents")["data"][0]["id"]
    page = dashboard.open(f"/dashboard/payments/{intent}")
    assert "Your card was declined." in page.texts
    path = f"/dashboard/payments/{intent}"
    status, refused = dashboard.refused(path, f"{path}/dispute", reason="fraudulent")
    assert (status, refused.alert) == (400, "Only a payment that succeeded can be disputed.")
    status, refused = dashboard.refused(path, f"{path}/refund")
    assert status == 400
    assert "does not have a successful charge to refund" in refused.alert


def test_session_shows_its_items_and_can_expire(
    dashboard: Dashboard, simulator: Running, shop: Shop
) -> None:
    session = shop.session(client_reference_id="cart-77")
    path = f"/dashboard/sessions/{session.id}"
    page = dashboard.open(path)
    assert cells(page, "items")[0][:3] == ["Mug", "2", "$30.00"]
    assert page.links["Open the payment page"] == session.url
    assert "cart-77" in page.texts
    after = dashboard.press(path, f"{path}/expire")
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert list(after.all("form", method="post")) == []


@pytest.mark.parametrize("kind", ["payments", "sessions", "events", "endpoints"])
def test_unknown_object_is_404(simulator: Running, kind: str) -> None:
    response = simulator.request("GET", f"/dashboard/{kind}/x_%3Cscript%3E")
    assert response.status_code == 404
    assert "<script>" not in response.text.replace('<script type="module"', "")


def test_everything_from_outside_is_escaped(dashboard: Dashboard, simulator: Running) -> None:
    evil = '"><script>alert(1)</script>'
    simulator.sdk.v1.products.create({"name": evil})
    shop = Shop(simulator.sdk)
    shop.session(client_reference_id=evil)
    event = simulator.get("/v1/events", type="product.created")["data"][-1]["id"]
    for path in ("/dashboard/products", "/dashboard/sessions", f"/dashboard/events/{event}"):
        scripts = [one.attributes.get("src") for one in dashboard.open(path).all("script")]
        assert scripts == ["/_assets/dashboard.js"]
    page = dashboard.open("/dashboard/payments?query=%22%3E%3Cscript%3E")
    assert page.inputs()["query"] == '"><script>'

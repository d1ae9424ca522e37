"""3D Secure: the customer's bank asks before a card pays."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stripe

from stripe_simulator.testing import NO_TLS, Running, Shop
from support.pages import Page
from support.refusals import refused

REQUIRED = "4000 0000 0000 3220"
DECLINED_AFTER = "4000 0084 0000 1629"
PERSON = {"email": "jenny@example.com", "name": "Jenny Rosen"}
RETURN_URL = "https://shop.example/back?cart=1"


def respond(simulator: Running, intent: str, *, passed: bool) -> httpx.Response:
    path = f"/_simulator/payment_intents/{intent}/authenticate"
    return simulator.request("POST", path, json={"passed": passed})


def pay(simulator: Running, session: stripe.checkout.Session, number: str) -> httpx.Response:
    data = PERSON | {"method": "card", "card_number": number}
    return simulator.request("POST", f"/c/pay/{session.id}", data=data)


def confirmed(sdk: stripe.StripeClient, method: str, return_url: str) -> stripe.PaymentIntent:
    return sdk.v1.payment_intents.create(
        {
            "amount": 500,
            "confirm": True,
            "currency": "usd",
            "payment_method": method,
            "return_url": return_url,
        }
    )


def test_intent_waits_for_its_customer(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop
) -> None:
    intent = confirmed(sdk, "pm_card_authenticationRequired", RETURN_URL)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == RETURN_URL
    assert shop.event_types() == ["payment_intent.created", "payment_intent.requires_action"]
    assert respond(simulator, intent.id, passed=True).json()["status"] == "succeeded"
    assert sdk.v1.payment_intents.retrieve(intent.id).next_action is None
    assert respond(simulator, intent.id, passed=True).status_code == 409
    assert respond(simulator, "pi_none", passed=True).status_code == 404


def test_failed_authentication_makes_no_charge(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop
) -> None:
    intent = confirmed(sdk, "pm_card_threeDSecure2Required", RETURN_URL)
    assert respond(simulator, intent.id, passed=False).json()["payment_method"] is None
    intent = sdk.v1.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert shop.event_types()[-1] == "payment_intent.payment_failed"


def test_absent_customer_can_not_authenticate(sdk: stripe.StripeClient) -> None:
    message = "Your card was declined. This transaction requires authentication."
    with refused(402, message, code="authentication_required", type_="card_error"):
        sdk.v1.payment_intents.create(
            {
                "amount": 500,
                "confirm": True,
                "currency": "usd",
                "off_session": True,
                "payment_method": "pm_card_authenticationRequired",
            }
        )


@pytest.mark.parametrize(("outcome", "status"), [("complete", "succeeded"), ("fail", "failed")])
def test_bank_leads_back_to_the_merchant(
    simulator: Running, sdk: stripe.StripeClient, outcome: str, status: str
) -> None:
    intent = confirmed(sdk, "pm_card_authenticationRequired", RETURN_URL)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = str(intent.next_action.redirect_to_url.url)
    assert (
        "Example shop asks for $5.00. Is it you who pays?"
        in Page(httpx.get(url, verify=NO_TLS).text).texts
    )
    location = httpx.post(url, data={"outcome": outcome}, verify=NO_TLS).headers["Location"]
    assert location.startswith(f"{RETURN_URL}&payment_intent={intent.id}")
    assert parse_qs(urlsplit(location).query)["redirect_status"] == [status]
    assert "The authentication is over" in Page(httpx.get(url, verify=NO_TLS).text).texts


def test_page_asks_before_it_pays(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    bank = pay(simulator, session, REQUIRED).headers["Location"]
    sessions = simulator.sdk.v1.checkout.sessions
    assert sessions.retrieve(session.id).status == "open"
    done = simulator.request("POST", bank, data={"outcome": "complete"})
    assert done.headers["Location"].startswith("https://shop.example/thanks")
    after = sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("complete", "paid")
    assert after.customer_details is not None
    assert after.customer_details.email == "jenny@example.com"


@pytest.mark.parametrize(("number", "outcome"), [(REQUIRED, "fail"), (DECLINED_AFTER, "complete")])
def test_customer_can_try_another_card(
    simulator: Running, shop: Shop, number: str, outcome: str
) -> None:
    session = shop.session()
    bank = pay(simulator, session, number).headers["Location"]
    back = simulator.request("POST", bank, data={"outcome": outcome})
    assert back.headers["Location"] == session.url
    assert pay(simulator, session, "4242 4242 4242 4242").status_code == 303
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_manual_capture_waits_for_both(simulator: Running, shop: Shop) -> None:
    session = shop.session(payment_intent_data={"capture_method": "manual"})
    shop.pay(session, shop.payment_method(token="tok_threeDSecure2Required"))
    intent = simulator.sdk.v1.checkout.sessions.retrieve(session.id).payment_intent
    assert respond(simulator, str(intent), passed=True).json()["status"] == "requires_capture"
    after = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("complete", "unpaid")

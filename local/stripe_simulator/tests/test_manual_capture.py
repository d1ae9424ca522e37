"""Money that is reserved first and captured later.

https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
"""

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused

WEEK_SECONDS = 7 * 24 * 60 * 60
MANUAL: Json = {"payment_intent_data": {"capture_method": "manual"}}


@pytest.fixture
def reserved(sdk: stripe.StripeClient, shop: Shop) -> stripe.checkout.Session:
    return authorize(sdk, shop)


def authorize(
    sdk: stripe.StripeClient, shop: Shop, token: str = "tok_visa"
) -> stripe.checkout.Session:
    session = shop.session(**MANUAL)
    shop.pay(session, shop.payment_method(token=token))
    return sdk.v1.checkout.sessions.retrieve(session.id)


def charge_of(simulator: Running, session: stripe.checkout.Session) -> Json:
    (charge,) = simulator.get("/v1/charges", payment_intent=str(session.payment_intent))["data"]
    found: Json = charge
    return found


def test_authorized_session_is_complete_and_unpaid(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, reserved: stripe.checkout.Session
) -> None:
    assert (reserved.status, reserved.payment_status) == ("complete", "unpaid")
    intent = sdk.v1.payment_intents.retrieve(str(reserved.payment_intent))
    assert (intent.status, intent.capture_method) == ("requires_capture", "manual")
    assert (intent.amount_capturable, intent.amount_received) == (3000, 0)
    charge = charge_of(simulator, reserved)
    assert (charge["status"], charge["paid"], charge["captured"]) == ("succeeded", True, False)
    assert (charge["amount_captured"], charge["balance_transaction"]) == (0, None)
    card = charge["payment_method_details"]["card"]
    assert card["capture_before"] == charge["created"] + WEEK_SECONDS
    events = shop.event_types()
    assert "payment_intent.amount_capturable_updated" in events
    assert "charge.succeeded" in events
    assert "payment_intent.succeeded" not in events


def test_capture_pays_the_session(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, reserved: stripe.checkout.Session
) -> None:
    intent = sdk.v1.payment_intents.capture(str(reserved.payment_intent))
    assert (intent.status, intent.amount_received, intent.amount_capturable) == (
        "succeeded",
        3000,
        0,
    )
    assert sdk.v1.checkout.sessions.retrieve(reserved.id).payment_status == "paid"
    charge = charge_of(simulator, reserved)
    assert (charge["captured"], charge["amount_captured"]) == (True, 3000)
    assert {"charge.captured", "payment_intent.succeeded"} <= set(shop.event_types())


def test_partial_capture_releases_the_rest(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, reserved: stripe.checkout.Session
) -> None:
    """Without a refund, since 2025-03-31:
    https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
    """
    intent = sdk.v1.payment_intents.capture(
        str(reserved.payment_intent), {"amount_to_capture": 1000}
    )
    assert (intent.status, intent.amount, intent.amount_received) == ("succeeded", 3000, 1000)
    assert intent.amount_capturable == 0
    charge = charge_of(simulator, reserved)
    assert (charge["amount"], charge["amount_captured"]) == (3000, 1000)
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    transaction = sdk.v1.balance_transactions.retrieve(charge["balance_transaction"])
    assert transaction.amount == 1000
    assert simulator.get("/v1/refunds")["data"] == []
    assert "charge.refunded" not in shop.event_types()


def test_no_more_is_refunded_than_captured(
    simulator: Running, sdk: stripe.StripeClient, reserved: stripe.checkout.Session
) -> None:
    intent = str(reserved.payment_intent)
    sdk.v1.payment_intents.capture(intent, {"amount_to_capture": 1000})
    message = "Refund amount ($10.01) is greater than charge amount ($10.00)"
    with refused(400, message, param="amount"):
        sdk.v1.refunds.create({"payment_intent": intent, "amount": 1001})
    assert sdk.v1.refunds.create({"payment_intent": intent}).amount == 1000
    assert charge_of(simulator, reserved)["refunded"] is True


def test_uncaptured_money_is_not_refunded(
    sdk: stripe.StripeClient, reserved: stripe.checkout.Session
) -> None:
    intent = str(reserved.payment_intent)
    message = f"This PaymentIntent ({intent}) does not have a successful charge to refund."
    with refused(400, message):
        sdk.v1.refunds.create({"payment_intent": intent})


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("capture", "has already been captured."),
        (
            "cancel",
            (
                "has a status of canceled. Only a PaymentIntent with one of the following statuses "
                "may be captured: requires_capture."
            ),
        ),
    ],
)
def test_ended_authorization_is_not_captured(
    sdk: stripe.StripeClient, reserved: stripe.checkout.Session, end: str, message: str
) -> None:
    intents, intent = sdk.v1.payment_intents, str(reserved.payment_intent)
    getattr(intents, end)(intent)
    message = f"This PaymentIntent could not be captured because it {message}"
    with refused(400, message, code="payment_intent_unexpected_state"):
        intents.capture(intent)


def test_capture_is_of_what_is_reserved(
    sdk: stripe.StripeClient, reserved: stripe.checkout.Session
) -> None:
    message = "The amount to capture (3001) is greater than the amount capturable (3000)."
    with refused(400, message, code="amount_too_large", param="amount_to_capture"):
        sdk.v1.payment_intents.capture(str(reserved.payment_intent), {"amount_to_capture": 3001})


def test_canceled_authorization_releases_it_all(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, reserved: stripe.checkout.Session
) -> None:
    intent = sdk.v1.payment_intents.cancel(
        str(reserved.payment_intent), {"cancellation_reason": "requested_by_customer"}
    )
    assert (intent.status, intent.cancellation_reason) == ("canceled", "requested_by_customer")
    assert (intent.amount_capturable, intent.amount_received) == (0, 0)
    charge = charge_of(simulator, reserved)
    assert (charge["captured"], charge["amount_captured"]) == (False, 0)
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    session = sdk.v1.checkout.sessions.retrieve(reserved.id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert shop.event_types()[-1] == "payment_intent.canceled"


def test_authorization_expires_after_a_week(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop, reserved: stripe.checkout.Session
) -> None:
    simulator.clock.now += WEEK_SECONDS - 1
    intents, id_ = sdk.v1.payment_intents, str(reserved.payment_intent)
    assert intents.retrieve(id_).status == "requires_capture"
    simulator.clock.now += 1
    intent = intents.retrieve(id_)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")
    assert shop.event_types()[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_authorization_may_be_made_to_expire(
    simulator: Running, sdk: stripe.StripeClient, reserved: stripe.checkout.Session
) -> None:
    path = f"/_simulator/payment_intents/{reserved.payment_intent}/expire"
    assert simulator.request("POST", path).json()["cancellation_reason"] == "expired"
    assert simulator.request("POST", path).status_code == 409
    assert simulator.request("POST", path.replace("pi_", "pi_no")).status_code == 404
    # The clock finds it ended.
    simulator.clock.now += WEEK_SECONDS
    assert sdk.v1.payment_intents.retrieve(str(reserved.payment_intent)).status == "canceled"


def test_captured_money_stays_after_a_week(
    simulator: Running, sdk: stripe.StripeClient, reserved: stripe.checkout.Session
) -> None:
    intents, id_ = sdk.v1.payment_intents, str(reserved.payment_intent)
    intents.capture(id_)
    simulator.clock.now += WEEK_SECONDS
    assert intents.retrieve(id_).status == "succeeded"


def test_dispute_is_of_captured_money(sdk: stripe.StripeClient, shop: Shop) -> None:
    reserved = authorize(sdk, shop, "tok_createDispute")
    assert sdk.v1.disputes.list().data == []
    sdk.v1.payment_intents.capture(str(reserved.payment_intent), {"amount_to_capture": 700})
    assert [one.amount for one in sdk.v1.disputes.list().data] == [700]


def test_declined_authorization_leaves_the_session_open(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    session = shop.session(**MANUAL)
    with pytest.raises(stripe.CardError):
        shop.pay(session, shop.payment_method(token="tok_chargeDeclined"))
    assert sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_debits_are_not_offered_for_manual_capture(sdk: stripe.StripeClient, shop: Shop) -> None:
    price = shop.price(currency="eur")
    assert shop.session(price, **MANUAL).payment_method_types == ["card"]
    message = "The payment method type sepa_debit does not support manual capture."
    with refused(400, message, param="payment_method_types"):
        shop.session(price, payment_method_types=["card", "sepa_debit"], **MANUAL)
    with refused(400, message, param="payment_method_types"):
        sdk.raw_request(
            "post",
            "/v1/payment_intents",
            amount=500,
            capture_method="manual",
            currency="eur",
            payment_method_types=["sepa_debit"],
        )


@pytest.mark.parametrize(
    "manual",
    [
        {"capture_method": "manual"},
        {"payment_method_options": {"card": {"capture_method": "manual"}}},
    ],
)
def test_intent_of_its_own_is_captured(sdk: stripe.StripeClient, manual: Json) -> None:
    intent = sdk.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        | manual  # type: ignore[arg-type]
    )
    assert intent.status == "requires_capture"
    assert sdk.v1.payment_intents.capture(intent.id).status == "succeeded"


def test_amount_is_updated_until_it_is_reserved(sdk: stripe.StripeClient) -> None:
    intents = sdk.v1.payment_intents
    intent = intents.create({"amount": 500, "currency": "usd", "capture_method": "manual"})
    assert intents.update(intent.id, {"amount": 700}).amount == 700
    with refused(
        400,
        "Amount must be at least $0.50 usd",
        code="amount_too_small",
        param="amount",
    ):
        intents.update(intent.id, {"amount": 49})
    confirmed = intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert confirmed.amount_capturable == 700
    message = (
        "This PaymentIntent's amount could not be updated because it has a status of "
        "requires_capture. You may only update the amount of a PaymentIntent with one of the "
        "following statuses: requires_payment_method, requires_confirmation, requires_action."
    )
    with refused(400, message, code="payment_intent_unexpected_state"):
        intents.update(intent.id, {"amount": 800})

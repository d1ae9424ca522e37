"""PaymentIntents without a Checkout Session, as the Stripe CLI makes them."""

import pytest
import stripe

from stripe_simulator.testing import Shop
from support.refusals import refused


def test_intent_begins_without_a_method(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.client_secret is not None
    assert intent.client_secret.startswith(f"{intent.id}_secret_")


def test_intent_with_a_method_waits_to_be_confirmed(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    assert intent.status == "requires_confirmation"
    assert sdk.v1.payment_intents.confirm(intent.id).status == "succeeded"


def test_intent_may_be_confirmed_at_once(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    assert intent.status == "succeeded"


def test_declined_intent_takes_another_card(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    with refused(402, "Your card was declined.", code="card_declined", type_="card_error"):
        sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert sdk.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    confirmed = sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert confirmed.status == "succeeded"


def test_intent_without_a_method_is_not_confirmed(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    message = "You cannot confirm this PaymentIntent because it's missing a payment method."
    with refused(400, message, code="payment_intent_unexpected_state"):
        sdk.v1.payment_intents.confirm(intent.id)


def test_intent_is_canceled_once(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    canceled = sdk.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "duplicate")
    message = (
        "You cannot cancel this PaymentIntent because it has a status of canceled. Only a "
        "PaymentIntent with one of the following statuses may be canceled: "
        "requires_payment_method, requires_capture, requires_confirmation, requires_action."
    )
    with refused(400, message, code="payment_intent_unexpected_state"):
        sdk.v1.payment_intents.cancel(intent.id)


@pytest.mark.parametrize("end", ["succeeded", "canceled"])
def test_ended_intent_is_not_confirmed(sdk: stripe.StripeClient, end: str) -> None:
    intent = sdk.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa"}
    )
    intents = sdk.v1.payment_intents
    ended = intents.confirm(intent.id) if end == "succeeded" else intents.cancel(intent.id)
    assert ended.status == end
    message = (
        f"This PaymentIntent's status is {end}, but must be one of the following to be "
        "confirmed: requires_payment_method, requires_confirmation, requires_action."
    )
    with refused(400, message, code="payment_intent_unexpected_state"):
        intents.confirm(intent.id)


def test_intent_of_a_session_is_not_canceled_alone(sdk: stripe.StripeClient, shop: Shop) -> None:
    session = shop.session()
    with pytest.raises(stripe.CardError):
        shop.pay(session, shop.payment_method(token="tok_chargeDeclined"))
    intent = sdk.v1.checkout.sessions.retrieve(session.id).payment_intent
    message = (
        "You cannot cancel this PaymentIntent because it was created by a Checkout Session. "
        "Expire the Checkout Session instead."
    )
    with refused(400, message, code="payment_intent_unexpected_state"):
        sdk.v1.payment_intents.cancel(str(intent))


@pytest.mark.parametrize(
    ("amount", "message", "code"),
    [
        (49, "Amount must be at least $0.50 usd", "amount_too_small"),
        (100_000_000, "Amount must be no more than $999,999.99 usd", "amount_too_large"),
    ],
)
def test_amount_can_be_charged(
    sdk: stripe.StripeClient, amount: int, message: str, code: str
) -> None:
    with refused(400, message, code=code, param="amount"):
        sdk.v1.payment_intents.create({"amount": amount, "currency": "usd"})


def test_charge_list_filters_by_intent(sdk: stripe.StripeClient, shop: Shop) -> None:
    shop.paid_session()
    intent = str(shop.paid_session().payment_intent)
    charges = sdk.v1.charges.list({"payment_intent": intent}).data
    assert [charge.payment_intent for charge in charges] == [intent]


@pytest.mark.parametrize("number", ["4242 4242 4242 4242", "5555555555554444", "378282246310005"])
def test_card_number_makes_a_method(sdk: stripe.StripeClient, shop: Shop, number: str) -> None:
    method = sdk.v1.payment_methods.retrieve(shop.payment_method(number=number))
    assert method.card is not None
    assert method.card.last4 == number[-4:]


def test_unknown_card_number_is_incorrect(shop: Shop) -> None:
    message = "Your card number is incorrect."
    with refused(402, message, code="incorrect_number", param="number", type_="card_error"):
        shop.payment_method(number="4242424242424241")


def test_unknown_token_is_missing(shop: Shop) -> None:
    message = "No such token: 'tok_none'"
    with refused(400, message, code="resource_missing", param="card[token]"):
        shop.payment_method(token="tok_none")

"""Defaults of PaymentIntents, and PaymentIntents in Stripe's errors."""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Shop


def test_automatic_payment_methods_are_the_default(sdk: stripe.StripeClient) -> None:
    intent = sdk.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    assert intent.automatic_payment_methods is not None
    assert intent.automatic_payment_methods.enabled
    assert intent.automatic_payment_methods.allow_redirects == "always"
    assert intent.payment_method_types == ["card", "sepa_debit"]
    dollars = sdk.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    assert dollars.payment_method_types == ["card"]


def test_named_types_switch_automatic_ones_off(sdk: stripe.StripeClient) -> None:
    response = sdk.raw_request(
        "post", "/v1/payment_intents", amount=500, currency="eur", payment_method_types=["card"]
    )
    assert response.data["automatic_payment_methods"] is None
    assert response.data["payment_method_types"] == ["card"]


def test_debit_is_made_with_a_mandate(sdk: stripe.StripeClient, shop: Shop) -> None:
    intent = sdk.v1.payment_intents.create(
        {
            "amount": 500,
            "confirm": True,
            "confirmation_method": "manual",
            "currency": "eur",
            "mandate_data": {"customer_acceptance": {"accepted_at": 1590590577, "type": "offline"}},
            "payment_method": shop.bank_account("AT611904300234573201"),
        }
    )
    assert (intent.status, intent.confirmation_method) == ("processing", "manual")


@pytest.mark.parametrize("call", ["capture", "cancel", "confirm", "update"])
def test_error_of_a_state_shows_the_intent(sdk: stripe.StripeClient, call: str) -> None:
    intents: Any = sdk.v1.payment_intents
    paid = intents.create(
        {"amount": 500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    with pytest.raises(stripe.InvalidRequestError) as caught:
        getattr(intents, call)(paid.id, {"amount": 700} if call == "update" else {})
    error: Any = caught.value.error
    assert error.code == "payment_intent_unexpected_state"
    assert (error.payment_intent.id, error.payment_intent.status) == (paid.id, "succeeded")

"""SetupIntents: a payment method is saved without a payment."""

import pytest
import stripe

from stripe_simulator.testing import Shop
from support.refusals import refused


def test_card_is_saved_for_its_customer(sdk: stripe.StripeClient, shop: Shop) -> None:
    customer = sdk.v1.customers.create({"name": "Jenny"})
    intent = sdk.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    )
    assert (intent.status, intent.usage) == ("succeeded", "off_session")
    methods = sdk.v1.customers.payment_methods.list(customer.id).data
    assert [method.id for method in methods] == [intent.payment_method]
    assert shop.event_types() == [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    listed = sdk.v1.setup_intents.list({"customer": customer.id, "expand": ["data.customer"]})
    assert [one.id for one in listed.data] == [intent.id]
    assert sdk.v1.setup_intents.list({"payment_method": "pm_none"}).data == []


def test_setup_is_confirmed_later(sdk: stripe.StripeClient) -> None:
    intents = sdk.v1.setup_intents
    intent = intents.create()
    assert intent.status == "requires_payment_method"
    with refused(
        400,
        "You cannot confirm this SetupIntent because it's missing a payment method.",
        code="setup_intent_unexpected_state",
    ):
        intents.confirm(intent.id)
    assert intents.update(intent.id, {"description": "Mug"}).description == "Mug"
    assert intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    assert intents.retrieve(intent.id).status == "succeeded"


def test_declined_card_is_not_saved(sdk: stripe.StripeClient, shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        sdk.v1.setup_intents.create({"payment_method": "pm_card_chargeDeclined", "confirm": True})
    assert caught.value.error is not None
    assert caught.value.error.setup_intent is not None
    assert caught.value.error.setup_intent.status == "requires_payment_method"
    assert shop.event_types() == ["setup_intent.created", "setup_intent.setup_failed"]


def test_setup_may_wait_for_its_customer(sdk: stripe.StripeClient, shop: Shop) -> None:
    intent = sdk.v1.setup_intents.create(
        {"payment_method": "pm_card_authenticationRequired", "confirm": True}
    )
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert shop.event_types()[-1] == "setup_intent.requires_action"


def test_setup_is_canceled_once(sdk: stripe.StripeClient) -> None:
    intents = sdk.v1.setup_intents
    intent = intents.create({"payment_method": "pm_card_visa"})
    canceled = intents.cancel(intent.id, {"cancellation_reason": "duplicate"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "duplicate")
    for call, end in ((intents.cancel, "canceled"), (intents.confirm, "confirmed")):
        message = (
            "This SetupIntent's status is canceled, but must be one of the following to be "
            f"{end}: requires_payment_method, requires_confirmation, requires_action."
        )
        with refused(400, message, code="setup_intent_unexpected_state"):
            call(intent.id)

"""A card payment's balance transaction, which is there a while after the payment.

https://docs.stripe.com/payments/payment-intents/asynchronous-capture
"""

from collections.abc import Iterator

import pytest
import stripe

from stripe_simulator.testing import Running, Shop, fast, running


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running(fast(balance_transaction_seconds=2.5)) as one:
        yield one


def test_balance_transaction_comes_later_with_an_event(
    simulator: Running, sdk: stripe.StripeClient, shop: Shop
) -> None:
    shop.paid_session()
    charge = sdk.v1.charges.list().data[0]
    assert (charge.captured, charge.amount_captured) == (True, 3000)
    assert charge.balance_transaction is None
    assert "charge.updated" not in shop.event_types()
    simulator.clock.now += 2.5
    (event,) = sdk.v1.events.list({"type": "charge.updated"}).data
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {"balance_transaction": None}
    assert event.request is not None
    assert event.request.id is None
    transaction = event.data.object["balance_transaction"]
    assert sdk.v1.charges.retrieve(charge.id).balance_transaction == transaction
    assert sdk.v1.balance_transactions.retrieve(transaction).amount == 3000


def test_synchronous_capture_has_it_at_once(sdk: stripe.StripeClient, shop: Shop) -> None:
    sdk.v1.payment_intents.create(
        {
            "amount": 500,
            "capture_method": "automatic",
            "confirm": True,
            "currency": "usd",
            "payment_method": "pm_card_visa",
        }
    )
    assert sdk.v1.charges.list().data[0].balance_transaction is not None
    assert "charge.updated" not in shop.event_types()

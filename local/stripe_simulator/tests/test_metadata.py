"""Metadata: how an update merges it, and what copies it."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Running, Shop

type Update = Callable[[Any], Any]
"""Update one object's metadata; the object."""


def price_update(sdk: stripe.StripeClient, shop: Shop) -> Update:
    id_ = shop.price(lookup_key="mug", metadata={"sellable": "true", "colour": "red"}).id
    return lambda metadata: sdk.v1.prices.update(id_, {"metadata": metadata})


def product_update(sdk: stripe.StripeClient, shop: Shop) -> Update:
    id_ = sdk.v1.products.create(
        {"name": "Mug", "metadata": {"sellable": "true", "colour": "red"}}
    ).id
    return lambda metadata: sdk.v1.products.update(id_, {"metadata": metadata})


def intent_update(sdk: stripe.StripeClient, shop: Shop) -> Update:
    data: Any = {"metadata": {"sellable": "true", "colour": "red"}}
    session = shop.session(payment_intent_data=data)
    shop.pay(session, shop.payment_method(token="tok_visa"))
    id_ = str(sdk.v1.checkout.sessions.retrieve(session.id).payment_intent)
    return lambda metadata: sdk.v1.payment_intents.update(id_, {"metadata": metadata})


@pytest.fixture(params=[price_update, product_update, intent_update])
def update(request: pytest.FixtureRequest, sdk: stripe.StripeClient, shop: Shop) -> Update:
    made: Update = request.param(sdk, shop)
    return made


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"size": "L"}, {"sellable": "true", "colour": "red", "size": "L"}),
        ({"sellable": "false"}, {"sellable": "false", "colour": "red"}),
        ({"sellable": ""}, {"colour": "red"}),
        ({"sellable": "", "size": "L"}, {"colour": "red", "size": "L"}),
        ({"never": ""}, {"sellable": "true", "colour": "red"}),
        ("", {}),
    ],
)
def test_update_merges_metadata(update: Update, change: Any, after: dict[str, str]) -> None:  # noqa: ANN401
    assert update(change).metadata.to_dict() == after


def test_created_metadata_leaves_empty_values_out(shop: Shop) -> None:
    assert shop.price(metadata={"sellable": "", "colour": "red"}).metadata.to_dict() == {
        "colour": "red"
    }


def test_update_of_metadata_keeps_the_rest_of_a_price(sdk: stripe.StripeClient, shop: Shop) -> None:
    price = shop.price(lookup_key="mug")
    after = sdk.v1.prices.update(price.id, {"metadata": {"sellable": "true"}})
    assert (after.lookup_key, after.active, after.unit_amount) == ("mug", True, 1500)


def test_charge_keeps_the_metadata_of_its_confirmation(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    data: Any = {"metadata": {"order_id": "order-1"}}
    session = shop.session(payment_intent_data=data)
    shop.pay(session, shop.payment_method(token="tok_visa"))
    intent = str(sdk.v1.checkout.sessions.retrieve(session.id).payment_intent)
    sdk.v1.payment_intents.update(intent, {"metadata": {"order_id": "SO-10023"}})
    [charge] = sdk.v1.charges.list({"payment_intent": intent}).data
    assert charge.metadata.to_dict() == {"order_id": "order-1"}
    assert sdk.v1.payment_intents.retrieve(intent).metadata.to_dict() == {"order_id": "SO-10023"}


@pytest.mark.parametrize("metadata", [{"order_id": "SO-10023"}, {"order_id": ""}, ""])
def test_refund_does_not_need_the_metadata(
    simulator: Running, shop: Shop, metadata: dict[str, str] | str
) -> None:
    data: Any = {"metadata": {"order_id": "order-1"}}
    session = shop.session(payment_intent_data=data)
    shop.pay(session, shop.payment_method(token="tok_createDispute"))
    sdk = simulator.sdk
    intent = str(sdk.v1.checkout.sessions.retrieve(session.id).payment_intent)
    changes: Any = {"metadata": metadata}
    sdk.v1.payment_intents.update(intent, changes)
    [dispute] = sdk.v1.disputes.list({"payment_intent": intent}).data
    params: Any = {"evidence": {"uncategorized_text": "winning_evidence"}}
    sdk.v1.disputes.update(dispute.id, params)
    simulator.clock.now += 1
    assert sdk.v1.disputes.retrieve(dispute.id).status == "won"
    refund = sdk.v1.refunds.create({"payment_intent": intent, "amount": 100})
    assert refund.metadata is not None
    assert refund.metadata.to_dict() == {}
    types = shop.event_types()
    assert types[types.index("charge.dispute.updated") :] == [
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]

"""Responses have exactly the fields that the SDK's classes declare."""

from typing import TYPE_CHECKING, Any

import pytest
import stripe
from stripe import StripeObject

from stripe_simulator.testing import Receiver, Running, Shop
from support.shapes import differences

if TYPE_CHECKING:
    from stripe_simulator.documents import Json


@pytest.fixture
def full(simulator: Running, shop: Shop, receiver: Receiver) -> Running:
    """An account with some of everything, in every state."""
    sdk = simulator.sdk
    sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["charge.pending"]})
    cup = sdk.v1.products.create({"name": "Cup", "images": ["https://shop.example/cup.png"]})
    sdk.v1.products.update(cup.id, {"url": "https://shop.example/cup"})
    shop.price(recurring={"interval": "month"})
    address: Any = {"line1": "1 High Street", "country": "GB"}
    jenny: Any = {"name": "Jenny Rosen", "address": address}
    customer = sdk.v1.customers.create(
        {"name": "Jenny Rosen", "address": address, "email": "jenny@example.com", "shipping": jenny}
    )
    sdk.v1.customers.update(customer.id, {"shipping": jenny})
    item: Any = {
        "price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Plate"}},
        "quantity": 1,
        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9},
    }
    sessions = [
        shop.session(customer=customer.id, payment_method_types=["card"]),
        shop.session(customer_email="jenny@example.com", metadata={"order": "1"}),
        shop.session(line_items=[item], customer_creation="always"),
        shop.session(line_items=[item], payment_intent_data={"shipping": jenny}),
        shop.session(line_items=[item]),
        shop.session(),
    ]
    shop.pay(sessions[0], shop.payment_method(token="tok_visa"))
    with pytest.raises(stripe.CardError):
        shop.pay(sessions[1], shop.payment_method(token="tok_chargeDeclined"))
    shop.pay(sessions[2], shop.bank_account("AT611904300234573201"))
    shop.pay(sessions[3], shop.bank_account("IT60X0542811101000000123456"))
    shop.pay(sessions[4], shop.payment_method(token="tok_visa"))
    sdk.v1.checkout.sessions.expire(sessions[5].id)
    automatic: Any = {"enabled": True}
    sdk.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "automatic_payment_methods": automatic}
    )
    simulator.wait_for_attempts(2)  # Each counts an event's `pending_webhooks` down.
    return simulator


LISTED: list[tuple[str, type[StripeObject], int]] = [
    ("/v1/products", stripe.Product, 8),
    ("/v1/prices", stripe.Price, 7),
    ("/v1/customers", stripe.Customer, 2),
    ("/v1/checkout/sessions", stripe.checkout.Session, 6),
    ("/v1/payment_intents", stripe.PaymentIntent, 6),
    ("/v1/charges", stripe.Charge, 5),
    ("/v1/balance_transactions", stripe.BalanceTransaction, 3),
    ("/v1/events", stripe.Event, 40),
    ("/v1/webhook_endpoints", stripe.WebhookEndpoint, 1),
]


@pytest.mark.parametrize(("path", "class_", "number"), LISTED)
def test_listed_object_is_as_declared(
    full: Running, path: str, class_: type[StripeObject], number: int
) -> None:
    listed = full.get(path, limit="100")["data"]
    assert len(listed) >= number
    found = {text for one in listed for text in differences(class_, one, class_.__name__)}
    assert not found


@pytest.mark.parametrize(("path", "class_", "number"), LISTED)
def test_object_retrieved_is_the_object_listed(
    full: Running, path: str, class_: type[StripeObject], number: int
) -> None:
    for one in full.get(path, limit="100")["data"]:
        assert full.get(f"{path}/{one['id']}") == one


def test_line_items_are_as_declared(full: Running) -> None:
    for session in full.get("/v1/checkout/sessions", limit="100")["data"]:
        items = full.get(f"/v1/checkout/sessions/{session['id']}/line_items")["data"]
        assert items
        for item in items:
            assert not list(differences(stripe.LineItem, item, "line item"))
            assert not list(differences(stripe.Price, item["price"], "price"))


@pytest.mark.parametrize("type_", ["card", "sepa_debit"])
def test_payment_method_is_as_declared(simulator: Running, shop: Shop, type_: str) -> None:
    iban = "AT611904300234573201"
    made = shop.payment_method(token="tok_visa") if type_ == "card" else shop.bank_account(iban)
    method = simulator.get(f"/v1/payment_methods/{made}")
    assert not list(differences(stripe.PaymentMethod, method, "payment method"))
    assert method["type"] == type_
    assert method[type_] is not None


def test_event_holds_the_object_as_declared(full: Running) -> None:
    classes = {class_.OBJECT_NAME: class_ for _, class_, _ in LISTED}  # type: ignore[attr-defined]
    for event in full.get("/v1/events", limit="100")["data"]:
        held = event["data"]["object"]
        assert not list(differences(classes[held["object"]], held, event["type"]))


def test_previous_attributes_are_only_of_updates(full: Running) -> None:
    for event in full.get("/v1/events", limit="100")["data"]:
        updated = event["type"].endswith(".updated")
        assert ("previous_attributes" in event["data"]) == updated


def test_endpoint_made_is_as_declared(simulator: Running) -> None:
    form = "url=https://shop.example/webhook&enabled_events[]=*"
    made = simulator.post("/v1/webhook_endpoints", form).json()
    assert not list(differences(stripe.WebhookEndpoint, made, "endpoint"))
    assert made["secret"].startswith("whsec_")


def test_difference_is_seen() -> None:
    """The comparison itself: what it would say of a wrong document."""
    fee: Json = {"amount": "30", "currency": None, "type": "stripe_fee", "kind": "", "object": ""}
    assert set(differences(stripe.BalanceTransaction.FeeDetail, fee, "fee")) == {
        "fee has kind, which is not declared",
        "fee has object, which is not declared",
        "fee.amount is '30'",
        "fee.currency is null",
    }

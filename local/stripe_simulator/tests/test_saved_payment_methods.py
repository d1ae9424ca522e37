"""Payment methods that a customer keeps for the next purchase."""

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused


@pytest.fixture
def jenny(sdk: stripe.StripeClient) -> stripe.Customer:
    return sdk.v1.customers.create({"name": "Jenny Rosen"})


def saved(sdk: stripe.StripeClient, customer: stripe.Customer) -> list[str]:
    return [one.id for one in sdk.v1.customers.payment_methods.list(customer.id).data]


def test_method_is_attached_and_detached(
    sdk: stripe.StripeClient, shop: Shop, jenny: stripe.Customer
) -> None:
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": jenny.id})
    assert method.customer == jenny.id
    assert saved(sdk, jenny) == [method.id]
    assert sdk.v1.customers.payment_methods.retrieve(jenny.id, method.id).id == method.id
    listed = sdk.v1.payment_methods.list({"customer": jenny.id, "type": "card"}).data
    assert [one.id for one in listed] == [method.id]
    sdk.v1.payment_methods.update(method.id, {"allow_redisplay": "always"})
    assert sdk.v1.payment_methods.detach(method.id).customer is None
    assert saved(sdk, jenny) == []
    types = shop.event_types()
    for name in ("attached", "updated", "detached"):
        assert f"payment_method.{name}" in types


def test_method_belongs_to_one_customer(
    sdk: stripe.StripeClient, shop: Shop, jenny: stripe.Customer
) -> None:
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": jenny.id})
    message = "The payment method you provided has already been attached to a customer."
    with refused(400, message, code="payment_method_unexpected_state"):
        sdk.v1.payment_methods.attach(method.id, {"customer": jenny.id})
    message = (
        f"The payment method `{method.id}` belongs to another customer, and can not be used for "
        "this Checkout Session."
    )
    with refused(400, message, param="payment_method"):
        shop.pay(shop.session(), method.id)


@pytest.mark.parametrize("operation", ["detach", "update"])
def test_unattached_method_is_left_alone(
    sdk: stripe.StripeClient, shop: Shop, operation: str
) -> None:
    method = shop.payment_method(token="tok_visa")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        getattr(sdk.v1.payment_methods, operation)(method)
    assert caught.value.code == "payment_method_unexpected_state"


def test_session_pays_with_a_saved_method(
    sdk: stripe.StripeClient, shop: Shop, jenny: stripe.Customer
) -> None:
    method = sdk.v1.payment_methods.attach("pm_card_visa", {"customer": jenny.id})
    session = shop.session(customer=jenny.id)
    shop.pay(session, method.id)
    assert sdk.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert saved(sdk, jenny) == [method.id]


@pytest.mark.parametrize("asked", [True, False])
def test_customer_decides_whether_to_save(
    sdk: stripe.StripeClient, shop: Shop, jenny: stripe.Customer, *, asked: bool
) -> None:
    offered = {"payment_method_save": "enabled"}
    session = shop.session(customer=jenny.id, saved_payment_method_options=offered)
    shop.pay(session, "pm_card_visa", save_payment_method=asked)
    methods = sdk.v1.customers.payment_methods.list(jenny.id).data
    assert [one.allow_redisplay for one in methods] == (["always"] if asked else [])


@pytest.mark.parametrize(
    "options",
    [
        {"payment_intent_data": {"setup_future_usage": "off_session"}},
        {"payment_method_options": {"card": {"setup_future_usage": "on_session"}}},
    ],
)
def test_merchant_decides_to_save(simulator: Running, shop: Shop, options: Json) -> None:
    session = shop.session(customer_creation="always", **options)
    shop.pay(session, "pm_card_visa")
    customer = simulator.get(f"/v1/checkout/sessions/{session.id}")["customer"]
    methods = simulator.get(f"/v1/customers/{customer}/payment_methods")["data"]
    assert [one["allow_redisplay"] for one in methods] == ["limited"]

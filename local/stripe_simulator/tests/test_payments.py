"""Paying a Checkout Session, and what becomes of its PaymentIntent and charges."""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Receiver, Running, Shop, fast, running
from support.refusals import refused

GOOD_IBAN = "AT611904300234573201"
BAD_IBAN = "IT60X0542811101000000123456"


def euro_session(shop: Shop, **more: Any) -> stripe.checkout.Session:  # noqa: ANN401
    return shop.session(shop.price(1200, "eur"), **more)


def intent_of(shop: Shop, session_id: str) -> stripe.PaymentIntent:
    session = shop.sdk.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    return session.payment_intent


def test_card_pays(shop: Shop) -> None:
    session = shop.paid_session()
    intent = intent_of(shop, session.id)
    assert (intent.status, intent.amount, intent.amount_received) == ("succeeded", 3000, 3000)
    charge = shop.sdk.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert charge.payment_intent == intent.id
    assert shop.event_types()[2:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_payment_reaches_the_balance_less_its_fee(shop: Shop) -> None:
    charge = shop.sdk.v1.charges.retrieve(
        str(intent_of(shop, shop.paid_session().id).latest_charge),
        {"expand": ["balance_transaction"]},
    )
    transaction = charge.balance_transaction
    assert isinstance(transaction, stripe.BalanceTransaction)
    assert (transaction.amount, transaction.fee, transaction.net) == (3000, 117, 2883)
    assert (transaction.source, transaction.type) == (charge.id, "charge")


def test_completed_event_holds_the_paid_session(shop: Shop) -> None:
    session = shop.paid_session()
    event = shop.sdk.v1.events.list({"type": "checkout.session.completed"}).data[0]
    assert event.data.object.to_dict() == session.to_dict()


@pytest.mark.parametrize(
    ("token", "code", "message"),
    [
        ("tok_chargeDeclined", "card_declined", "Your card was declined."),
        (
            "tok_chargeDeclinedInsufficientFunds",
            "card_declined",
            "Your card has insufficient funds.",
        ),
        ("tok_chargeDeclinedExpiredCard", "expired_card", "Your card has expired."),
    ],
)
def test_declined_card_leaves_the_session_open(
    shop: Shop, token: str, code: str, message: str
) -> None:
    session = shop.session()
    method = shop.payment_method(token=token)
    with refused(402, message, code=code, type_="card_error"):
        shop.pay(session, method)
    after = shop.sdk.v1.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("open", "unpaid")
    assert after.url == session.url
    intent = intent_of(shop, session.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert (intent.last_payment_error.code, intent.last_payment_error.message) == (code, message)
    assert shop.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_decline_names_the_charge_and_the_reason(shop: Shop) -> None:
    session = shop.session()
    with pytest.raises(stripe.CardError) as caught:
        shop.pay(session, shop.payment_method(token="tok_chargeDeclinedInsufficientFunds"))
    body: Any = caught.value.json_body
    charge = shop.sdk.v1.charges.list().data[0]
    assert body["error"]["charge"] == charge.id
    assert body["error"]["decline_code"] == "insufficient_funds"
    assert body["error"]["payment_intent"]["id"] == intent_of(shop, session.id).id
    assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, "card_declined")


def test_second_try_pays_by_the_same_intent(shop: Shop) -> None:
    session = shop.session()
    with pytest.raises(stripe.CardError):
        shop.pay(session, shop.payment_method(token="tok_chargeDeclined"))
    first = intent_of(shop, session.id)
    page = shop.pay(session, shop.payment_method(token="tok_visa"))
    assert (page["status"], page["payment_status"]) == ("complete", "paid")
    second = intent_of(shop, session.id)
    assert second.id == first.id
    assert (second.status, second.last_payment_error) == ("succeeded", None)
    statuses = [charge.status for charge in shop.sdk.v1.charges.list().data]
    assert statuses == ["succeeded", "failed"]


def test_expiring_after_a_decline_cancels_the_intent(shop: Shop) -> None:
    session = shop.session()
    with pytest.raises(stripe.CardError):
        shop.pay(session, shop.payment_method(token="tok_chargeDeclined"))
    shop.sdk.v1.checkout.sessions.expire(session.id)
    intent = intent_of(shop, session.id)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")


@pytest.mark.parametrize(
    ("iban", "last", "payment_status", "intent_status"),
    [
        (GOOD_IBAN, "checkout.session.async_payment_succeeded", "paid", "succeeded"),
        (BAD_IBAN, "checkout.session.async_payment_failed", "unpaid", "requires_payment_method"),
    ],
)
def test_bank_debit_settles_later(
    receiver: Receiver, iban: str, last: str, payment_status: str, intent_status: str
) -> None:
    with running(fast(async_payment_seconds=60.0)) as simulator:
        shop = Shop(simulator.sdk)
        session = euro_session(shop)
        page = shop.pay(session, shop.bank_account(iban))
        assert (page["status"], page["payment_status"]) == ("complete", "unpaid")
        assert intent_of(shop, session.id).status == "processing"
        assert shop.event_types()[-1] == "checkout.session.completed"

        simulator.clock.now += 60
        after = shop.sdk.v1.checkout.sessions.retrieve(session.id)
        assert (after.status, after.payment_status) == ("complete", payment_status)
        assert intent_of(shop, session.id).status == intent_status
        assert shop.event_types()[-1] == last
        event = shop.sdk.v1.events.list({"limit": 1}).data[0]
        assert event.data.object["payment_status"] == payment_status


def test_bank_debit_settles_without_requests(simulator: Running, receiver: Receiver) -> None:
    simulator.sdk.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["checkout.session.async_payment_succeeded"]}
    )
    shop = Shop(simulator.sdk)
    shop.pay(euro_session(shop), shop.bank_account(GOOD_IBAN))
    assert len(receiver.wait_for(1)) == 1


def test_bank_account_needs_a_valid_iban(shop: Shop) -> None:
    message = "The IBAN you provided is invalid."
    code = "invalid_bank_account_iban"
    with refused(400, message, code=code, param="sepa_debit[iban]"):
        shop.bank_account("AT61190430023457320")


def test_dollars_are_not_debited_from_a_bank(shop: Shop) -> None:
    message = (
        "The PaymentMethod provided (sepa_debit) is not allowed for this Checkout Session: it "
        "accepts card."
    )
    with refused(400, message, param="payment_method"):
        shop.pay(shop.session(), shop.bank_account(GOOD_IBAN))


def test_session_takes_the_methods_that_it_names(shop: Shop) -> None:
    assert euro_session(shop).payment_method_types == ["card", "sepa_debit"]
    session = euro_session(shop, payment_method_types=["sepa_debit"])
    with refused(
        400,
        "The PaymentMethod provided (card) is not allowed for this Checkout Session: it accepts "
        "sepa_debit.",
        param="payment_method",
    ):
        shop.pay(session, shop.payment_method(token="tok_visa"))


def test_expected_amount_is_the_session_total(shop: Shop) -> None:
    session = shop.session()
    method = shop.payment_method(token="tok_visa")
    message = (
        "The expected amount (2999) does not match the amount of this Checkout Session (3000)."
    )
    with refused(400, message, code="checkout_amount_mismatch", param="expected_amount"):
        shop.pay(session, method, expected_amount=2999)
    assert shop.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert not shop.sdk.v1.charges.list().data


def test_payment_needs_a_method_that_exists(shop: Shop) -> None:
    session = shop.session()
    message = "No such PaymentMethod: 'pm_none'"
    with refused(400, message, code="resource_missing", param="payment_method"):
        shop.pay(session, "pm_none")


def test_metadata_of_session_and_intent_are_apart(shop: Shop) -> None:
    session = shop.session(
        metadata={"order": "session"}, payment_intent_data={"metadata": {"order": "intent"}}
    )
    shop.pay(session, shop.payment_method(token="tok_visa"))
    intent = intent_of(shop, session.id)
    charge = shop.sdk.v1.charges.retrieve(str(intent.latest_charge))
    assert session.metadata is not None
    assert session.metadata["order"] == "session"
    assert intent.metadata["order"] == "intent"
    assert charge.metadata["order"] == "intent"


def test_session_metadata_does_not_reach_the_intent(shop: Shop) -> None:
    session = shop.session(metadata={"order": "1"})
    shop.pay(session, shop.payment_method(token="tok_visa"))
    assert intent_of(shop, session.id).metadata.to_dict() == {}


def test_charge_copies_the_metadata_that_the_intent_has_then(shop: Shop) -> None:
    sdk = shop.sdk
    intent = sdk.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "metadata": {"order": "1"}}
    )
    sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    changed = sdk.v1.payment_intents.update(intent.id, {"metadata": {"order": "2"}})
    charge = sdk.v1.charges.retrieve(str(changed.latest_charge))
    assert (changed.metadata["order"], charge.metadata["order"]) == ("2", "1")


def test_customer_details_come_from_the_page(shop: Shop) -> None:
    session = euro_session(shop, customer_creation="always")
    shop.pay(session, shop.bank_account(GOOD_IBAN))
    after = shop.sdk.v1.checkout.sessions.retrieve(session.id)
    assert after.customer_details is not None
    assert after.customer_details.email == "jenny@example.com"
    customer = shop.sdk.v1.customers.retrieve(str(after.customer))
    assert (customer.name, customer.email) == ("Jenny Rosen", "jenny@example.com")

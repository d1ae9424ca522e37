"""Refunds: what each does to its charge, which events it causes, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop, fast, running
from support.refusals import refused
from support.shapes import differences

REFUND_SECONDS = 60.0
AMOUNT = 3000  # of the shop's session


@pytest.fixture
def simulator() -> Iterator[Running]:
    """Refunds change after a while, which a test may pass."""
    with running(fast(refund_seconds=REFUND_SECONDS)) as one:
        yield one


def pass_time(simulator: Running) -> None:
    simulator.clock.now += REFUND_SECONDS


def paid_charge(shop: Shop, token: str = "tok_visa") -> stripe.Charge:
    intent = shop.paid_session(token).payment_intent
    assert isinstance(intent, str)
    return charges_of(shop, intent)[0]


def charges_of(shop: Shop, intent: str) -> list[stripe.Charge]:
    return shop.sdk.v1.charges.list({"payment_intent": intent}).data


def debited_charge(shop: Shop) -> stripe.Charge:
    session = shop.session(shop.price(currency="eur"))
    shop.pay(session, shop.bank_account("AT611904300234573201"))
    return shop.sdk.v1.charges.list({"limit": 1}).data[0]


def reported(simulator: Running, *about: str) -> list[Json]:
    """The events about an object of one of these kinds, oldest first."""
    events = simulator.get("/v1/events", limit="100")["data"]
    return [one for one in reversed(events) if one["type"].startswith(about)]


def types(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


def refund_events(simulator: Running) -> list[Json]:
    return reported(simulator, "refund.", "charge.refund")


def test_refund_without_an_amount_is_of_all(simulator: Running, shop: Shop) -> None:
    charge = paid_charge(shop)
    refund = shop.sdk.v1.refunds.create({"charge": charge.id, "reason": "duplicate"})
    assert (refund.amount, refund.currency, refund.status) == (AMOUNT, "usd", "succeeded")
    assert (refund.charge, refund.payment_intent) == (charge.id, charge.payment_intent)
    assert refund.reason == "duplicate"
    charge = shop.sdk.v1.charges.retrieve(charge.id)
    assert (charge.amount_refunded, charge.refunded, charge.status) == (AMOUNT, True, "succeeded")
    assert types(refund_events(simulator)) == ["refund.created", "charge.refunded"]
    assert shop.sdk.v1.refunds.retrieve(refund.id) == refund


def test_partial_refunds_add_up(simulator: Running, shop: Shop) -> None:
    charge = paid_charge(shop)
    intent: Any = charge.payment_intent
    shop.sdk.v1.refunds.create({"payment_intent": intent, "amount": 1000})
    shop.sdk.v1.refunds.create({"charge": charge.id, "amount": 500})
    rest = shop.sdk.v1.refunds.create({"payment_intent": intent})
    assert rest.amount == 1500
    seen = [
        (event["data"]["object"]["amount_refunded"], event["data"]["object"]["refunded"])
        for event in reported(simulator, "charge.refunded")
    ]
    assert seen == [(1000, False), (1500, False), (AMOUNT, True)]


def test_refund_copies_no_metadata(shop: Shop) -> None:
    data: Any = {"metadata": {"order": "1"}}
    session = shop.session(metadata={"order": "1"}, payment_intent_data=data)
    shop.pay(session, shop.payment_method(token="tok_visa"))
    charge = shop.sdk.v1.charges.list().data[0]
    assert charge.metadata.to_dict() == {"order": "1"}
    bare = shop.sdk.v1.refunds.create({"charge": charge.id, "amount": 1})
    assert bare.metadata is not None
    assert bare.metadata.to_dict() == {}
    given = shop.sdk.v1.refunds.create({"charge": charge.id, "metadata": {"why": "broken"}})
    assert given.metadata is not None
    assert given.metadata.to_dict() == {"why": "broken"}


@pytest.mark.parametrize(
    ("form", "message", "code", "param"),
    [
        (
            "amount=3001&charge={charge}",
            "Refund amount ($30.01) is greater than charge amount ($30.00)",
            None,
            "amount",
        ),
        (
            "amount=0&charge={charge}",
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
            "amount",
        ),
        (
            "charge={charge}&payment_intent=pi_1",
            "You may only specify one of these parameters: charge, payment_intent.",
            None,
            None,
        ),
        (
            "amount=100",
            (
                "One of the following params should be provided for this request: "
                "payment_intent or charge."
            ),
            None,
            None,
        ),
        (
            "charge={charge}&reason=expired_uncaptured_charge",
            "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
            None,
            "reason",
        ),
        (
            "charge={charge}&why=broken",
            "Received unknown parameter: why",
            "parameter_unknown",
            "why",
        ),
    ],
)
def test_refund_is_refused_as_stripe_refuses(  # noqa: PLR0913, PLR0917  (fixtures, and the case)
    simulator: Running, shop: Shop, form: str, message: str, code: str | None, param: str | None
) -> None:
    charge = paid_charge(shop)
    response = simulator.post("/v1/refunds", form.format(charge=charge.id))
    error = response.json()["error"]
    assert response.status_code == 400
    assert (error["message"], error.get("code"), error.get("param")) == (message, code, param)
    assert shop.sdk.v1.charges.retrieve(charge.id).amount_refunded == 0


def test_refund_of_more_than_is_left_is_refused(shop: Shop) -> None:
    charge = paid_charge(shop)
    shop.sdk.v1.refunds.create({"charge": charge.id, "amount": 1000})
    message = "Refund amount ($20.01) is greater than unrefunded amount on charge ($20.00)"
    with refused(400, message, param="amount"):
        shop.sdk.v1.refunds.create({"charge": charge.id, "amount": 2001})


def test_refund_of_a_refunded_charge_is_refused(shop: Shop) -> None:
    charge = paid_charge(shop)
    shop.sdk.v1.refunds.create({"charge": charge.id})
    message = f"Charge {charge.id} has already been refunded."
    with refused(400, message, code="charge_already_refunded"):
        shop.sdk.v1.refunds.create({"charge": charge.id, "amount": 1})


def test_refund_of_what_is_not_there_is_refused(shop: Shop) -> None:
    refunds = shop.sdk.v1.refunds
    with refused(404, "No such charge: 'ch_1'", code="resource_missing", param="id"):
        refunds.create({"charge": "ch_1"})
    message = "No such payment_intent: 'pi_1'"
    with refused(404, message, code="resource_missing", param="intent"):
        refunds.create({"payment_intent": "pi_1"})
    with refused(404, "No such refund: 're_1'", code="resource_missing", param="refund"):
        refunds.retrieve("re_1")


def test_refund_of_what_was_not_paid_is_refused(shop: Shop) -> None:
    intent = shop.sdk.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    message = f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
    with refused(400, message):
        shop.sdk.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.CardError):
        shop.sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    with refused(400, message):
        shop.sdk.v1.refunds.create({"payment_intent": intent.id})
    with refused(400, message):
        shop.sdk.v1.refunds.create({"charge": charges_of(shop, intent.id)[0].id})


def test_an_update_of_metadata_sends_two_events(simulator: Running, shop: Shop) -> None:
    refund = shop.sdk.v1.refunds.create({"charge": paid_charge(shop).id})
    updated = shop.sdk.v1.refunds.update(refund.id, {"metadata": {"order": "1"}})
    assert updated.metadata is not None
    assert updated.metadata.to_dict() == {"order": "1"}
    events = refund_events(simulator)[2:]
    assert types(events) == ["refund.updated", "charge.refund.updated"]
    for event in events:
        assert event["data"]["previous_attributes"] == {"metadata": {}}
        assert event["data"]["object"]["metadata"] == {"order": "1"}


def test_refund_of_a_card_cannot_be_canceled(shop: Shop) -> None:
    refund = shop.sdk.v1.refunds.create({"charge": paid_charge(shop).id})
    with refused(400, "Canceling this refund is unsupported."):
        shop.sdk.v1.refunds.cancel(refund.id)


def test_refund_of_a_card_gets_its_reference(simulator: Running, shop: Shop) -> None:
    refund = shop.sdk.v1.refunds.create({"charge": paid_charge(shop).id})
    pass_time(simulator)
    details = shop.sdk.v1.refunds.retrieve(refund.id).destination_details
    assert details is not None
    assert details.card is not None
    assert details.card.reference_status == "available"
    assert details.card.reference is not None
    assert types(refund_events(simulator)[2:]) == ["refund.updated", "charge.refund.updated"]


def test_failed_refund_gives_its_amount_back(simulator: Running, shop: Shop) -> None:
    charge = paid_charge(shop, "tok_refundFail")
    refund = shop.sdk.v1.refunds.create({"charge": charge.id, "amount": 1000})
    assert refund.status == "succeeded"
    assert shop.sdk.v1.charges.retrieve(charge.id).amount_refunded == 1000
    pass_time(simulator)
    refund = shop.sdk.v1.refunds.retrieve(refund.id)
    assert (refund.status, refund.failure_reason) == ("failed", "unknown")
    charge = shop.sdk.v1.charges.retrieve(charge.id)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    events = refund_events(simulator)[2:]
    assert types(events) == ["refund.updated", "charge.refund.updated", "refund.failed"]
    assert {event["data"]["object"]["status"] for event in events} == {"failed"}
    assert {event["request"]["id"] for event in events} == {None}


@pytest.mark.parametrize("kind", ["card", "bank debit"])
def test_pending_refund_succeeds_later(simulator: Running, shop: Shop, kind: str) -> None:
    charge = paid_charge(shop, "tok_pendingRefund") if kind == "card" else debited_charge(shop)
    refund = shop.sdk.v1.refunds.create({"charge": charge.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert shop.sdk.v1.charges.retrieve(charge.id).refunded
    pass_time(simulator)
    refund = shop.sdk.v1.refunds.retrieve(refund.id)
    assert (refund.status, "pending_reason" in refund.to_dict()) == ("succeeded", False)
    assert types(refund_events(simulator)) == [
        *("refund.created", "charge.refunded", "refund.updated", "charge.refund.updated")
    ]


def test_refund_moves_the_balance(simulator: Running, shop: Shop) -> None:
    charge = paid_charge(shop, "tok_refundFail")
    refund = shop.sdk.v1.refunds.create(
        {"charge": charge.id, "expand": ["balance_transaction", "charge", "payment_intent"]}
    )
    out: Any = refund.balance_transaction
    assert (out.type, out.amount, out.fee, out.source) == ("refund", -AMOUNT, 0, refund.id)
    assert (refund.charge.id, refund.payment_intent.status) == (charge.id, "succeeded")  # type: ignore[union-attr]
    pass_time(simulator)
    failed = shop.sdk.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    back: Any = failed.failure_balance_transaction
    assert (back.type, back.amount, back.source) == ("refund_failure", AMOUNT, refund.id)


def test_list_is_filtered_and_paged(simulator: Running, shop: Shop) -> None:
    first, second = paid_charge(shop), paid_charge(shop)
    sdk = shop.sdk.v1.refunds
    old = [sdk.create({"charge": first.id, "amount": 100}) for _ in range(3)]
    simulator.clock.now += 10
    new = sdk.create({"charge": second.id})
    intent: Any = second.payment_intent
    assert [one.id for one in sdk.list({"charge": first.id})] == [one.id for one in old[::-1]]
    assert [one.id for one in sdk.list({"payment_intent": intent})] == [new.id]
    assert [one.id for one in sdk.list({"created": {"gt": new.created - 1}})] == [new.id]
    paged = sdk.list({"limit": 1, "expand": ["data.charge", "data.payment_intent"]})
    found = list(paged.auto_paging_iter())
    assert [one.id for one in found] == [new.id, *(one.id for one in old[::-1])]
    assert found[0].charge.amount_refunded == AMOUNT  # type: ignore[union-attr]


def test_refund_is_as_declared_in_every_state(simulator: Running, shop: Shop) -> None:
    for charge in (
        paid_charge(shop),
        paid_charge(shop, "tok_refundFail"),
        paid_charge(shop, "tok_pendingRefund"),
        debited_charge(shop),
    ):
        shop.sdk.v1.refunds.create({"charge": charge.id})
    for _ in range(2):
        for refund in simulator.get("/v1/refunds")["data"]:
            assert not list(differences(stripe.Refund, refund, "refund"))
        pass_time(simulator)
    for transaction in simulator.get("/v1/balance_transactions", limit="100")["data"]:
        assert not list(differences(stripe.BalanceTransaction, transaction, "transaction"))

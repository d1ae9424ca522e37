"""Disputes: how each begins, what its evidence makes of it, and where the money goes."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop, fast, running
from support.refusals import refused
from support.shapes import differences

REVIEW_SECONDS = 60.0
AMOUNT = 3000  # of the shop's session
DAY_SECONDS = 24 * 60 * 60
FEE = 1500


@pytest.fixture
def simulator() -> Iterator[Running]:
    """A bank decides after a while, which a test may pass."""
    with running(fast(refund_seconds=REVIEW_SECONDS)) as one:
        yield one


def disputed(shop: Shop, token: str = "tok_createDispute") -> stripe.Dispute:
    session = shop.paid_session(token)
    intent: Any = session.payment_intent
    return shop.sdk.v1.disputes.list({"payment_intent": intent}).data[0]


def response(shop: Shop, dispute: stripe.Dispute, text: str, **more: Any) -> stripe.Dispute:  # noqa: ANN401
    params: Any = {"evidence": {"uncategorized_text": text}} | more
    return shop.sdk.v1.disputes.update(dispute.id, params)


def decided(simulator: Running, dispute: stripe.Dispute) -> stripe.Dispute:
    simulator.clock.now += REVIEW_SECONDS
    return simulator.sdk.v1.disputes.retrieve(dispute.id)


def reported(simulator: Running) -> list[str]:
    """What events there are of disputes, oldest first."""
    return [event["type"].removeprefix("charge.dispute.") for event in events(simulator)]


def events(simulator: Running) -> list[Json]:
    listed: list[Json] = simulator.get("/v1/events", type="charge.dispute.*", limit="100")["data"]
    return listed[::-1]


@pytest.mark.parametrize(
    ("token", "reason", "status", "code"),
    [
        ("tok_createDispute", "fraudulent", "needs_response", "10.4"),
        ("tok_createDisputeProductNotReceived", "product_not_received", "needs_response", "13.1"),
        ("tok_createDisputeInquiry", "general", "warning_needs_response", "10"),
    ],
)
def test_test_card_is_disputed(  # noqa: PLR0913, PLR0917  (fixtures, and the case)
    simulator: Running, shop: Shop, token: str, reason: str, status: str, code: str
) -> None:
    dispute = disputed(shop, token)
    assert (dispute.reason, dispute.status, dispute.amount) == (reason, status, AMOUNT)
    assert dispute.network_reason_code == code
    assert not list(differences(stripe.Dispute, simulator.get(f"/v1/disputes/{dispute.id}"), "it"))
    charge: Any = dispute.charge
    charge = shop.sdk.v1.charges.retrieve(charge)
    assert charge.disputed
    assert charge.payment_intent == dispute.payment_intent
    assert shop.sdk.v1.disputes.retrieve(dispute.id) == dispute


def test_chargeback_has_taken_the_money(simulator: Running, shop: Shop) -> None:
    dispute = disputed(shop)
    [taken] = dispute.balance_transactions
    assert (taken.amount, taken.fee, taken.net) == (-AMOUNT, FEE, -AMOUNT - FEE)
    assert shop.sdk.v1.balance_transactions.retrieve(taken.id) == taken
    assert reported(simulator) == ["created", "funds_withdrawn"]


def test_inquiry_has_taken_no_money(simulator: Running, shop: Shop) -> None:
    dispute = disputed(shop, "tok_createDisputeInquiry")
    assert dispute.balance_transactions == []
    assert dispute.is_charge_refundable
    assert reported(simulator) == ["created"]


def test_dispute_is_announced_before_the_session_is_complete(shop: Shop) -> None:
    """As at Stripe: who hears of it may not have heard of the payment."""
    disputed(shop)
    reported = shop.event_types()
    begun = reported.index("charge.succeeded")
    assert reported[begun : begun + 5] == [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_dispute_copies_no_metadata(shop: Shop) -> None:
    data: Any = {"metadata": {"order": "1"}}
    session = shop.session(metadata={"order": "1"}, payment_intent_data=data)
    shop.pay(session, shop.payment_method(token="tok_createDispute"))
    assert shop.sdk.v1.disputes.list().data[0].metadata.to_dict() == {}


def test_winning_evidence_brings_the_money_back(simulator: Running, shop: Shop) -> None:
    dispute = response(shop, disputed(shop), "winning_evidence")
    assert dispute.status == "under_review"
    assert dispute.evidence_details.submission_count == 1
    assert dispute.evidence_details.submission_method == "manual"
    dispute = decided(simulator, dispute)
    assert (dispute.status, dispute.is_charge_refundable) == ("won", True)
    assert [one.net for one in dispute.balance_transactions] == [-AMOUNT - FEE, AMOUNT + FEE]
    assert reported(simulator) == [
        *("created", "funds_withdrawn", "updated", "funds_reinstated", "closed")
    ]
    charge: Any = dispute.charge
    assert shop.sdk.v1.refunds.create({"charge": charge}).status == "succeeded"


def test_losing_evidence_loses(simulator: Running, shop: Shop) -> None:
    dispute = decided(simulator, response(shop, disputed(shop), "losing_evidence"))
    assert (dispute.status, dispute.is_charge_refundable) == ("lost", False)
    assert reported(simulator) == ["created", "funds_withdrawn", "updated", "closed"]


def test_other_evidence_stays_under_review(simulator: Running, shop: Shop) -> None:
    dispute = decided(simulator, response(shop, disputed(shop), "Here is the parcel's number."))
    assert dispute.status == "under_review"


def test_evidence_may_be_kept_and_submitted_later(simulator: Running, shop: Shop) -> None:
    dispute = response(shop, disputed(shop), "winning_evidence", submit=False)
    assert dispute.evidence_details.has_evidence
    assert (dispute.status, dispute.evidence_details.submission_count) == ("needs_response", 0)
    assert decided(simulator, dispute).status == "needs_response"
    assert shop.sdk.v1.disputes.update(dispute.id, {"submit": True}).status == "under_review"
    assert decided(simulator, dispute).status == "won"


def test_update_event_has_previous_values(simulator: Running, shop: Shop) -> None:
    dispute = disputed(shop)
    shop.sdk.v1.disputes.update(dispute.id, {"metadata": {"case": "7"}})
    last = events(simulator)[-1]
    assert last["type"] == "charge.dispute.updated"
    assert last["data"]["previous_attributes"] == {"metadata": {}}


def test_close_is_to_lose(simulator: Running, shop: Shop) -> None:
    dispute = shop.sdk.v1.disputes.close(disputed(shop).id)
    assert dispute.status == "lost"
    assert reported(simulator) == ["created", "funds_withdrawn", "closed"]
    with refused(400, "This dispute is already closed"):
        shop.sdk.v1.disputes.close(dispute.id)
    with refused(400, "This dispute is already closed"):
        response(shop, dispute, "winning_evidence")


def test_inquiry_ends_without_money(simulator: Running, shop: Shop) -> None:
    dispute = response(shop, disputed(shop, "tok_createDisputeInquiry"), "winning_evidence")
    assert dispute.status == "warning_under_review"
    assert decided(simulator, dispute).status == "warning_closed"
    closed = shop.sdk.v1.disputes.close(disputed(shop, "tok_createDisputeInquiry").id)
    assert closed.status == "warning_closed"
    assert "funds_withdrawn" not in reported(simulator)


def test_inquiry_may_become_a_chargeback(simulator: Running, shop: Shop) -> None:
    inquiry = response(
        shop, disputed(shop, "tok_createDisputeInquiry"), "escalate_inquiry_evidence"
    )
    dispute = decided(simulator, inquiry)
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    assert len(dispute.balance_transactions) == 1
    assert reported(simulator) == ["created", "updated", "updated", "funds_withdrawn"]
    assert decided(simulator, response(shop, dispute, "winning_evidence")).status == "won"


def escalated(simulator: Running, dispute: stripe.Dispute) -> stripe.Dispute:
    """The bank takes the money, whether the merchant responded to its inquiry or not."""
    response = simulator.request("POST", f"/_simulator/disputes/{dispute.id}/escalate")
    assert response.status_code == 200, response.text
    document = simulator.get(f"/v1/disputes/{dispute.id}")
    assert response.json() == document
    return simulator.sdk.v1.disputes.retrieve(dispute.id)


def test_inquiry_without_a_response_may_become_a_chargeback(simulator: Running, shop: Shop) -> None:
    inquiry = disputed(shop, "tok_createDisputeInquiry")
    simulator.clock.now += DAY_SECONDS
    dispute = escalated(simulator, inquiry)
    assert (dispute.status, dispute.is_charge_refundable) == ("needs_response", False)
    assert [one.net for one in dispute.balance_transactions] == [-AMOUNT - FEE]
    first, second = (one.evidence_details.due_by for one in (inquiry, dispute))
    assert (first or 0) + DAY_SECONDS == second
    assert reported(simulator) == ["created", "updated", "funds_withdrawn"]
    updated = events(simulator)[1]["data"]
    assert updated["previous_attributes"]["status"] == "warning_needs_response"
    assert updated["object"]["status"] == "needs_response"
    assert decided(simulator, response(shop, dispute, "losing_evidence")).status == "lost"


def test_inquiry_under_review_may_become_a_chargeback(simulator: Running, shop: Shop) -> None:
    inquiry = response(shop, disputed(shop, "tok_createDisputeInquiry"), "losing_evidence")
    assert escalated(simulator, inquiry).status == "needs_response"
    assert decided(simulator, inquiry).status == "needs_response"


@pytest.mark.parametrize("token", ["tok_createDispute", "tok_createDisputeInquiry"])
def test_only_an_open_inquiry_is_escalated(simulator: Running, shop: Shop, token: str) -> None:
    dispute = disputed(shop, token)
    if token == "tok_createDisputeInquiry":
        shop.sdk.v1.disputes.close(dispute.id)
    before = events(simulator)
    responded = simulator.request("POST", f"/_simulator/disputes/{dispute.id}/escalate")
    assert responded.status_code == 409
    assert events(simulator) == before


def test_bank_debit_is_lost_at_once(simulator: Running, shop: Shop) -> None:
    session = shop.session(shop.price(currency="eur"))
    shop.pay(session, shop.bank_account("AT591904300235473203"))
    [dispute] = simulator.get("/v1/disputes")["data"]
    assert (dispute["reason"], dispute["status"]) == ("debit_not_authorized", "lost")
    assert dispute["evidence_details"]["due_by"] == 0
    assert not list(differences(stripe.Dispute, dispute, "dispute"))
    assert reported(simulator) == ["created", "funds_withdrawn", "closed"]


def test_disputed_charge_is_not_refunded(shop: Shop) -> None:
    charge: Any = disputed(shop).charge
    message = f"Charge {charge} has been charged back; cannot issue a refund."
    with refused(400, message, code="charge_disputed"):
        shop.sdk.v1.refunds.create({"charge": charge})
    asked: Any = disputed(shop, "tok_createDisputeInquiry").charge
    assert shop.sdk.v1.refunds.create({"charge": asked}).status == "succeeded"


def test_list_is_filtered_paged_and_expanded(simulator: Running, shop: Shop) -> None:
    old = disputed(shop)
    simulator.clock.now += 10
    new = disputed(shop)
    sdk = shop.sdk.v1.disputes
    charge: Any = old.charge
    intent: Any = new.payment_intent
    assert [one.id for one in sdk.list({"charge": charge})] == [old.id]
    assert [one.id for one in sdk.list({"payment_intent": intent})] == [new.id]
    assert [one.id for one in sdk.list({"created": {"lt": new.created}})] == [old.id]
    paged = sdk.list({"limit": 1, "expand": ["data.charge", "data.payment_intent"]})
    found: list[Any] = list(paged.auto_paging_iter())
    assert [one.id for one in found] == [new.id, old.id]
    assert (found[0].charge.disputed, found[0].payment_intent.status) == (True, "succeeded")


def test_what_is_not_there_is_refused(simulator: Running, shop: Shop) -> None:
    message = "No such dispute: 'du_1'"
    with refused(404, message, code="resource_missing", param="dispute"):
        shop.sdk.v1.disputes.retrieve("du_1")
    dispute = disputed(shop)
    params: Any = {"evidence": {"receipt": "file_1"}}
    message = "No such file upload: 'file_1'"
    with refused(400, message, code="resource_missing", param="evidence[receipt]"):
        shop.sdk.v1.disputes.update(dispute.id, params)
    response = simulator.post(f"/v1/disputes/{dispute.id}", "evidence[luck]=1")
    assert response.json()["error"]["message"] == "Received unknown parameter: evidence[luck]"


def test_charge_disputed_again(simulator: Running, shop: Shop) -> None:
    first = disputed(shop)
    response = simulator.request("POST", f"/_simulator/charges/{first.charge}/dispute")
    listed = shop.sdk.v1.disputes.list({"charge": str(first.charge)}).data
    assert [one.id for one in listed] == [response.json()["id"], first.id]
    assert reported(simulator) == ["created", "funds_withdrawn"] * 2


def test_charge_whose_card_does_not_dispute(simulator: Running, shop: Shop) -> None:
    session = shop.paid_session("tok_visa")
    [charge] = shop.sdk.v1.charges.list({"payment_intent": str(session.payment_intent)}).data
    response = simulator.request("POST", f"/_simulator/charges/{charge.id}/dispute")
    assert response.status_code == 404
    assert reported(simulator) == []

"""The states of a dispute.

needs_response ──> under_review ─┬─> won      the money comes back
       │                         └─> lost
       └── closed by us ──────────── lost

warning_needs_response ──> warning_under_review ─┬─> warning_closed
       │                                         │
       └─────────────────────────────────────────┴─> needs_response    now a chargeback

Only a chargeback has withdrawn the money. A bank debit's dispute is lost at once, without a way to
respond.
"""

import copy

import stripe

from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import balance_transactions
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.balance_transactions import Movement
from stripe_simulator.objects.instruments import Dispute, Instrument
from stripe_simulator.objects.shapes import declared, pick

FEE = 1500
DAY_SECONDS = 24 * 60 * 60
RESPONSE_DAYS = 8
CLOSED = ("lost", "warning_closed", "won")
# Visa's reason codes by Stripe's reason.
NETWORK_REASON_CODES = {"fraudulent": "10.4", "general": "10", "product_not_received": "13.1"}

# Stripe's test values for `evidence[uncategorized_text]`.
WINNING = "winning_evidence"
LOSING = "losing_evidence"
ESCALATING = "escalate_inquiry_evidence"


def open_if_disputed(account: Account, charge: Json) -> None:
    """Open a dispute of a succeeded charge if its test card or account is a disputing one."""
    kind = account.instruments[charge["payment_method"]].dispute
    if kind is not None:
        open_(account, charge, kind)


def open_(account: Account, charge: Json, kind: Dispute) -> None:
    instrument = account.instruments[charge["payment_method"]]
    dispute = _make(account, charge, instrument, kind)
    charge["disputed"] = True
    account.disputes.add(dispute)
    if kind.inquiry:
        account.record("charge.dispute.created", dispute, None)
        return
    _move_money(account, dispute, -dispute["amount"], FEE)
    account.record("charge.dispute.created", dispute, None)
    account.record("charge.dispute.funds_withdrawn", dispute, None)
    if dispute["status"] in CLOSED:
        account.record("charge.dispute.closed", dispute, None)


def is_inquiry(dispute: Json) -> bool:
    return str(dispute["status"]).startswith("warning_")


def is_open_inquiry(dispute: Json) -> bool:
    return is_inquiry(dispute) and dispute["status"] not in CLOSED


def close(account: Account, dispute: Json, *, won: bool = False) -> None:
    if is_inquiry(dispute):
        dispute["status"] = "warning_closed"
    elif won:
        dispute.update(is_charge_refundable=True, status="won")
        _move_money(account, dispute, dispute["amount"], -FEE)
        account.record("charge.dispute.funds_reinstated", dispute, None)
    else:
        dispute["status"] = "lost"
    account.record("charge.dispute.closed", dispute, None)


def await_decision(account: Account, dispute: Json) -> None:
    """Schedule the bank's decision if the evidence is a test value; otherwise there is none."""
    evidence = dispute["evidence"]["uncategorized_text"]
    status = dispute["status"]

    def decide() -> None:
        # Closed or escalated meanwhile: an inquiry's evidence does not decide a chargeback.
        if dispute["status"] != status:
            return
        if evidence in {WINNING, LOSING}:
            close(account, dispute, won=evidence == WINNING)
        elif evidence == ESCALATING and is_inquiry(dispute):
            escalate(account, dispute)

    account.schedule.after(account.settings.refund_seconds, decide)


def escalate(account: Account, dispute: Json) -> None:
    """Escalate an inquiry to a chargeback: withdraw the money, and set a new deadline."""
    details = copy.deepcopy(dispute["payment_method_details"])
    details["card"]["case_type"] = "chargeback"
    _move_money(account, dispute, -dispute["amount"], FEE)
    deadline = {"due_by": _due_by(account.now())}
    changes = {
        "evidence_details": dispute["evidence_details"] | deadline,
        "is_charge_refundable": False,
        "payment_method_details": details,
        "status": "needs_response",
    }
    account.update("charge.dispute.updated", dispute, changes)
    account.record("charge.dispute.funds_withdrawn", dispute, None)


def _move_money(account: Account, dispute: Json, amount: int, fee: int) -> None:
    """Record a balance transaction with `amount` and `fee`; a returned fee is negative."""
    way = "withdrawal" if amount < 0 else "reversal"
    movement = Movement(
        "adjustment",
        "dispute" if amount < 0 else "dispute_reversal",
        amount,
        fee,
        description=f"Chargeback {way} for {dispute['charge']}",
        fee_description="Dispute fee",
    )
    transaction = balance_transactions.make(account, movement, dispute)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], transaction]


def _make(account: Account, charge: Json, instrument: Instrument, kind: Dispute) -> Json:
    """Create the object; it does not copy metadata from the charge or the PaymentIntent."""
    card = instrument.type == "card"
    code = NETWORK_REASON_CODES[kind.reason] if card else None
    return declared(
        stripe.Dispute,
        **pick(charge, ("currency", "payment_intent")),
        amount=charge["amount_captured"],
        balance_transactions=[],
        charge=charge["id"],
        created=account.now(),
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": {}},
        evidence_details={
            "due_by": _due_by(account.now()) if card else 0,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        id=new_id("du"),
        is_charge_refundable=kind.inquiry,
        livemode=account.livemode,
        metadata={},
        network_reason_code=code,
        payment_method_details=_details(instrument, kind, code) if card else None,
        reason=kind.reason,
        status=_first_status(kind) if card else "lost",
    )


def _first_status(kind: Dispute) -> str:
    return "warning_needs_response" if kind.inquiry else "needs_response"


def _details(instrument: Instrument, kind: Dispute, code: str | None) -> Json:
    card = {
        "brand": instrument.brand,
        "case_type": "inquiry" if kind.inquiry else "chargeback",
        "network": instrument.brand,
        "network_reason_code": code,
    }
    return {"type": "card", "card": card}


def _due_by(now: int) -> int:
    """Return the deadline: the end of a day in UTC."""
    return (now // DAY_SECONDS + RESPONSE_DAYS + 1) * DAY_SECONDS - 1

"""Each kind of purchase, as the facts that Stripe, the shop's page and we ourselves bring."""

from dataclasses import dataclass

from checkout.order import (
    DeclineFact,
    Dispute,
    DisputeFact,
    DisputeStatus,
    Fact,
    OrderStatus,
    Origin,
    Refund,
    RefundFact,
    RefundStatus,
    SessionFact,
)
from tests.unit.stripe_objects import NOW, ORDER_ID, PAYMENT_INTENT, fact

OPEN, EXPIRED, PROCESSING, FAILED, PAID = OrderStatus


def session(status: OrderStatus, source: str) -> SessionFact:
    return fact(status, origin=Origin(occurred_at=NOW, source=source))


def refund(refund_id: str, status: RefundStatus, amount: int, source: str) -> RefundFact:
    return RefundFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        refund_id=refund_id,
        refund=Refund(status=status, amount=amount),
        origin=Origin(occurred_at=NOW, source=source),
    )


def dispute(dispute_id: str, status: DisputeStatus, source: str) -> DisputeFact:
    return DisputeFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        dispute_id=dispute_id,
        dispute=Dispute(status=status, reason="fraudulent", amount=4200),
        origin=Origin(occurred_at=NOW, source=source),
    )


def decline(charge_id: str, source: str) -> DeclineFact:
    return DeclineFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        charge_id=charge_id,
        code="generic_decline",
        origin=Origin(occurred_at=NOW, source=source),
    )


@dataclass(frozen=True)
class Purchase:
    """`facts` in the order in which they happened; the rest is how the order must end."""

    facts: tuple[Fact, ...]
    status: OrderStatus
    amount_refunded: int = 0
    dispute_status: DisputeStatus | None = None

    @property
    def last_session(self) -> SessionFact:
        """What Stripe's session says in the end, which is what is fetched when an order lacks."""
        return [one for one in self.facts if isinstance(one, SessionFact)][-1]


PURCHASES = {
    "card": Purchase(
        (
            session(OPEN, "create"),
            decline("ch_declined", "evt_declined"),
            session(OPEN, "confirm"),
            session(OPEN, "reconcile"),
            session(PAID, "evt_completed"),
            session(PAID, "confirm"),
            session(PAID, "reconcile"),
        ),
        PAID,
    ),
    "bank debit": Purchase(
        (
            session(OPEN, "create"),
            session(PROCESSING, "evt_completed"),
            session(PROCESSING, "confirm"),
            session(PROCESSING, "reconcile"),
            session(PAID, "evt_succeeded"),
            session(PAID, "evt_succeeded_again"),
            session(PAID, "confirm"),
        ),
        PAID,
    ),
    "bank debit that fails": Purchase(
        (
            session(OPEN, "create"),
            session(PROCESSING, "evt_completed"),
            session(PROCESSING, "confirm"),
            decline("py_refused", "evt_refused"),
            session(FAILED, "evt_failed"),
            session(FAILED, "confirm"),
            session(FAILED, "reconcile"),
        ),
        FAILED,
    ),
    "expired": Purchase(
        (
            session(OPEN, "create"),
            decline("ch_declined", "evt_declined"),
            session(OPEN, "confirm"),
            session(EXPIRED, "evt_expired"),
            session(EXPIRED, "confirm"),
            session(EXPIRED, "reconcile"),
        ),
        EXPIRED,
    ),
    "partly refunded": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            session(PAID, "confirm"),
            refund("re_1", RefundStatus.PENDING, 700, "evt_refund_1_created"),
            refund("re_1", RefundStatus.SUCCEEDED, 700, "evt_refund_1_updated"),
            refund("re_2", RefundStatus.SUCCEEDED, 500, "evt_refund_2_created"),
            refund("re_2", RefundStatus.SUCCEEDED, 500, "evt_charge_refunded"),
        ),
        PAID,
        amount_refunded=1200,
    ),
    "fully refunded": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            refund("re_1", RefundStatus.SUCCEEDED, 4200, "evt_refund_created"),
            refund("re_1", RefundStatus.SUCCEEDED, 4200, "evt_charge_refunded"),
            refund("re_1", RefundStatus.SUCCEEDED, 4200, "reconcile"),
            session(PAID, "confirm"),
        ),
        PAID,
        amount_refunded=4200,
    ),
    "failed refund": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            session(PAID, "reconcile"),
            refund("re_1", RefundStatus.SUCCEEDED, 700, "evt_refund_created"),
            refund("re_1", RefundStatus.FAILED, 700, "evt_refund_failed"),
            refund("re_1", RefundStatus.FAILED, 700, "evt_refund_updated"),
            refund("re_2", RefundStatus.SUCCEEDED, 700, "evt_refund_2_created"),
        ),
        PAID,
        amount_refunded=700,
    ),
    "disputed and won": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_created"),
            dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_withdrawn"),
            dispute("dp_1", DisputeStatus.UNDER_REVIEW, "evt_updated"),
            dispute("dp_1", DisputeStatus.WON, "evt_closed"),
            dispute("dp_1", DisputeStatus.WON, "evt_reinstated"),
        ),
        PAID,
        dispute_status=DisputeStatus.WON,
    ),
    "disputed and lost": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            session(PAID, "confirm"),
            dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_created"),
            dispute("dp_1", DisputeStatus.UNDER_REVIEW, "evt_updated"),
            dispute("dp_1", DisputeStatus.LOST, "evt_closed"),
            dispute("dp_1", DisputeStatus.LOST, "reconcile"),
        ),
        PAID,
        dispute_status=DisputeStatus.LOST,
    ),
    "everything at once": Purchase(
        (
            session(OPEN, "create"),
            decline("ch_declined", "evt_declined"),
            session(PROCESSING, "evt_completed"),
            session(PAID, "evt_succeeded"),
            session(PAID, "confirm"),
            refund("re_1", RefundStatus.SUCCEEDED, 700, "evt_refund_1_created"),
            refund("re_1", RefundStatus.FAILED, 700, "evt_refund_1_failed"),
            refund("re_2", RefundStatus.PENDING, 300, "evt_refund_2_created"),
            dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_dispute_1_created"),
            dispute("dp_1", DisputeStatus.LOST, "evt_dispute_1_closed"),
            dispute("dp_2", DisputeStatus.WARNING_NEEDS_RESPONSE, "evt_dispute_2_created"),
        ),
        PAID,
        amount_refunded=300,
        dispute_status=DisputeStatus.WARNING_NEEDS_RESPONSE,
    ),
}

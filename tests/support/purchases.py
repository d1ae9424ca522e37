"""Each kind of purchase, as the facts that Stripe, the shop's page and we ourselves bring."""

from dataclasses import dataclass, replace
from typing import Any

from checkout.domain.facts import Fact, Origin, PartsFact, SessionFact
from checkout.domain.order import CheckoutState, OrderItem, OrderStatus
from checkout.domain.parts import Decline, Dispute, Part, Refund
from tests.support.stripe_objects import ITEM, NOW, ORDER_ID, PAYMENT_INTENT, fact

OPEN, EXPIRED, PROCESSING, FAILED, AUTHORIZED, CANCELED, PAID = OrderStatus


def session(status: OrderStatus, source: str, **amounts: Any) -> SessionFact:  # noqa: ANN401
    """Return a fact about the session; only a create brings its items."""
    items = (ITEM,) if source == "create" else None
    origin = Origin(occurred_at=NOW, source=source)
    return fact(status, origin=origin, **{"items": items} | amounts)


def parts(source: str, **of_one_kind: Part) -> PartsFact:
    """Return a fact about refunds, disputes or declines, by Stripe's id."""
    return PartsFact(
        order_id=ORDER_ID,
        payment_intent=PAYMENT_INTENT,
        kind=type(next(iter(of_one_kind.values()))),
        parts=of_one_kind,
        origin=Origin(occurred_at=NOW, source=source),
    )


def refund(refund_id: str, status: str, amount: int, source: str) -> PartsFact:
    return parts(source, **{refund_id: Refund(status=status, amount=amount)})


def dispute(dispute_id: str, status: str, source: str) -> PartsFact:
    disputed = Dispute(status=status, reason="fraudulent", amount=4200)
    return parts(source, **{dispute_id: disputed})


def decline(attempt_id: str, source: str, attempted_at: int = NOW) -> PartsFact:
    declined = Decline(attempted_at=attempted_at, code="generic_decline")
    return parts(source, **{attempt_id: declined})


@dataclass(frozen=True)
class Purchase:
    """`facts` in the order in which they happened; the rest is how the order must end."""

    facts: tuple[Fact, ...]
    status: OrderStatus
    amount_captured: int = 0
    amount_refunded: int = 0
    dispute_status: str | None = None
    items: tuple[OrderItem, ...] = (ITEM,)

    def items_of(self, checkout: CheckoutState) -> tuple[OrderItem, ...]:
        """What the API gives: the customer may change them until the session is closed."""
        if checkout.status is not OPEN:
            return self.items
        return (replace(ITEM, amount_total=checkout.amount_total),)

    @property
    def last_session(self) -> SessionFact:
        """What Stripe's session says in the end, with its items: what the API gives."""
        last = [one for one in self.facts if isinstance(one, SessionFact)][-1]
        return replace(last, checkout=replace(last.checkout, items=self.items))


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
        amount_captured=4200,
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
        amount_captured=4200,
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
            refund("re_1", "pending", 700, "evt_refund_1_created"),
            refund("re_1", "succeeded", 700, "evt_refund_1_updated"),
            refund("re_2", "succeeded", 500, "evt_refund_2_created"),
            refund("re_2", "succeeded", 500, "evt_charge_refunded"),
        ),
        PAID,
        amount_captured=4200,
        amount_refunded=1200,
    ),
    "fully refunded": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            refund("re_1", "succeeded", 4200, "evt_refund_created"),
            refund("re_1", "succeeded", 4200, "evt_charge_refunded"),
            refund("re_1", "succeeded", 4200, "reconcile"),
            session(PAID, "confirm"),
        ),
        PAID,
        amount_captured=4200,
        amount_refunded=4200,
    ),
    "failed refund": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            session(PAID, "reconcile"),
            refund("re_1", "succeeded", 700, "evt_refund_created"),
            refund("re_1", "failed", 700, "evt_refund_failed"),
            refund("re_1", "failed", 700, "evt_refund_updated"),
            refund("re_2", "succeeded", 700, "evt_refund_2_created"),
        ),
        PAID,
        amount_captured=4200,
        amount_refunded=700,
    ),
    "disputed and won": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            dispute("dp_1", "needs_response", "evt_created"),
            dispute("dp_1", "needs_response", "evt_withdrawn"),
            dispute("dp_1", "under_review", "evt_updated"),
            dispute("dp_1", "won", "evt_closed"),
            dispute("dp_1", "won", "evt_reinstated"),
        ),
        PAID,
        amount_captured=4200,
        dispute_status="won",
    ),
    "disputed and lost": Purchase(
        (
            session(OPEN, "create"),
            session(PAID, "evt_completed"),
            session(PAID, "confirm"),
            dispute("dp_1", "needs_response", "evt_created"),
            dispute("dp_1", "under_review", "evt_updated"),
            dispute("dp_1", "lost", "evt_closed"),
            dispute("dp_1", "lost", "reconcile"),
        ),
        PAID,
        amount_captured=4200,
        dispute_status="lost",
    ),
    "captured in part": Purchase(
        (
            session(OPEN, "create"),
            session(PROCESSING, "evt_completed"),
            session(AUTHORIZED, "evt_capturable"),
            session(AUTHORIZED, "reconcile"),
            session(PAID, "evt_succeeded", amount_captured=700),
            session(PAID, "evt_captured", amount_captured=700),
            # Should Stripe ever deliver a session's snapshot after the capture.
            session(PAID, "evt_completed_late"),
        ),
        PAID,
        amount_captured=700,
    ),
    "captured and refunded": Purchase(
        (
            session(OPEN, "create"),
            decline("ch_declined", "evt_declined"),
            session(PROCESSING, "evt_completed"),
            session(AUTHORIZED, "evt_capturable"),
            session(PAID, "confirm", amount_captured=4200),
            refund("re_1", "succeeded", 700, "evt_refund_created"),
            refund("re_1", "succeeded", 700, "evt_charge_refunded"),
        ),
        PAID,
        amount_captured=4200,
        amount_refunded=700,
    ),
    "canceled": Purchase(
        (
            session(OPEN, "create"),
            session(PROCESSING, "evt_completed"),
            session(AUTHORIZED, "evt_capturable"),
            session(AUTHORIZED, "confirm"),
            session(CANCELED, "evt_canceled"),
            session(CANCELED, "evt_charge_refunded"),
            session(CANCELED, "reconcile"),
        ),
        CANCELED,
    ),
    "captured in several parts": Purchase(
        (
            session(OPEN, "create"),
            session(AUTHORIZED, "evt_capturable"),
            session(AUTHORIZED, "evt_captured_1", amount_captured=700),
            session(AUTHORIZED, "evt_captured_2", amount_captured=1200),
            session(PAID, "evt_captured_3", amount_captured=4200),
            session(PAID, "evt_succeeded", amount_captured=4200),
        ),
        PAID,
        amount_captured=4200,
    ),
    "everything at once": Purchase(
        (
            session(OPEN, "create"),
            decline("ch_declined", "evt_declined"),
            session(PROCESSING, "evt_completed"),
            session(PAID, "evt_succeeded"),
            session(PAID, "confirm"),
            refund("re_1", "succeeded", 700, "evt_refund_1_created"),
            refund("re_1", "failed", 700, "evt_refund_1_failed"),
            refund("re_2", "pending", 300, "evt_refund_2_created"),
            dispute("dp_1", "needs_response", "evt_dispute_1_created"),
            dispute("dp_1", "lost", "evt_dispute_1_closed"),
            dispute("dp_2", "warning_needs_response", "evt_dispute_2_created"),
        ),
        PAID,
        amount_captured=4200,
        amount_refunded=300,
        dispute_status="warning_needs_response",
    ),
}

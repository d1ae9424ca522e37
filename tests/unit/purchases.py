"""Each kind of purchase, as the facts that Stripe, the shop's page and we ourselves bring."""

from dataclasses import dataclass, replace
from typing import Any

from checkout.domain.facts import Fact, Origin, PartsFact, SessionFact
from checkout.domain.order import CheckoutState, OrderItem, OrderStatus
from checkout.domain.parts import Decline, Dispute, Part, Refund
from tests.unit.stripe_objects import ITEM, NOW, ORDER_ID, PAYMENT_INTENT, fact

OPEN, EXPIRED, PROCESSING, FAILED, PAID = OrderStatus


def session(status: OrderStatus, source: str, **amounts: Any) -> SessionFact:  # noqa: ANN401
    """Give a fact about the session; only a create brings its items."""
    items = (ITEM,) if source == "create" else None
    origin = Origin(occurred_at=NOW, source=source)
    return fact(status, origin=origin, **{"items": items} | amounts)


def parts(source: str, **of_one_kind: Part) -> PartsFact:
    """Give a fact about refunds, disputes or declines, by Stripe's id."""
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


# What the customer makes of the cart, on Stripe's page.
CODE: dict[str, Any] = {"amount_discount": 420, "amount_total": 3780}
DISCOUNTED = replace(ITEM, amount_total=3780)
SWAPPED = (replace(ITEM, quantity=1, amount_total=2100), replace(ITEM, price="price_1Cup"))


def adjustable(fact_: SessionFact) -> SessionFact:
    """While the session is open, its items are not final, whatever the amounts say."""
    return replace(fact_, items_follow=True, checkout=replace(fact_.checkout, items=None))


@dataclass(frozen=True)
class Purchase:
    """`facts` in the order in which they happened; the rest is how the order must end."""

    facts: tuple[Fact, ...]
    status: OrderStatus
    amount_refunded: int = 0
    dispute_status: str | None = None
    items: tuple[OrderItem, ...] = (ITEM,)

    def items_of(self, checkout: CheckoutState) -> tuple[OrderItem, ...]:
        """What the API gives: the customer may change them until the session is closed."""
        if checkout.status is not OPEN:
            return self.items
        return (DISCOUNTED,) if checkout.amount_discount else (ITEM,)

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
    "promotion code": Purchase(
        (
            session(OPEN, "create"),
            session(OPEN, "confirm", **CODE),
            session(PROCESSING, "evt_completed", **CODE),
            session(PAID, "evt_succeeded", **CODE),
            session(PAID, "confirm", **CODE),
            refund("re_1", "succeeded", 700, "evt_refund_created"),
            session(PAID, "reconcile", **CODE),
        ),
        PAID,
        amount_refunded=700,
        items=(DISCOUNTED,),
    ),
    "promotion code that is taken back": Purchase(
        (
            session(OPEN, "create"),
            session(OPEN, "confirm", **CODE),
            session(PAID, "evt_completed"),
            session(PAID, "confirm"),
        ),
        PAID,
    ),
    "promotion code, and expired": Purchase(
        (
            session(OPEN, "create"),
            session(EXPIRED, "evt_expired", **CODE),
            session(EXPIRED, "reconcile", **CODE),
        ),
        EXPIRED,
        items=(DISCOUNTED,),
    ),
    "adjusted quantities": Purchase(
        (
            adjustable(session(OPEN, "create")),
            adjustable(session(OPEN, "confirm")),
            session(PROCESSING, "evt_completed"),
            session(PAID, "evt_succeeded"),
            session(PAID, "confirm"),
            session(PAID, "reconcile"),
        ),
        PAID,
        items=SWAPPED,
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
        dispute_status="lost",
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
        amount_refunded=300,
        dispute_status="warning_needs_response",
    ),
}

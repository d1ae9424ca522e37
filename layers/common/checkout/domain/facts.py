"""A fact is what Stripe says about one order at one time.

It has one of five sources: create, confirm, snapshot events, thin events and reconciliation.
"""

from dataclasses import dataclass

from checkout.domain.order import CheckoutState
from checkout.domain.parts import Part, Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """When something happened, in seconds since 1970 UTC, and who said so.

    `source` is the id of the event that brought it, or what asked Stripe: `create`, `confirm`,
    `reconcile` (the schedule), `operator` (somebody who reconciled this order by hand).
    """

    occurred_at: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact:
    """A Checkout Session of this stack, as Stripe described it.

    With `items_follow`, the customer may still change the items in a way that the amounts need not
    show: they are read once the session is closed.
    """

    order_id: str
    checkout: CheckoutState
    origin: Origin
    items_follow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsFact:
    """Refunds, disputes or declines of one PaymentIntent, by Stripe's id.

    `order_id` is the order that the PaymentIntent's metadata names, None where it carries no mark
    of this stack. People and plugins edit metadata: it is a first guess, which the PaymentIntent
    that the order recorded confirms.
    """

    order_id: str | None
    payment_intent: str
    kind: type[Part]
    parts: Parts
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureNews:
    """A payment that is captured separately was authorized, captured or canceled.

    What it is now, its Checkout Session says together with it. `order_id` is a first guess, as that
    of PartsFact is.
    """

    order_id: str | None
    payment_intent: str
    origin: Origin


type Fact = SessionFact | PartsFact
type News = Fact | CaptureNews

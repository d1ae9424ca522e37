"""A fact is a statement by Stripe about one order at one time.

Facts have five sources: create, confirm, snapshot events, thin events and reconciliation.
"""

from dataclasses import dataclass

from checkout.domain.order import CheckoutState
from checkout.domain.parts import Part, Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The time of a fact, in seconds since 1970 UTC, and its source.

    `source` is the id of an event, or the caller of Stripe's API: `create`, `confirm`, `reconcile`
    (the schedule), or `operator` (a reconciliation by hand).
    """

    occurred_at: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact:
    """A Checkout Session of this stack, as Stripe described it.

    With `items_follow`, the customer may still change the items without changing the amounts: the
    items are read after the session is completed.
    """

    order_id: str
    checkout: CheckoutState
    origin: Origin
    items_follow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsFact:
    """Refunds, disputes or declines of one PaymentIntent, by Stripe's id.

    `order_id` is the order named in the PaymentIntent's metadata, None without a mark of this
    stack. It is only a first guess, since people and plugins edit metadata: the PaymentIntent in
    the order decides.
    """

    order_id: str | None
    payment_intent: str
    kind: type[Part]
    parts: Parts
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureNews:
    """A payment with manual capture was authorized, captured or canceled.

    Its current state is read from its Checkout Session and the PaymentIntent. `order_id` is a first
    guess, as in PartsFact.
    """

    order_id: str | None
    payment_intent: str
    origin: Origin


type Fact = SessionFact | PartsFact
type News = Fact | CaptureNews

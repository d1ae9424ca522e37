"""Compares an order, field by field, with its current state at Stripe.

The service's own table of decisions determines which differences are repaired.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

from checkout.domain.decisions import CheckoutChange, PartsChange, decide
from checkout.domain.facts import PartsFact, SessionFact
from checkout.domain.order import CheckoutState, Order
from checkout.domain.parts import Dispute, Part, Parts, Refund
from checkout.stripe.api import StripeApi
from checkout.stripe.readers import Readers, order_items
from ops.errors import OpsError
from ops.orders.reading import ORIGIN

# Fields that have no effect on an order.
NOT_COMPARED = frozenset({"expires_at", "request_fingerprint"})


@dataclass(frozen=True)
class Difference:
    """A value is None if that side lacks the field."""

    field: str
    ours: Any
    stripe: Any


@dataclass(frozen=True)
class Comparison:
    """`repairs` are the changes that reconciling the order would record."""

    differences: tuple[Difference, ...]
    repairs: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.differences and not self.repairs


def compared(order: Order, api: StripeApi, readers: Readers) -> Comparison:
    """Read the order's objects from Stripe, and compare; raise OpsError if the session is gone."""
    session = _session(order, api, readers)
    repairs: list[str] = []
    decided = decide(order, session)
    after = order
    if isinstance(decided, CheckoutChange):
        repairs.append(decided.change_type)
        after = replace(order, checkout=decided.checkout)
    repairable = after is not order
    differences = [*_of_checkout(order.checkout, session.checkout, repairable=repairable)]
    payment_intent = after.checkout.payment_intent
    for kind, fact in _parts(payment_intent, api, readers) if payment_intent else ():
        differences += _of_parts(kind, order.parts_of(kind), fact.parts if fact else {})
        if fact and isinstance(change := decide(after, fact), PartsChange):
            repairs.append(change.change_type)
    return Comparison(tuple(differences), tuple(repairs))


def _session(order: Order, api: StripeApi, readers: Readers) -> SessionFact:
    session_id = order.checkout.session_id
    session = api.session(session_id)
    fact = readers.session(session, ORIGIN, order_id=order.order_id)
    if fact is None:
        raise OpsError(f"Stripe has no Checkout Session {session_id} in this account and mode.")
    items = order_items(api.line_items(session_id))
    return replace(fact, checkout=replace(fact.checkout, items=items))


def _parts(
    payment_intent: str, api: StripeApi, readers: Readers
) -> Iterable[tuple[type[Part], PartsFact | None]]:
    refunds = chain.from_iterable(api.refunds_of_payment(payment_intent))
    disputes = chain.from_iterable(api.disputes_of_payment(payment_intent))
    return (
        (Refund, readers.refunds(refunds, ORIGIN)),
        (Dispute, readers.disputes(disputes, ORIGIN)),
    )


def _of_checkout(
    ours: CheckoutState, stripe: CheckoutState, *, repairable: bool
) -> Iterator[Difference]:
    """Compare the session's fields; one that an older version did not store is no difference."""
    theirs = asdict(stripe)
    for name, value in asdict(ours).items():
        differs = value != theirs[name] and (value is not None or repairable)
        if differs and name not in NOT_COMPARED:
            yield Difference(name, value, theirs[name])


def _of_parts(kind: type[Part], ours: Parts, stripe: Parts) -> Iterator[Difference]:
    for part_id in sorted({*ours, *stripe}):
        known, reported = (
            asdict(side[part_id]) if part_id in side else None  # type: ignore[call-overload]
            for side in (ours, stripe)
        )
        name = f"{kind.name}.{part_id}"
        if known is None or reported is None:
            yield Difference(name, known, reported)
            continue
        for field, value in known.items():
            if value != reported[field]:
                yield Difference(f"{name}.{field}", value, reported[field])

"""Finds orders by the ids that customers and Stripe's Dashboard use."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge

from checkout.aws.orders_table import PENDING_SHARDS, Key, OrdersTable, PendingOrder
from checkout.stripe.readers import Readers
from ops.errors import UsageError
from ops.orders.reading import ORIGIN, Json, lookup, order_id
from ops.stack import Stack
from ops.stripe_api import stripe_api

STRIPE_IDS = re.compile(r"(?:cs_(?P<mode>test|live)|pi)_[A-Za-z0-9_]{1,250}")
EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
DAY_SECONDS = 24 * 3600


class Kind(StrEnum):
    ORDER = "order"
    SESSION = "Checkout Session"
    PAYMENT_INTENT = "PaymentIntent"
    CLIENT_REFERENCE_ID = "client_reference_id"
    EMAIL = "e-mail address"


PREFIXES = {"ord_": Kind.ORDER, "cs_": Kind.SESSION, "pi_": Kind.PAYMENT_INTENT}


@dataclass(frozen=True)
class Query:
    kind: Kind
    value: str

    @property
    def noun(self) -> str:
        """The kind of the value, for messages, which never repeat an e-mail address."""
        return "id" if self.kind is Kind.ORDER else self.kind

    def __post_init__(self) -> None:
        """Raise UsageError for a malformed id; its text does not repeat an e-mail address."""
        prefix = next((one for one, kind in PREFIXES.items() if kind is self.kind), "")
        if self.kind is Kind.ORDER:
            order_id(self.value)
        elif self.kind is Kind.EMAIL and not EMAIL.fullmatch(self.value):
            raise UsageError("This is not an e-mail address.")
        elif prefix and not (self.value.startswith(prefix) and STRIPE_IDS.fullmatch(self.value)):
            raise UsageError(f"{self.value!r} is not an id of the form {prefix}….")
        elif not self.value:
            raise UsageError(f"The {self.kind} is empty.")


def query(text: str) -> Query:
    """Return the query for a string, by its form; by default it is a client_reference_id."""
    for prefix, kind in PREFIXES.items():
        if text.startswith(prefix):
            return Query(kind, text)
    return Query(Kind.EMAIL if EMAIL.fullmatch(text) else Kind.CLIENT_REFERENCE_ID, text)


def found_orders(stack: Stack, wanted: Query) -> Iterator[str]:
    """Yield the ids of the orders, newest first, each once. It never scans the table.

    Raise UsageError for a session of the other mode.
    """
    seen = set()
    for one in _order_ids(stack, wanted):
        if one not in seen:
            seen.add(one)
            yield one


def pending_orders(stack: Stack) -> Iterator[str]:
    """Yield the ids of the open, processing and authorized orders, oldest first.

    Raise OrdersUnavailable.
    """
    table = OrdersTable(stack.environment.aws.dynamodb, stack.output("OrdersTableName"))
    shards = [_pending(table, shard, int(time.time())) for shard in range(PENDING_SHARDS)]
    for order in merge(*shards, key=lambda one: one.created_at):
        yield order.order_id


def _pending(table: OrdersTable, shard: int, now: int) -> Iterator[PendingOrder]:
    after: Key | None = None
    while True:
        # Orders have Stripe's timestamps, whose clock may be ahead of ours.
        page, after = table.pending(shard, created_until=now + DAY_SECONDS, after=after)
        yield from page
        if after is None:
            return


def _order_ids(stack: Stack, wanted: Query) -> Iterator[str]:
    match wanted.kind:
        case Kind.ORDER:
            yield wanted.value
        case Kind.CLIENT_REFERENCE_ID:
            yield from lookup(stack).of_client_reference(wanted.value)
        case Kind.PAYMENT_INTENT:
            yield from _of_payment(stack, wanted.value)
        case Kind.SESSION:
            yield from _of_session(stack, wanted.value)
        case Kind.EMAIL:
            for page in stripe_api(stack).sessions_of_customer(wanted.value):
                for session in page:
                    yield from _marked(stack.readers(), session)


def _of_session(stack: Stack, session_id: str) -> Iterator[str]:
    """Read the session from Stripe: its metadata names the order."""
    named = STRIPE_IDS.fullmatch(session_id)
    mode = "live" if stack.livemode else "test"
    if named and named["mode"] != mode:
        raise UsageError(f"{session_id} is not of {mode} mode, which the stack {stack.name} is.")
    session = stripe_api(stack).session(session_id)
    marked = list(_marked(stack.readers(), session))
    payment_intent = session and session["payment_intent"]
    if not marked and payment_intent:
        # The metadata was edited.
        yield from lookup(stack).of_payment(payment_intent["id"])
    yield from marked


def _of_payment(stack: Stack, payment_intent: str) -> Iterator[str]:
    """Query the index, then Stripe if the table does not have the payment yet."""
    recorded = list(lookup(stack).of_payment(payment_intent))
    yield from recorded
    if not recorded:
        session = stripe_api(stack).session_of_payment_intent(payment_intent)
        yield from _marked(stack.readers(), session)


def _marked(readers: Readers, session: Json | None) -> Iterator[str]:
    fact = readers.session(session, ORIGIN)
    if fact is not None:
        yield fact.order_id

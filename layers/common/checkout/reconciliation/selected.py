"""Reconciliation selected by an operator: single orders, or objects created in a period.

    {"order_ids": ["ord_…"]}                      their sessions, refunds and disputes
    {"since": 1795000000, "until": 1795086400}    all that were created then, or until now

It does not use the cursor, so scheduled runs are not affected.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checkout.aws.cursor import ListCursor
from checkout.domain.changes import Outcome
from checkout.domain.facts import Origin
from checkout.errors import (
    InvalidRequest,
    SessionNotFound,
    UnexpectedStripeObject,
)
from checkout.log import logger
from checkout.reconciliation.attempts import Report, Run
from checkout.reconciliation.lists import Group, ListReader, id_of
from checkout.reconciliation.parts import PartsList
from checkout.reconciliation.pending import CLOCK_SKEW_SECONDS

if TYPE_CHECKING:
    from checkout.aws.orders_table import OrdersTable
    from checkout.domain.facts import SessionFact
    from checkout.domain.order import Order
    from checkout.recorder import Recorder
    from checkout.stripe.api import StripeApi

SOURCE = "operator"
MAX_ORDERS = 100

type Json = Mapping[str, Any]
type Seconds = Annotated[int, Field(ge=0)]


class _Selection(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Named(_Selection):
    order_ids: Annotated[
        list[Annotated[str, Field(pattern=r"^ord_[0-9a-f]{32}$")]],
        Field(min_length=1, max_length=MAX_ORDERS),
    ]


class Period(_Selection):
    """From one second since 1970 UTC to another, both included."""

    since: Seconds
    until: Seconds | None = None


def selection(event: Json) -> Named | Period | None:
    """Read the selection of an invocation, None if it has none; raise InvalidRequest."""
    try:
        if "order_ids" in event:
            return Named.model_validate(event)
        if "since" in event or "until" in event:
            return Period.model_validate(event)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"{where}: {first['msg']}.") from None
    return None


@dataclass(frozen=True, slots=True)
class SelectedOrders:
    """`now` returns seconds since 1970 UTC; `sleep` takes seconds."""

    orders: "OrdersTable"
    recorder: "Recorder"
    stripe_api: "StripeApi"
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def run(self, selected: Named | Period, *, seconds_left: Callable[[], float]) -> Report:
        """Reconcile with Stripe now; all failures are in the report and the log."""
        run = Run(seconds_left, self.sleep)
        api = self.stripe_api.throttled(run.wait_turn)
        recorder = replace(self.recorder, stripe_api=lambda: api)
        now = int(self.now())
        comparison = _Comparison(
            run, self.orders, recorder, api, Origin(occurred_at=now, source=SOURCE)
        )
        with run.ending_early():
            if isinstance(selected, Named):
                comparison.named(selected.order_ids)
            else:
                until = selected.until
                comparison.period(
                    selected.since, now + CLOCK_SKEW_SECONDS if until is None else until
                )
        report = Report(run.checked, len(run.repaired), run.failed, finished=run.finished)
        logger.info("reconciled by an operator", **asdict(report))
        return report


@dataclass(frozen=True, slots=True)
class _Comparison:
    run: Run
    orders: "OrdersTable"
    recorder: "Recorder"
    api: "StripeApi"
    origin: Origin

    def named(self, order_ids: list[str]) -> None:
        with self.run.step("selected orders"):
            for order_id in order_ids:
                payment_intent = None
                with self.run.isolated(order_id=order_id):
                    payment_intent = self._order(order_id)
                if payment_intent:
                    self._payment(payment_intent)

    def period(self, since: int, until: int) -> None:
        with self.run.step("sessions"):
            sessions = ListReader(self.run, ListCursor(), self.api.sessions_between)
            sessions.read(since, until, self._listed)
        with self.run.step("refunds"):
            self._refunds().between(since, until)
        with self.run.step("disputes"):
            self._disputes().between(since, until)

    def _order(self, order_id: str) -> str | None:
        """Reconcile an order with its session; return its PaymentIntent."""
        order = self.orders.find(order_id)
        if order is None:
            self.run.failed += 1
            logger.error("no such order")
            return None
        fact = self._session_of(order)
        self._record(fact)
        return fact.checkout.payment_intent or order.checkout.payment_intent

    def _session_of(self, order: "Order") -> "SessionFact":
        session = self.api.session(order.checkout.session_id)
        if session is None:
            raise SessionNotFound("Stripe has no such Checkout Session.")
        fact = self.recorder.readers.session(session, self.origin, order_id=order.order_id)
        if fact is None:
            raise UnexpectedStripeObject("The Checkout Session is of the other mode.")
        return fact

    def _payment(self, payment_intent: str) -> None:
        """Reconcile a payment's refunds and disputes."""
        for parts, fetch in (
            (self._refunds(), self.api.refunds_of_payment),
            (self._disputes(), self.api.disputes_of_payment),
        ):
            found: Group = []
            with self.run.isolated(payment_intent=payment_intent):
                found = [one for page in fetch(payment_intent) for one in page]
                self.run.succeeded()
            parts.record(found, search_unmarked=True)

    def _listed(self, group: Group) -> None:
        """Reconcile a listed session if it is ours."""
        with self.run.isolated(session_id=id_of(group[0])):
            fact = self.recorder.readers.session(group[0], self.origin)
            if fact is not None:
                self._record(fact)

    def _record(self, fact: "SessionFact") -> None:
        self.run.checked += 1
        recorded = self.recorder.record(fact)
        self.run.succeeded()
        if recorded.outcome is Outcome.APPLIED:
            self.run.repaired.add(fact.checkout.payment_intent or fact.order_id)
            logger.info("repaired", order_id=fact.order_id)

    def _refunds(self) -> PartsList:
        read = self.recorder.readers.refunds
        return PartsList(self.run, self.recorder, self.origin, self.api.refunds_between, read)

    def _disputes(self) -> PartsList:
        read = self.recorder.readers.disputes
        return PartsList(self.run, self.recorder, self.origin, self.api.disputes_between, read)

"""Runs of the reconciliation, with a fake Stripe: objects by id, and lists in pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import stripe

from checkout.aws.cursor import CursorStore
from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.reconciliation import Reconciliation, Report
from checkout.recorder import Recorder
from checkout.stripe.api import StripeApi
from checkout.stripe.readers import Readers
from tests.properties.cloud import CloudTable
from tests.support.documents import Json
from tests.support.environment import Clock, Log, client_under_test
from tests.support.fake_stripe import FakeStripe, Response, StripeRequest
from tests.support.stack import API_KEY, PROGRESS_TABLE, STACK, TABLE, progress_table
from tests.support.stripe_objects import (
    CREATED_AT,
    NOW,
    dispute,
    expanded,
    fact,
    line_item,
    listed,
    payment_intent,
    payment_metadata,
    refund,
    session_in,
    session_metadata,
)

PAGE = 2
DAY = 24 * 3600
COMPLETE, EXPIRED, REFUNDS, DISPUTES = "complete", "expired", "refunds", "disputes"
MISSING = {"error": {"code": "resource_missing", "param": "session", "message": "No."}}
SERVER_ERROR = {"error": {"type": "api_error", "message": "An unknown error occurred."}}


class ListingStripe(FakeStripe):
    """Responds with an account's objects; `broken` calls get their error.

    A call is named by its path without `/v1/`, a list of sessions as `complete` or `expired`.
    """

    def __init__(self, page: int = PAGE) -> None:
        super().__init__()
        self.page = page
        self.sessions: dict[str, Json] = {}
        self.refunds: list[Json] = []
        self.disputes: list[Json] = []
        self.broken: dict[str, tuple[Json, int]] = {}
        self.names: list[str] = []

    def break_call(self, name: str, status: int = 500, **error: str) -> None:
        self.broken[name] = ({"error": error} if error else SERVER_ERROR, status)

    def response_to(self, sent: StripeRequest) -> Response:
        name = _name(sent.path, sent.params)
        self.names.append(name)
        self.respond(*(self.broken.get(name) or self._found(name, sent.params)))
        return super().response_to(sent)

    def _found(self, name: str, params: Mapping[str, str]) -> tuple[Json, int]:
        if name.endswith("/line_items"):
            return listed(line_item()), 200
        if name in {REFUNDS, DISPUTES}:
            return self._listed(getattr(self, name), params), 200
        if name.startswith("checkout/sessions/"):
            session = self.sessions.get(name.rpartition("/")[2])
            return (session, 200) if session else (MISSING, 404)
        sessions = list(self.sessions.values())
        if "payment_intent" in params:
            wanted = params["payment_intent"]
            return listed(*(one for one in sessions if _intent(one) == wanted)), 200
        status = params.get("status")
        in_status = [one for one in sessions if status in (None, one["status"])]
        return self._listed(in_status, params), 200

    def _listed(self, objects: list[Json], params: Mapping[str, str]) -> Json:
        if "payment_intent" in params:
            return listed(*(one for one in objects if _intent(one) == params["payment_intent"]))
        since, until = int(params["created[gte]"]), int(params["created[lte]"])
        wanted = [one for one in objects if since <= one["created"] <= until]
        wanted.sort(key=lambda one: one["created"], reverse=True)
        after = params.get("starting_after")
        start = [one["id"] for one in wanted].index(after) + 1 if after else 0
        end = start + self.page
        return listed(*wanted[start:end], has_more=end < len(wanted))


def errors(log: Log) -> list[Json]:
    return [entry for entry in log.entries if entry["level"] == "ERROR"]


def _name(path: str, params: Mapping[str, str]) -> str:
    name = path.removeprefix("/v1/")
    if name == "checkout/sessions":
        return params.get("status", "by payment" if "payment_intent" in params else "second")
    return name


def _intent(session: Json) -> object:
    intent = session["payment_intent"]
    return intent["id"] if isinstance(intent, dict) else intent


@dataclass
class Runs:
    """Runs of the reconciliation, with a clock that `sleep` advances."""

    orders: Any
    stripe: ListingStripe
    store: CursorStore
    clock: Clock
    recorder: Recorder
    slept: list[float] = field(default_factory=list)

    def run(self, seconds: float = 900, minimum_age_seconds: int = 0) -> Report:
        deadline = self.clock.now + seconds
        reconciliation = Reconciliation(
            self.orders,
            self.recorder,
            self.recorder.stripe_api(),
            self.store,
            now=self.clock,
            sleep=self._sleep,
        )
        return reconciliation.run(
            minimum_age_seconds=minimum_age_seconds,
            seconds_left=lambda: deadline - self.clock.now,
        )

    def calls(self, run: Callable[[], Report]) -> list[str]:
        """Run, and return the names of the calls to Stripe."""
        before = len(self.stripe.names)
        run()
        return self.stripe.names[before:]

    def asked(self, name: str) -> list[Mapping[str, str]]:
        """Return the parameters of the calls of a name."""
        sent = zip(self.stripe.names, self.stripe.requests, strict=True)
        return [request.params for one, request in sent if one == name]

    def add(
        self,
        number: int,
        known: OrderStatus | None = OrderStatus.OPEN,
        now: OrderStatus = OrderStatus.OPEN,
        created: int = CREATED_AT,
    ) -> str:
        """Add an order with one status in the table and another at Stripe; return its id."""
        order_id, session_id = order_id_of(number), session_id_of(number)
        pending = now in {OrderStatus.OPEN, OrderStatus.EXPIRED}
        intent = None if pending else payment_intent("processing", id=f"pi_{number}")
        ids: Json = {"session_id": session_id, "created_at": created}
        if known is not None:
            paid = known not in {OrderStatus.OPEN, OrderStatus.EXPIRED}
            recorded = {"payment_intent": f"pi_{number}" if paid else None}
            self.orders.record(fact(known, order_id=order_id, **ids | recorded))
        changes: Json = {"status": "open"} if now is OrderStatus.OPEN else {}
        made = session_in(now) if now is not OrderStatus.OPEN else session_in(OrderStatus.EXPIRED)
        self.stripe.sessions[session_id] = (
            made
            | changes
            | {
                "id": session_id,
                "created": created,
                "metadata": session_metadata(order_id=order_id),
                "payment_intent": intent,
            }
        )
        return order_id

    def add_parts(self, count: int = 3) -> None:
        """Add paid orders, each with an unrecorded refund and dispute."""
        for number in range(count):
            self.add(number, OrderStatus.PAID, OrderStatus.PAID)
            metadata = payment_metadata(order_id=order_id_of(number))
            intent: Json = {"id": f"pi_{number}", "metadata": metadata}
            self.stripe.refunds.append(expanded(refund(f"re_{number}"), **intent))
            self.stripe.disputes.append(expanded(dispute(f"dp_{number}"), **intent))

    def status(self, number: int) -> str | None:
        order = self.orders.find(order_id_of(number))
        return order.status if order else None

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds


def order_id_of(number: int) -> str:
    return f"ord_{number:032x}"


def session_id_of(number: int) -> str:
    return f"cs_{number}"


def runs_of(
    orders: OrdersTable,
    credentials: CredentialsReader,
    clock: Clock,
    store: CursorStore | None = None,
    page: int = PAGE,
) -> Runs:
    """Return runs with the secret already read, so that it can't fail."""
    clock.now = float(NOW)
    credentials.read()
    fake = ListingStripe(page)
    sdk = stripe.StripeClient(API_KEY, http_client=fake, max_network_retries=0)
    api = StripeApi(sdk, credentials)
    recorder = Recorder(orders, Readers(STACK, livemode=False), lambda: api)
    return Runs(orders, fake, store or cursor_store(), clock, recorder)


def orders_in(table: CloudTable) -> OrdersTable:
    """Return orders in memory, for tests of Stripe calls: moto takes 50 times as long."""
    return OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)


def cursor_store() -> CursorStore:
    client = client_under_test("dynamodb")
    client.create_table(**progress_table())
    return CursorStore(client, PROGRESS_TABLE)

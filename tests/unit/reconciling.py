"""Runs of the reconciliation, with Stripe behind them: sessions by their id, lists in pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
import stripe
from checkout.GONE_facts import Ownership

from checkout.aws.cursor import ProgressStore
from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.reconciliation import Reconciliation, Report
from checkout.recorder import Recorder
from checkout.stripe.api import StripeApi
from tests.unit.conftest import ONE_TRY, Clock
from tests.unit.fake_stripe import FakeStripe, Json
from tests.unit.stack import API_KEY, PROGRESS_TABLE, STACK, progress_table
from tests.unit.stripe_objects import NOW, fact, listed, session, session_metadata

PAGE = 2
NO_SUCH_SESSION = {"error": {"code": "resource_missing", "param": "session", "message": "No."}}


class ListingStripe(FakeStripe):
    """Answer by what an account has, newest first; `broken` paths have no route."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, Json] = {}
        self.refunds: list[Json] = []
        self.disputes: list[Json] = []
        self.broken: set[str] = set()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        **_: object,
    ) -> tuple[str, int, Mapping[str, str]]:
        # The SDK's own request is noted once, with the answer that is put in place for it.
        path = url.partition("?")[0].removeprefix(stripe.DEFAULT_API_BASE)
        if path in self.broken:
            self.break_connection()
        else:
            self.answer(*self._found(path, url))
        return super().request(method, url, headers, post_data)

    def _found(self, path: str, url: str) -> tuple[Json, int]:
        match path.split("/")[2:]:
            case ["checkout", "sessions", session_id]:
                session = self.sessions.get(session_id)
                return (session, 200) if session else (NO_SUCH_SESSION, 404)
            case ["checkout", "sessions"]:
                wanted = url.partition("payment_intent=")[2].partition("&")[0]
                found = [
                    one
                    for one in self.sessions.values()
                    if wanted in (one["payment_intent"], (one["payment_intent"] or {})["id"])
                ]
                return listed(*found), 200
            case [name]:
                return self._page(getattr(self, name), url), 200
        raise AssertionError(path)

    def _page(self, objects: list[Json], url: str) -> Json:
        since = int(url.partition("created[gte]=")[2].partition("&")[0])
        after = url.partition("starting_after=")[2].partition("&")[0]
        wanted = [one for one in objects if NOW >= one["created"] >= since]
        start = [one["id"] for one in wanted].index(after) + 1 if after else 0
        page = wanted[start : start + PAGE]
        return listed(*page, has_more=start + PAGE < len(wanted))


@dataclass
class Runs:
    """Runs of the reconciliation, with a clock that sleeping moves, and Stripe behind it."""

    orders: OrdersTable
    stripe: ListingStripe
    store: ProgressStore
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

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += seconds

    def add_open_orders(self, count: int) -> None:
        for number in range(count):
            ids = {"order_id": f"ord_{number}", "session_id": f"cs_{number}"}
            self.orders.record(fact(OrderStatus.OPEN, **ids))
            metadata = session_metadata(order_id=ids["order_id"])
            self.stripe.sessions[ids["session_id"]] = session(
                id=ids["session_id"], metadata=metadata
            )

    def asked(self, part: str) -> list[Mapping[str, str]]:
        return [one.params for one in self.stripe.requests if one.path == f"/v1/{part}"]


def runs_of(orders: OrdersTable, credentials: CredentialsReader, clock: Clock) -> Runs:
    """Make the table of the progress, and read the secret, whose failures are not meant here."""
    client = boto3.client("dynamodb", config=ONE_TRY)
    client.create_table(**progress_table())
    clock.now = float(NOW)
    credentials.read()
    fake = ListingStripe()
    sdk = stripe.StripeClient(API_KEY, http_client=fake, max_network_retries=0)
    api = StripeApi(sdk, credentials)
    recorder = Recorder(orders, Ownership(STACK, livemode=False), lambda: api)
    return Runs(orders, fake, ProgressStore(client, PROGRESS_TABLE), clock, recorder)

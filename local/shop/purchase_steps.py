"""One purchase over HTTP, with the caller, the callee and the duration of each step.

Durations between the parties come from the frontend's clock, the simulator's request log and the
functions' logs, which all use this machine's clock.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx
from boto3.dynamodb.types import TypeDeserializer

from local.cloud.function_logs import wait_for_entry
from local.cloud.stack import LocalStack
from local.machine.ports import NO_TLS
from local.shop.customer import (
    Frontend,
    new_idempotency_key,
    pay_by_card,
    session_id_of,
)
from stripe_simulator.flow import STAGES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

QUANTITY = 2
COMPLETED = "checkout.session.completed"

type Json = dict[str, Any]


@dataclass(frozen=True)
class Step:
    number: int
    title: str
    source: str
    target: str
    started: datetime
    ended: datetime
    detail: str

    @property
    def duration_ms(self) -> float:
        return round(between(self.started, self.ended), 1)


class PurchaseFailed(Exception):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"step {number}: {reason}")


@dataclass(frozen=True)
class StripeCall:
    """One request to Stripe, with the timestamps of its arrival and its response."""

    arrived: datetime
    responded: datetime


@dataclass
class Purchase:
    stack: LocalStack
    on_step: Callable[[Step], None]
    """Called for each step in the order of events: the webhook (10) precedes the redirect (6)."""
    steps: list[Step] = field(default_factory=list)
    order: Json = field(default_factory=dict)
    stripe_calls: int = 0

    @property
    def changes(self) -> list[str]:
        return [entry["type"] for entry in self.order["history"]]

    def make(self) -> None:
        """Raise PurchaseFailed unless the order is paid, by webhook and by confirm, once."""
        self._simulator("DELETE", "requests")
        created = self._create()
        success_url = self._pay(created["url"])
        confirmed = self._confirm(session_id_of(success_url))
        self.order = self._stored(created["order_id"])
        self.stripe_calls = len(self._simulator("GET", "requests"))
        shown = f"thank you: {confirmed['amount_total']} {confirmed['currency']}, minor units"
        self._own_step(12, shown)
        self._require(12, self.order["status"] == "paid", f"the order is {self.order['status']}")
        self._require(12, self.changes.count("order.paid") == 1, f"the order went {self.changes}")

    def _create(self) -> Json:
        sent = now()
        response = Frontend(self.stack.facts.api_url).request_checkout(
            {"items": [{"price": self.stack.price, "quantity": QUANTITY}]},
            idempotency_key=new_idempotency_key(),
        )
        responded = now()
        created = self._responded(1, response, HTTPStatus.CREATED)
        call = self._stripe_call(2, "POST", "/v1/checkout/sessions")
        recorded = self._logged(3, message="recorded", order_id=created["order_id"])
        saved = timestamp(recorded["timestamp"])
        self._step(
            1, sent, call.arrived, f"POST /checkout/sessions: {QUANTITY} of {self.stack.price}"
        )
        self._step(2, call.arrived, call.responded, "POST /v1/checkout/sessions")
        self._step(
            3, call.responded, saved, f"{created['order_id']} is written: {created['status']}"
        )
        self._step(4, saved, responded, f"201 {created['session_id']}")
        return created

    def _pay(self, page_url: str) -> str:
        sent = now()
        page = httpx.get(page_url, verify=NO_TLS)
        self._require(5, page.is_success, f"the payment page responds {page.status_code}")
        pressed_pay = now()
        paid = pay_by_card(page_url)
        redirected = now()
        self._require(6, paid.is_redirect, f"paying responds {paid.status_code}")
        success_url = paid.headers["location"]
        self._step(5, sent, pressed_pay, page_url)
        delivered = self._webhook(pressed_pay)
        self._step(6, delivered, redirected, success_url)
        return success_url

    def _confirm(self, session_id: str) -> Json:
        self._own_step(7, "from the page's own address")
        sent = now()
        response = Frontend(self.stack.facts.api_url).confirm(session_id)
        responded = now()
        confirmed = self._responded(8, response, HTTPStatus.OK)
        call = self._stripe_call(9, "GET", f"/v1/checkout/sessions/{session_id}")
        self._step(8, sent, call.arrived, "POST /checkout/sessions/{session_id}/confirm")
        self._step(
            9, call.arrived, call.responded, f"payment_status is {confirmed['payment_status']}"
        )
        self._step(11, call.responded, responded, f"200, the order is {confirmed['status']}")
        self._require(11, confirmed["status"] == "paid", f"confirm says {confirmed['status']}")
        return confirmed

    def _webhook(self, pressed_pay: datetime) -> datetime:
        """Return the timestamp of its response, which Stripe's page awaits before the redirect.

        https://docs.stripe.com/checkout/fulfillment#redirect-hosted-checkout
        """
        deliveries = [
            one for one in self._simulator("GET", "deliveries") if one["type"] == COMPLETED
        ]
        statuses = [one["status"] for one in deliveries]
        self._require(10, statuses == [HTTPStatus.OK], f"the webhook responded {statuses}")
        delivered = timestamp(deliveries[0]["at"])
        processed = self._logged(10, message="processed", event_id=deliveries[0]["event"])
        self._step(
            10,
            pressed_pay,
            delivered,
            f"{COMPLETED}, which the redirect waits for: {processed['outcome']}",
        )
        self._require(10, processed["outcome"] == "applied", f"it was {processed['outcome']}")
        return delivered

    def _step(self, number: int, started: datetime, ended: datetime, detail: str) -> None:
        stage = STAGES[number]
        step = Step(number, stage.title, stage.source, stage.target, started, ended, detail)
        self.steps.append(step)
        self.on_step(step)

    def _own_step(self, number: int, detail: str) -> None:
        """Record a step inside the page, which takes no measurable time."""
        at = now()
        self._step(number, at, at, detail)

    def _require(self, number: int, condition: bool, reason: str) -> None:  # noqa: FBT001
        if not condition:
            raise PurchaseFailed(number, reason)

    def _responded(self, number: int, response: httpx.Response, status: HTTPStatus) -> Json:
        got = f"the API responds {response.status_code}: {response.text}"
        self._require(number, response.status_code == status, got)
        document: Json = response.json()
        return document

    def _stripe_call(self, number: int, method: str, path: str) -> StripeCall:
        made = [
            one
            for one in self._simulator("GET", "requests")
            if (one["method"], one["path"]) == (method, path)
        ]
        self._require(number, len(made) == 1, f"Stripe got {len(made)} times {method} {path}")
        arrived = timestamp(made[0]["at"])
        return StripeCall(arrived, arrived + timedelta(milliseconds=made[0]["duration_ms"]))

    def _logged(self, number: int, **wanted: str) -> Json:
        try:
            return wait_for_entry(self.stack.aws, **wanted)
        except TimeoutError as error:
            raise PurchaseFailed(number, str(error)) from None

    def _simulator(self, method: str, log: str) -> list[Json]:
        url = f"{self.stack.facts.stripe_url}/_simulator/{log}"
        response = httpx.request(method, url, verify=NO_TLS)
        listed: list[Json] = response.raise_for_status().json()
        return listed

    def _stored(self, order_id: str) -> Json:
        stored = stored_order(self.stack, order_id)
        if stored is None:
            raise PurchaseFailed(12, f"the table has no {order_id}")
        return stored


def stored_order(stack: LocalStack, order_id: str) -> Json | None:
    found = stack.aws.dynamodb.get_item(
        TableName=stack.facts.orders_table,
        Key={"order_id": {"S": order_id}},
        ConsistentRead=True,
    )
    return plain_item(found["Item"]) if "Item" in found else None


def plain_item(item: "Mapping[str, AttributeValueTypeDef]") -> Json:
    """Return an item as plain values; all of its numbers are integers."""
    deserialize = TypeDeserializer().deserialize
    plain: Json = json.loads(
        json.dumps({name: deserialize(value) for name, value in item.items()}, default=int)
    )
    return plain


def now() -> datetime:
    return datetime.now(UTC)


def timestamp(text: str) -> datetime:
    """Parse a timestamp of the simulator or of the functions' logger."""
    return datetime.fromisoformat(text.replace(",", "."))


def between(start: datetime, end: datetime) -> float:
    """Return milliseconds, at least 0: timestamps of two logs may be rounded past each other."""
    return max(0.0, (end - start).total_seconds() * 1000)

"""The deployed stack, and its callers: the frontend and Stripe."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
import stripe

from local.cloud.function_logs import wait_for_entry
from local.cloud.invocations import invoke
from local.cloud.stack import LocalStack
from local.machine.ports import NO_TLS
from local.machine.waiting import wait_for
from local.shop.customer import GOOD_CARD, Frontend, pay_by_card
from local.shop.fulfilment import Fulfilment, fulfilment
from local.shop.merchant import Merchant
from local.shop.purchase_steps import plain_item
from local.shop.stripe_account import LOOKUP_KEY
from tests.integration.checked_frontend import CheckedFrontend, as_documented
from tests.integration.operator import Called, operate
from tests.support.documents import Json

TIMEOUT_SECONDS = 40.0
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Simulator:
    """The Stripe simulator and its controls."""

    url: str
    api_key: str

    @cached_property
    def sdk(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            self.api_key, base_addresses={"api": self.url}, max_network_retries=0
        )

    def behave(self, **behaviour: object) -> None:
        self._control("PATCH", "behaviour", json=behaviour)

    def behave_again(self) -> None:
        self._control("DELETE", "behaviour")

    def drop_paused_deliveries(self) -> None:
        """Deliver none of what waits: all at once, they would start a function each."""
        self.behave(deliveries_paused=False, drop_probability=1.0)

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Return method and path of the backend's calls since the log was cleared."""
        return [(one["method"], one["path"]) for one in self._control("GET", "requests")]

    def forget_requests(self) -> None:
        self._control("DELETE", "requests")

    def _control(self, method: str, name: str, **more: Any) -> Any:  # noqa: ANN401  (JSON)
        url = f"{self.url}/_simulator/{name}"
        return httpx.request(method, url, verify=NO_TLS, **more).raise_for_status().json()

    @contextmanager
    def granting(self, *permissions: str) -> Iterator[None]:
        """Set the restricted key's permissions to exactly these."""
        before = self._control("GET", "restricted_key")
        self._control("PATCH", "restricted_key", json={"permissions": permissions})
        try:
            yield
        finally:
            self._control("PATCH", "restricted_key", json={"permissions": before["permissions"]})

    def deliveries(self, event_id: str) -> list[Json]:
        return [one for one in self._control("GET", "deliveries") if one["event"] == event_id]

    def wait_for_deliveries_under_way(self) -> None:
        """Wait until deliveries to disabled destinations have their responses."""
        destinations = self.sdk.v2.core.event_destinations.list().data
        disabled = [one.id for one in destinations if one.status == "disabled"]

        def are_over() -> bool:
            under_way = self._control("GET", "deliveries/under_way")
            return not any(under_way.get(one) for one in disabled)

        wait_for(are_over, "deliveries under way are over", seconds=WAIT_SECONDS)

    def wait_for_delivery(self, event_id: str) -> Json:
        return wait_for(
            lambda: self.deliveries(event_id), f"{event_id} is delivered", seconds=WAIT_SECONDS
        )[0]

    def events(self, event_type: str) -> list[Json]:
        """Return the events of a type, newest first, delivered or not."""
        listed = self.sdk.v1.events.list({"type": event_type, "limit": 100}).data
        return [event.to_dict() for event in listed]

    def event_about(self, object_id: str, event_type: str) -> Json:
        for event in self.events(event_type):
            if event["data"]["object"]["id"] == object_id:
                return event
        raise LookupError(f"Stripe made no {event_type} for {object_id}")

    def escalate(self, dispute: stripe.Dispute) -> None:
        """Escalate an inquiry to a chargeback without the merchant's response."""
        self._control("POST", f"disputes/{dispute.id}/escalate")

    def dispute_again(self, dispute: stripe.Dispute) -> str:
        """Dispute the same charge again; return the new dispute's id."""
        made: str = self._control("POST", f"charges/{dispute.charge}/dispute")["id"]
        return made

    @contextmanager
    def delivering_everything(self) -> Iterator[None]:
        """Deliver events of all types to the webhook, as for an endpoint with `*`."""
        endpoint = self.sdk.v1.webhook_endpoints.list().data[0]
        wanted: Any = list(endpoint.enabled_events)
        self.sdk.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": ["*"]})
        try:
            yield
        finally:
            self.sdk.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": wanted})


@dataclass(frozen=True)
class World:
    stack: LocalStack

    @cached_property
    def frontend(self) -> Frontend:
        return CheckedFrontend(self.stack.facts.api_url)

    @cached_property
    def simulator(self) -> Simulator:
        return Simulator(self.stack.facts.stripe_url, self.stack.facts.stripe_api_key)

    @property
    def one_mug(self) -> Json:
        return {"price": self.stack.price, "quantity": 1}

    def checkout(self, **body: object) -> Json:
        """Create an order; return the 201 response's document."""
        items = [self.one_mug]
        response = self.frontend.request_checkout({"items": items} | body)
        assert response.status_code == 201, response.text
        created: Json = response.json()
        return created

    @cached_property
    def merchant(self) -> Merchant:
        return Merchant(self.simulator.sdk)

    def paid(self, card: str = GOOD_CARD) -> Json:
        """Create and pay an order; return the 201 response's document."""
        created = self._paid(card)
        self.wait_for_status(created["order_id"], "paid")
        return created

    def price(self, unit_amount: int, **more: object) -> stripe.Price:
        """Create a price, which the shop does not sell unless it is marked."""
        product = {"name": "Something else"}
        params: Any = {"product_data": product, "unit_amount": unit_amount, "currency": "eur"}
        return self.simulator.sdk.v1.prices.create(params | more)

    def session(self, session_id: str) -> stripe.checkout.Session:
        return self.simulator.sdk.v1.checkout.sessions.retrieve(session_id)

    def newest_session(self) -> stripe.checkout.Session:
        return self.simulator.sdk.v1.checkout.sessions.list({"limit": 1}).data[0]

    def paid_unheard(self, card: str = GOOD_CARD) -> Json:
        """Create an order and pay it while deliveries are paused; return the 201's document."""
        self.simulator.behave(deliveries_paused=True)
        return self._paid(card)

    def _paid(self, card: str) -> Json:
        created = self.checkout()
        assert pay_by_card(created["url"], card).status_code == 303
        return created

    def fulfilment(self, *types: str) -> AbstractContextManager[Fulfilment]:
        aws, topic = self.stack.aws, self.stack.facts.topic_arn
        return fulfilment(aws, topic, f"fulfilment-{secrets.token_hex(4)}", *types)

    def operate(self, *arguments: str, typed: str = "", **environment: str) -> Called:
        """Run `ops/checkout --env local` as an operator does."""
        return operate(self.stack, *arguments, typed=typed, **environment)

    def hand_over(self, event: Json) -> Json:
        """Invoke the webhook function with an event as EventBridge does, without HTTP."""
        return invoke(self.stack.aws, "StripeWebhookFunction", from_event_bridge(event))

    def deliver(
        self, body: bytes, signature: str | None, *, url: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send a webhook delivery, valid or not."""
        sent = {"content-type": "application/json; charset=utf-8"} | headers
        if signature is not None:
            sent["stripe-signature"] = signature
        to = url or self.stack.facts.webhook_url
        more: Json = {"timeout": TIMEOUT_SECONDS, "verify": NO_TLS}
        response = httpx.post(to, content=body, headers=sent, **more)
        return response if url else as_documented("receiveStripeEvent", response)

    def redeliver(self, event: Json) -> httpx.Response:
        body = json.dumps(event).encode()
        return self.deliver(body, self.signature(body))

    def signature(
        self, body: bytes, *, secret: str | None = None, timestamp: float | None = None
    ) -> str:
        """Sign a payload: https://docs.stripe.com/webhooks#verify-manually"""
        seconds = int(time.time() if timestamp is None else timestamp)
        key = (secret or self.stack.facts.webhook_secret).encode()
        digest = hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={seconds},v1={digest}"

    def outcome_of(self, event_id: str) -> str:
        """Return the webhook's outcome for a delivered event."""
        entry = wait_for_entry(self.stack.aws, message="processed", event_id=event_id)
        return str(entry["outcome"])

    def order(self, order_id: str) -> Json:
        order = self._stored(order_id)
        assert order is not None, f"there is no {order_id}"
        return order

    def _stored(self, order_id: str) -> Json | None:
        response = self.stack.aws.dynamodb.get_item(
            TableName=self.stack.facts.orders_table,
            Key={"order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        return plain_item(response["Item"]) if "Item" in response else None

    def forget_order(self, order_id: str) -> None:
        self.stack.aws.dynamodb.delete_item(
            TableName=self.stack.facts.orders_table, Key={"order_id": {"S": order_id}}
        )

    def number_of_orders(self) -> int:
        pages = self.stack.aws.dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.facts.orders_table, Select="COUNT"
        )
        return sum(page["Count"] for page in pages)

    def wait_for_order(self, order_id: str, reached: Callable[[Json], bool]) -> Json:
        def look() -> Json | None:
            order = self._stored(order_id)
            return order if order and reached(order) else None

        order = wait_for(look, f"{order_id} gets there", seconds=WAIT_SECONDS)
        assert order is not None
        return order

    def wait_for_status(self, order_id: str, status: str) -> Json:
        return self.wait_for_order(order_id, lambda order: order["status"] == status)


def from_event_bridge(event: Json) -> Json:
    """Wrap an event: https://docs.stripe.com/event-destinations/eventbridge"""
    return {
        "version": "0",
        "id": "b2b3c4d5-0000-4000-8000-000000000000",
        "detail-type": event["type"],
        "source": "aws.partner/stripe.com/ed_test_1",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1::event-source/aws.partner/stripe.com/ed_test_1"],
        "detail": event,
    }


def changes(order: Json) -> list[str]:
    return [entry["type"] for entry in order["history"]]


def lookup_item(quantity: int = 1) -> Json:
    return {"lookup_key": LOOKUP_KEY, "quantity": quantity}

"""The service as it is deployed: its real handlers and parts, between the clouds in memory and the
Stripe simulator.
"""

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, cast

import pytest
import stripe

from checkout import wiring
from checkout.aws.cursor import CursorStore
from checkout.aws.dead_letters import DeadLetters, UnpublishedChanges
from checkout.aws.orders_table import OrdersTable
from checkout.aws.publishing import Publisher
from checkout.checkouts import Checkouts
from checkout.credentials import CredentialsReader
from checkout.deliveries import Deliveries
from checkout.reconciliation import Reconciliation
from checkout.recorder import Recorder
from checkout.settings import Settings
from checkout.stripe.api import StripeApi
from checkout.stripe.catalogue import Catalogue
from checkout.stripe.events import EventReader
from checkout.stripe.readers import Readers
from checkout.webhook import WebhookVerifier
from stripe_simulator.testing import Running
from tests.properties.cloud import (
    CloudTable,
    CursorTable,
    DeadLetteredEvents,
    Queue,
    SecretStore,
    SideEffects,
    Topic,
)
from tests.support.documents import Json
from tests.support.stack import ENVIRONMENT, FUNCTIONS

ENOUGH_SECONDS = 900.0
OBJECT_ID = re.compile(r"[a-z]+_[a-z]*_?[A-Za-z0-9]{14,}")
# The options of a shop that captures by hand.
BY_HAND: Json = {"payment_intent_data": {"capture_method": "manual"}}
STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/1"


@dataclass
class Context:
    """The context that Lambda passes. The time left is enough at first, and then it is not."""

    looks_left: int | None = None
    function_name: str = "checkout-function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:checkout-function"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        if self.looks_left is None:
            return int(ENOUGH_SECONDS * 1000)
        self.looks_left -= 1
        return int(ENOUGH_SECONDS * 1000) if self.looks_left >= 0 else 0


class WatchedStripeClient(stripe.RequestsClient):
    """The SDK's own HTTP client, each of whose requests is a side effect."""

    def __init__(self, effects: SideEffects) -> None:
        super().__init__()
        self._effects = effects

    def request(self, method: str, url: str, *more: Any, **named: Any) -> Any:  # noqa: ANN401
        # An effect is named after its resource, without ids: POST sessions/expire.
        path = url.partition("/v1/")[2].partition("?")[0].removeprefix("checkout/")
        resource = "/".join(part for part in path.split("/") if not OBJECT_ID.fullmatch(part))
        effect = f"{method.upper()} {resource}"
        with self._effects.around(effect, failure=_no_response):
            return super().request(method, url, *more, **named)


class Service:
    """`restart` forgets what the containers had in memory; the tables and the queue stay."""

    def __init__(self, simulator: Running, secret: SecretStore) -> None:
        self.effects = SideEffects()
        self.table = CloudTable(self.effects)
        self.cursor = CursorTable(self.effects)
        self.topic = Topic(self.effects)
        self.queue = Queue(self.effects)
        self.dead_lettered = DeadLetteredEvents(self.effects)
        self.unpublished = Queue(self.effects)
        self._secret = secret
        self._simulator = simulator
        self._http = WatchedStripeClient(self.effects)
        self._settings = Settings.from_environment(ENVIRONMENT | {"STRIPE_API_BASE": simulator.url})
        self._patch = pytest.MonkeyPatch()
        self.restart()

    def restart(self) -> None:
        self.effects.repair()
        now = self._simulator.clock
        credentials = CredentialsReader(
            cast("Any", self._secret),
            "stripe",
            livemode=False,
            clock=now,
        )
        client = stripe.StripeClient(
            "read from the secret",
            base_addresses={"api": self._simulator.url},
            http_client=self._http,
            max_network_retries=0,
        )
        api = StripeApi(client, credentials)
        orders = OrdersTable(cast("Any", self.table), "orders", now)
        readers = Readers(self._settings.stack, livemode=False)
        recorder = Recorder(orders, readers, lambda: api)
        catalogue = Catalogue(api, only_marked=True, clock=now)
        verifier = WebhookVerifier(credentials, now)
        dead_letters = DeadLetters(
            cast("Any", self.queue), "queue", cast("Any", self.dead_lettered), "table", now
        )
        unpublished = UnpublishedChanges(cast("Any", self.unpublished), "unpublished")
        store = CursorStore(cast("Any", self.cursor), "cursor")
        self._wire(
            checkouts=Checkouts(self._settings, api, catalogue, orders, recorder, now),
            deliveries=Deliveries(
                verifier, EventReader(readers, lambda: api), recorder, lambda: dead_letters
            ),
            publisher=Publisher(
                cast("Any", self.topic),
                "arn:aws:sns:us-east-1:123456789012:it",
                lambda: unpublished,
            ),
            reconciliation=Reconciliation(orders, recorder, api, store, now, lambda _: None),
        )

    def stop(self) -> None:
        self._patch.undo()
        self._http.close()  # type: ignore[no-untyped-call]

    def create(self, body: Json, key: str | None = None, *, by_hand: bool = False) -> Json:
        """With `by_hand`, the payment is captured by hand."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_function("create_session"), "OPTIONS", BY_HAND if by_hand else {})
            return _invoke("create_session", _over_http(json.dumps(body), headers))

    def confirm(self, session_id: str) -> Json:
        path = {"pathParameters": {"session_id": session_id}}
        return _invoke("confirm_payment", _over_http("", {}) | path)

    def receive(self, body: bytes, signature: str | None) -> Json:
        headers = {"stripe-signature": signature} if signature is not None else {}
        return _invoke("stripe_webhook", _over_http(body.decode(), headers))

    def receive_from_eventbridge(self, document: Json) -> Json:
        """Send an event, or one that was dead-lettered, as the bus and `make replay` do."""
        return _invoke("stripe_webhook", {"detail": document})

    def reconcile(self, *, looks: int | None = None) -> Json:
        """`looks` is after how many the time is up."""
        return _invoke("reconcile_orders", {"minimum_age_seconds": 0}, Context(looks))

    def publish(self) -> None:
        """Publish what is in the stream, until a batch fails."""
        records = [
            {
                "eventSourceARN": STREAM_ARN,
                "dynamodb": {
                    "Keys": {"order_id": image["order_id"]},
                    "NewImage": image,
                    "SequenceNumber": str(number),
                },
            }
            for number, image in enumerate(self.table.stream)
        ]
        failed = _invoke("publish_changes", {"Records": records})["batchItemFailures"]
        published = int(failed[0]["itemIdentifier"]) if failed else len(records)
        del self.table.stream[:published]

    def _wire(self, **parts: object) -> None:
        for name, part in parts.items():
            self._patch.setattr(wiring, name, _giving(part))


@cache
def _function(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_app", FUNCTIONS / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVIRONMENT", ENVIRONMENT["ENVIRONMENT"])
        spec.loader.exec_module(module)
    return module


def _invoke(name: str, event: Json, context: Context | None = None) -> Json:
    response: Json = _function(name).lambda_handler(event, context or Context())
    return response


def _over_http(body: str, headers: dict[str, str]) -> Json:
    invocation = {"headers": headers, "body": body, "isBase64Encoded": False}
    return invocation | {"requestContext": {}, "routeKey": "$default"}


def _giving(part: object) -> Callable[[], object]:
    return lambda: part


def _no_response(point: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(point, should_retry=False)  # type: ignore[no-untyped-call]

"""An account to test against: the simulator's, or a sandbox of Stripe's own."""

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.schema.check import document_violations
from stripe_simulator.testing import fast, running

# Not STRIPE_API_KEY: `make test` must not reach Stripe because a developer has one.
KEY_VARIABLE = "STRIPE_CONTRACT_KEY"
STRIPE_URL = "https://api.stripe.com"
TEST_KEYS = ("sk_test_", "rk_test_")
MUG = {"currency": "usd", "unit_amount": 1500, "product_data": {"name": "Contract mug"}}


class NotATestKey(Exception):
    """Nothing here may ever run with a live key."""


@dataclass(frozen=True)
class Refusal:
    status: int
    type: str
    code: str | None
    param: str | None
    message: str


@dataclass(frozen=True)
class Sandbox:
    client: stripe.StripeClient
    api_base: str = STRIPE_URL
    cleanup: ExitStack = field(default_factory=ExitStack)

    def call(self, method: str, path: str, **parameters: object) -> Json:
        """Make a request; fail if the response is not as Stripe describes its objects."""
        return self.respond(method, path, **parameters)[0]

    def respond(self, method: str, path: str, **parameters: object) -> tuple[Json, dict[str, str]]:
        """The same, with the response's headers."""
        response = self.client.raw_request(method, path, **parameters)
        document: Json = json.loads(response.body)
        assert list(document_violations(document)) == []
        return document, {name.lower(): value for name, value in response.headers.items()}

    def refused(self, method: str, path: str, **parameters: object) -> Refusal:
        with pytest.raises(stripe.StripeError) as caught:
            self.call(method, path, **parameters)
        body = json.loads(caught.value.http_body or "")
        assert list(document_violations(body)) == []
        assert caught.value.http_status is not None
        error = body["error"]
        return Refusal(
            caught.value.http_status,
            error["type"],
            error.get("code"),
            error.get("param"),
            error["message"],
        )

    def later(self, method: str, path: str, **parameters: object) -> None:
        """Make a request when the test is over, to leave nothing behind; it may be refused."""
        self.cleanup.callback(self._attempt(method, path, parameters))

    def price(self, **more: object) -> Json:
        price = self.call("post", "/v1/prices", **(MUG | more))
        self.later("post", f"/v1/products/{price['product']}", active=False)
        self.later("post", f"/v1/prices/{price['id']}", active=False)
        return price

    def session(self, **more: object) -> Json:
        items = [{"price": self.price()["id"], "quantity": 2}]
        parameters = {"mode": "payment", "success_url": "https://example.com/", "line_items": items}
        session = self.call("post", "/v1/checkout/sessions", **(parameters | more))
        self.later("post", f"/v1/checkout/sessions/{session['id']}/expire")
        return session

    def payment(self, payment_method: str = "pm_card_visa", **more: object) -> Json:
        parameters = {
            "amount": 2000,
            "currency": "usd",
            "payment_method": payment_method,
            "payment_method_types": ["card"],
            "confirm": True,
        }
        return self.call("post", "/v1/payment_intents", **(parameters | more))

    def _attempt(self, method: str, path: str, parameters: Json) -> Callable[[], None]:
        def attempt() -> None:
            with contextlib.suppress(stripe.StripeError):
                self.client.raw_request(method, path, **parameters)

        return attempt


@contextmanager
def opened(key: str | None) -> Iterator[Sandbox]:
    """Stripe's, where there is a key. Raise NotATestKey."""
    if key is None:
        with running(fast()) as simulator:
            yield Sandbox(simulator.sdk, simulator.url)
        return
    if not key.startswith(TEST_KEYS):
        raise NotATestKey(f"{KEY_VARIABLE} must be a sandbox's key: sk_test_... or rk_test_...")
    sandbox = Sandbox(stripe.StripeClient(key))
    with sandbox.cleanup:
        yield sandbox

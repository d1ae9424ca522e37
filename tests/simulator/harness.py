"""A simulator over real HTTP, the SDK as its client, and a receiver of its webhooks."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import stripe
import uvicorn

from local.stripe_simulator.app import create_app
from local.stripe_simulator.listener import LOOPBACK, listen, url_of
from local.stripe_simulator.settings import Settings

SECRET_KEY = "sk_test_51simulatedsimulatedsimulated"
RESTRICTED_KEY = "rk_test_51restrictedrestricted"
WAIT_SECONDS = 10.0
# To load the certificates takes longer than a request does, and nothing here has one.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

type Json = dict[str, Any]


@dataclass
class Clock:
    """Stripe's time, which a test may move."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Running:
    """A simulator that listens at `url`."""

    url: str
    clock: Clock
    secret_key: str = SECRET_KEY

    @property
    def sdk(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            self.secret_key, base_addresses={"api": self.url}, max_network_retries=0
        )

    def post(self, path: str, form: str = "", **headers: str) -> httpx.Response:
        """A request that the SDK would not send."""
        sent = {
            "Authorization": f"Bearer {self.secret_key}",
            "Content-Type": "application/x-www-form-urlencoded",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, content=form, headers=sent)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """A request as it is, without a key."""
        return httpx.request(method, f"{self.url}{path}", verify=NO_TLS, **more)

    def get(self, path: str, **parameters: str) -> Json:
        headers = {"Authorization": f"Bearer {self.secret_key}"}
        response = self.request("GET", path, params=parameters, headers=headers)
        document: Json = response.json()
        return document

    def behave(self, **behaviour: object) -> Json:
        response = self.request("PATCH", "/_simulator/behaviour", json=behaviour)
        assert response.status_code == 200, response.text
        document: Json = response.json()
        return document

    def attempts(self) -> list[Json]:
        listed: list[Json] = self.request("GET", "/_simulator/deliveries").json()
        return listed

    def wait_for_attempts(self, number: int) -> list[Json]:
        """The log of deliveries, once it has so many: a receiver knows before the log does."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(logged := self.attempts()) < number:
            assert time.monotonic() < deadline, f"{len(logged)} of {number} attempts were made"
        return logged


@contextmanager
def refused(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    type_: str = "invalid_request_error",
) -> Iterator[None]:
    """The SDK's call in here is refused, and with just this error of Stripe's."""
    with pytest.raises(stripe.StripeError) as caught:
        yield
    body: Any = caught.value.json_body
    error = body["error"]
    seen = (caught.value.http_status, error["message"], error.get("code"), error.get("param"))
    assert seen == (status, message, code, param)
    assert error["type"] == type_


class _Server(uvicorn.Server):
    """Stops on request: uvicorn's own looks ten times a second whether it should, and
    then waits as long again.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await self.lifespan.shutdown()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)


@contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[Running]:
    clock = clock or Clock()
    with listen() as listener:
        app = create_app(settings, clock)
        server = _Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.ready.wait(WAIT_SECONDS)
            yield Running(url_of(listener), clock, settings.secret_keys[0])
        finally:
            server.stop()
            thread.join(WAIT_SECONDS)


def fast(**changes: Any) -> Settings:  # noqa: ANN401  (whatever the settings are)
    """Settings of which no test needs to wait for."""
    settings = Settings(
        secret_keys=(SECRET_KEY,),
        retry_seconds=(0.01, 0.01, 0.01),
        async_payment_seconds=0.0,
        refund_seconds=0.0,
        redirect_seconds=WAIT_SECONDS,
        seed=1,
    )
    return replace(settings, **changes)


@dataclass(frozen=True)
class Received:
    body: bytes
    signature: str
    host: str
    path: str


@dataclass
class Receiver:
    """A webhook endpoint. `respond` gives the status of each response."""

    port: int
    received: list[Received] = field(default_factory=list)
    respond: Callable[[Received], int] = lambda _: 200
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/webhook"

    def take(self, delivery: Received) -> int:
        status = self.respond(delivery)
        with self._arrived:
            self.received.append(delivery)
            self._arrived.notify_all()
        return status

    def wait_for(self, number: int) -> list[Received]:
        """The deliveries, once there are so many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= number, WAIT_SECONDS), (
                f"{len(self.received)} of {number} deliveries came"
            )
            return list(self.received)

    def wait_until(self, reached: Callable[[list[Received]], bool]) -> list[Received]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: reached(self.received), WAIT_SECONDS)
            return list(self.received)


@contextmanager
def receiving() -> Iterator[Receiver]:
    holder: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature = self.headers["Stripe-Signature"]
            host = self.headers["Host"]
            status = holder[0].take(Received(body, signature, host, self.path))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
            """Nothing: the tests read what was received."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    holder.append(Receiver(server.server_port))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield holder[0]
    finally:
        server.shutdown()
        thread.join(WAIT_SECONDS)
        server.server_close()


@dataclass(frozen=True)
class Shop:
    """The SDK's calls that most tests begin with."""

    sdk: stripe.StripeClient

    def price(self, unit_amount: int = 1500, currency: str = "usd", **more: Any) -> stripe.Price:  # noqa: ANN401
        product = self.sdk.v1.products.create({"name": "Mug"})
        params: Any = {"product": product.id, "unit_amount": unit_amount, "currency": currency}
        return self.sdk.v1.prices.create(params | more)

    def session(self, price: stripe.Price | None = None, **more: Any) -> stripe.checkout.Session:  # noqa: ANN401
        if "line_items" not in more:
            more["line_items"] = [{"price": (price or self.price()).id, "quantity": 2}]
        params: Any = {
            "mode": "payment",
            "success_url": "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/cart",
        }
        return self.sdk.v1.checkout.sessions.create(params | more)

    def payment_method(self, **card: str) -> str:
        response = self.sdk.raw_request("post", "/v1/payment_methods", type="card", card=card)
        id_: str = response.data["id"]
        return id_

    def bank_account(self, iban: str) -> str:
        response = self.sdk.raw_request(
            "post",
            "/v1/payment_methods",
            type="sepa_debit",
            sepa_debit={"iban": iban},
            billing_details={"name": "Jenny Rosen", "email": "jenny@example.com"},
        )
        id_: str = response.data["id"]
        return id_

    def pay(self, session: stripe.checkout.Session, payment_method: str, **more: Any) -> Json:  # noqa: ANN401
        response = self.sdk.raw_request(
            "post",
            f"/v1/payment_pages/{session.id}/confirm",
            **({"payment_method": payment_method, "expected_amount": session.amount_total} | more),
        )
        page: Json = response.data
        return page

    def paid_session(self, token: str = "tok_visa") -> stripe.checkout.Session:
        session = self.session()
        self.pay(session, self.payment_method(token=token))
        return self.sdk.v1.checkout.sessions.retrieve(session.id)

    def event_types(self) -> list[str]:
        """Oldest first."""
        return [str(event.type) for event in self.sdk.v1.events.list({"limit": 100}).data][::-1]

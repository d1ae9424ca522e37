"""A simulator over real HTTP in this process, and the SDK as its client."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import stripe
from starlette.types import ASGIApp

from stripe_simulator.app import create_app
from stripe_simulator.listener import listen, url_of
from stripe_simulator.server import SimulatorServer
from stripe_simulator.settings import Settings
from stripe_simulator.testing.conformity import Conformity

SECRET_KEY = "sk_test_51simulatedsimulatedsimulated"
RESTRICTED_KEY = "rk_test_51restrictedrestricted"
WAIT_SECONDS = 10.0
# Loading certificates takes longer than a request, and nothing here uses TLS.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

type Json = dict[str, Any]


@dataclass
class Clock:
    """Stripe's clock, which tests can change."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Running:
    """A simulator listening at `url`."""

    url: str
    clock: Clock
    secret_key: str = SECRET_KEY

    @property
    def sdk(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            self.secret_key,
            base_addresses={"api": self.url},
            # The default client also has one for async calls, which loads certificates.
            http_client=stripe.RequestsClient(),
            max_network_retries=0,
        )

    def post(self, path: str, form: str = "", **headers: str) -> httpx.Response:
        """Send a request that the SDK would not send."""
        sent = {
            "Authorization": f"Bearer {self.secret_key}",
            "Content-Type": "application/x-www-form-urlencoded",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, content=form, headers=sent)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request unchanged, without a key."""
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
        """Wait for this number of logged deliveries; the log lags behind receivers."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(logged := self.attempts()) < number:
            assert time.monotonic() < deadline, f"{len(logged)} of {number} attempts were made"
        return logged


class _Server(SimulatorServer):
    """Stops at once; uvicorn's own server polls for the stop ten times a second."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.ready = threading.Event()
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopping.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)


@contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[Running]:
    """Run a simulator; at the end, fail if a response or object violates Stripe's description."""
    clock = clock or Clock()
    with listen() as listener:
        simulated = create_app(settings, clock)
        app = Conformity(simulated, simulated.state.simulator)
        server = _Server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.ready.wait(WAIT_SECONDS)
            yield Running(url_of(listener), clock, *settings.secret_keys[:1])
        finally:
            server.stop()
            thread.join(WAIT_SECONDS)
    app.check_recorded()
    assert not app.found, f"not as Stripe describes it: {dict(app.found)}"


def fast(**changes: Any) -> Settings:  # noqa: ANN401  (whatever the settings are)
    """Return settings with delays so short that tests need not wait."""
    settings = Settings(
        secret_keys=(SECRET_KEY,),
        retry_seconds=(0.01, 0.01, 0.01),
        async_payment_seconds=0.0,
        balance_transaction_seconds=0.0,
        refund_seconds=0.0,
        redirect_seconds=WAIT_SECONDS,
        random_seed=1,
    )
    return replace(settings, **changes)

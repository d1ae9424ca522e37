"""A webhook endpoint over real HTTP that stores received deliveries."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stripe_simulator.listener import LOOPBACK
from stripe_simulator.testing.server import WAIT_SECONDS


@dataclass(frozen=True)
class Received:
    body: bytes
    signature: str
    host: str
    path: str


@dataclass
class Receiver:
    """A webhook endpoint. `respond` returns the status of each response."""

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
        """Wait for this number of deliveries; return them."""
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
            """Log nothing: tests read the received requests."""

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

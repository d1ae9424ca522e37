"""Reports of requests for the live view, and that they contain nothing else."""

import asyncio
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any, cast

import pytest

from stripe_simulator.observed import BACKEND_CALLS, STRIPE_CALLS, Call, Observed, Reporter

API = "/_aws/execute-api/12345678/checkout/sessions"
CREATED = {"session_id": "cs_test_1", "order_id": "o1", "status": "open", "client_secret": "x"}

type Json = dict[str, Any]


def reported(
    calls: tuple[Call, ...], method: str, path: str, *parts: bytes, status: int = 200
) -> list[Json]:
    reports: list[Json] = []
    passed: list[Json] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        await send({"type": "http.response.start", "status": status, "headers": []})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:  # noqa: ANN401
        passed.append(message)

    scope: Any = {"type": "http", "method": method, "path": path, "headers": []}
    observed = Observed(cast("Any", app), calls, reports.append)
    asyncio.run(observed(scope, cast("Any", None), send))
    body = [one["body"] for one in passed if one["type"] == "http.response.body"]
    assert body == [*parts, b""]
    return reports


def test_a_checkout_request_is_reported_at_its_start_and_its_end() -> None:
    document = json.dumps(CREATED).encode()
    started, ended = reported(BACKEND_CALLS, "POST", API, document[:9], document[9:], status=201)
    assert started.pop("at") <= ended.pop("at")
    assert started == {"call": "create", "id": "create-1", "phase": "started"}
    assert ended == {
        "call": "create",
        "id": "create-1",
        "phase": "ended",
        "status": 201,
        "session_id": "cs_test_1",
        "order_id": "o1",
        "order_status": "open",
    }


def test_a_confirm_names_its_session_from_the_start() -> None:
    started, ended = reported(BACKEND_CALLS, "POST", f"{API}/cs_test_1/confirm", b"{", status=404)
    assert started["session_id"] == ended["session_id"] == "cs_test_1"
    assert (ended["call"], ended["status"]) == ("confirm", 404)


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", "/v1/checkout/sessions", "create_session"),
        ("GET", "/v1/checkout/sessions/cs_test_1", "retrieve_session"),
        ("GET", "/c/pay/cs_test_1", "open_page"),
        ("POST", "/c/pay/cs_test_1", "pay"),
        ("GET", "/c/embed/cs_test_1_secret_abc", "open_page"),
    ],
)
def test_calls_of_stripe_are_named(method: str, path: str, call: str) -> None:
    started, ended = reported(STRIPE_CALLS, method, path, b'{"id": "cs_test_1"}')
    assert (started["call"], ended["session_id"]) == (call, "cs_test_1")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/checkout/sessions"),
        ("GET", "/v1/checkout/sessions/cs_test_1/line_items"),
        ("POST", "/v1/checkout/sessions/cs_test_1/expire"),
        ("GET", f"/c/pay/cs_{'a' * 300}"),
    ],
)
def test_other_requests_are_not_reported(method: str, path: str) -> None:
    assert reported(STRIPE_CALLS, method, path) == []
    assert reported(BACKEND_CALLS, method, path) == []


@pytest.mark.enable_socket
def test_reports_arrive_in_order_and_a_dead_receiver_stops_nothing() -> None:
    arrived: Queue[Json] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            arrived.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            # The first report gets no response.
            if arrived.qsize() > 1:
                self.send_response(200)
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        tell = Reporter(f"http://127.0.0.1:{server.server_port}/_simulator/steps")
        for number in range(3):
            tell({"number": number})
        assert [arrived.get(timeout=10)["number"] for _ in range(3)] == [0, 1, 2]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

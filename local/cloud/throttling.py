"""A throttling DynamoDB: a proxy for the local one, which can't inject faults.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import httpx

from local.cloud.aws import LocalAws
from local.cloud.invocations import physical_name
from ops.functions import ALIAS, CONFIRM_PAYMENT, CREATE_SESSION, RECONCILE, STRIPE_WEBHOOK

THROTTLED = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "message": "Throughput exceeds the current capacity of your table or index.",
    }
).encode()
JSON = "application/x-amz-json-1.0"
TIMEOUT_SECONDS = 30.0
# The functions that read or write orders.
FUNCTIONS = (CREATE_SESSION, CONFIRM_PAYMENT, STRIPE_WEBHOOK, RECONCILE)


@dataclass
class Throttling:
    """`probability` is that of refusing a request; `throttled` counts refused requests."""

    upstream: httpx.Client
    chance: random.Random
    probability: float = 0.0
    throttled: int = 0

    def respond(self, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if self.chance.random() < self.probability:
            self.throttled += 1
            return HTTPStatus.BAD_REQUEST, JSON, THROTTLED
        # Keep the signed Host header.
        response = self.upstream.post("/", content=body, headers=headers)
        return response.status_code, response.headers.get("content-type", JSON), response.content


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, throttling: Throttling) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.throttling = throttling

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        throttling = cast("Server", self.server).throttling
        status, content_type, response = throttling.respond(headers, body)
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, *_: object) -> None:
        """Log nothing: the functions log refused requests."""


@contextmanager
def throttled_table(aws: LocalAws, seed: int) -> Iterator[Throttling]:
    """Route the functions to the table through the proxy, with AWS_ENDPOINT_URL_DYNAMODB."""
    chance = random.Random(seed)  # noqa: S311  (chaos, not cryptography)
    with httpx.Client(base_url=aws.endpoint_url, timeout=TIMEOUT_SECONDS) as upstream:
        throttling = Throttling(upstream, chance)
        with Server(throttling) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                for name in FUNCTIONS:
                    lead(aws, physical_name(aws, name), server.url)
                yield throttling
            finally:
                server.shutdown()


def lead(aws: LocalAws, function: str, url: str) -> None:
    variables = aws.functions.get_function_configuration(FunctionName=function)["Environment"][
        "Variables"
    ]
    aws.functions.update_function_configuration(
        FunctionName=function,
        Environment={"Variables": variables | {"AWS_ENDPOINT_URL_DYNAMODB": url}},
    )
    # Not a published version: MiniStack (1.5.33) ignores its reserved concurrency.
    aws.functions.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion="$LATEST")

"""Which requests reach MiniStack, and which response headers a browser gets to see."""

import asyncio
from typing import Any, cast

import pytest

from local.cloud.ministack_guard import PagesKeptOut

SHOP = "http://localhost:3000"
API = "/_aws/execute-api/12345678/checkout/sessions"
API_NAME = "12345678.execute-api.localhost:4566"
WILDCARD = (b"Access-Control-Allow-Origin", b"*")

type Headers = list[tuple[bytes, bytes]]


def sent(path: str, kind: str, headers: Headers, response: Headers) -> tuple[bool, list[Any]]:
    """Send a request; return whether MiniStack got it, and the messages to the client."""
    reached = False
    messages: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        nonlocal reached
        reached = True
        if kind == "http":
            await send({"type": "http.response.start", "status": 200, "headers": response})
            await send({"type": "http.response.body", "body": b"secret"})

    async def receive() -> Any:  # noqa: ANN401
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:  # noqa: ANN401
        messages.append(message)

    guard = PagesKeptOut(cast("Any", app), [SHOP])
    asyncio.run(guard({"type": kind, "path": path, "headers": headers}, receive, send))
    return reached, messages


def passes(path: str, *headers: tuple[str, str], kind: str = "http") -> bool:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    reached, _ = sent(path, kind, pairs, [])
    return reached


@pytest.mark.parametrize(
    ("hosts", "passed"),
    [
        (["localhost"], True),
        (["LOCALHOST:4566"], True),
        (["127.0.0.1:4566"], True),
        (["127.8.9.1"], True),
        (["[::1]:4566"], True),
        ([API_NAME], True),
        (["bucket.s3.localhost:4566"], True),
        ([], False),
        ([""], False),
        (["localhost", "evil.example"], False),
        (["localhost, evil.example"], False),
        (["localhost\xa0"], False),
        (["localhost\n"], False),
        (["[::]:4566"], False),
        (["::1"], False),
        (["2130706433"], False),
        (["0"], False),
        (["localhost:4566:80"], False),
        (["evil.example"], False),
        (["evil.example:4566"], False),
        (["evil.example."], False),
        (["localhost.evil.example"], False),
        (["127.0.0.1.evil.example"], False),
        (["evillocalhost"], False),
        (["0.0.0.0:4566"], False),
        (["10.0.0.7:4566"], False),
        (["[2001:db8::1]:4566"], False),
        (["sqs.us-east-1.amazonaws.com"], False),
        (["localhost@evil.example"], False),
        (["12345678.execute-api.evil.example"], False),
    ],
)
def test_every_host_must_be_loopback(hosts: list[str], *, passed: bool) -> None:
    assert passes("/", *[("Host", host) for host in hosts]) == passed


@pytest.mark.parametrize(
    ("path", "host", "headers", "passed"),
    [
        (API, "localhost", {"origin": SHOP}, True),
        (API, "localhost", {"origin": SHOP, "sec-fetch-site": "cross-site"}, True),
        (API, API_NAME, {"origin": SHOP}, False),
        ("/checkout/sessions", API_NAME, {"origin": SHOP}, True),
        ("/_ministack/reset", API_NAME, {"origin": SHOP}, False),
        (API, "1.cloudfront.localhost", {"origin": SHOP}, False),
        (API, "localhost", {"origin": SHOP + "/"}, False),
        (API, "localhost", {"origin": "null"}, False),
        (API, "localhost", {"origin": ""}, False),
        (API, "localhost", {"origin": f"{SHOP}.evil.example"}, False),
        (API, "localhost", {"origin": "http://localhost:3001"}, False),
        (API, "localhost", {"origin": "https://localhost:3000"}, False),
        # Other servers on the ports that are the same at each start.
        (API, "localhost:4566", {"origin": "http://127.0.0.1:3000"}, False),
        (API, "localhost:4566", {"origin": "http://localhost:4566"}, False),
        (API, "localhost:4566", {"origin": "http://127.0.0.1:12111"}, False),
        ("/", "localhost:4566", {"origin": "http://127.0.0.1:12111"}, False),
        (API, "shop.example:4566", {"origin": "http://shop.example:4566"}, False),
        (API, "localhost", {"sec-fetch-site": "cross-site"}, False),
        (API, "localhost", {"sec-fetch-site": "none"}, True),
        ("/_aws/execute-api/12345678", "localhost", {"origin": SHOP}, False),
        ("/_aws/execute-api//x", "localhost", {"origin": SHOP}, False),
        ("/_aws/lambda-url/abc/", "localhost", {"origin": SHOP}, False),
        ("/", "localhost", {"origin": SHOP}, False),
        ("/", "localhost", {"origin": "null"}, False),
        ("/", "localhost", {"origin": ""}, False),
        ("/", "localhost", {"sec-fetch-site": "cross-site"}, False),
        ("/", "localhost", {"sec-fetch-site": "same-site"}, False),
        ("/", "localhost", {"sec-fetch-site": "same-origin"}, False),
        ("/_ministack/health", "localhost", {"sec-fetch-site": "same-origin"}, False),
    ],
)
def test_a_page_reaches_the_api_alone(
    path: str, host: str, headers: dict[str, str], *, passed: bool
) -> None:
    assert passes(path, ("Host", host), *headers.items()) == passed


def test_two_origins_must_both_be_allowed() -> None:
    evil = ("origin", "https://evil.example")
    assert not passes(API, ("host", "localhost"), ("origin", SHOP), evil)


def test_a_websocket_of_a_page_is_closed() -> None:
    headers = [(b"host", b"localhost"), (b"origin", SHOP.encode())]
    reached, messages = sent(API, "websocket", headers, [])
    assert not reached
    assert messages == [{"type": "websocket.close", "code": 1008}]
    assert passes(API, ("host", "localhost"), kind="websocket")


def test_the_start_of_the_server_passes() -> None:
    assert passes("", kind="lifespan")


@pytest.mark.parametrize(
    ("origin", "response", "seen"),
    [
        (None, [WILDCARD], []),
        (SHOP, [WILDCARD], []),
        (SHOP, [WILDCARD, (b"access-control-allow-origin", SHOP.encode())], []),
        (SHOP, [(b"Access-Control-Allow-Headers", b"*")], []),
        (
            SHOP,
            [(b"Access-Control-Allow-Origin", SHOP.encode()), (b"access-control-max-age", b"9")],
            [(b"Access-Control-Allow-Origin", SHOP.encode()), (b"access-control-max-age", b"9")],
        ),
    ],
)
def test_only_the_apis_own_cors_headers_are_left(
    origin: str | None, response: Headers, seen: Headers
) -> None:
    headers = [(b"host", b"localhost")] + ([(b"origin", origin.encode())] if origin else [])
    other = (b"date", b"today")
    _, [start, _] = sent(API, "http", headers, [*response, other])
    assert start["headers"] == [*seen, other]

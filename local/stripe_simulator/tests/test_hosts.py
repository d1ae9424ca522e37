"""`--host` and `--allow-host`: by which names other machines may call."""

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse

from stripe_simulator.hosts import KnownHosts
from stripe_simulator.listener import listen, url_of
from stripe_simulator.settings import Settings
from stripe_simulator.testing import NO_TLS

OTHER_MACHINE = "192.0.2.7"


def status(settings: Settings, host: str, peer: str) -> int:
    app = KnownHosts(PlainTextResponse("ok"), settings)

    async def call() -> int:
        transport = httpx.ASGITransport(app=app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, verify=NO_TLS) as client:
            response = await client.get("http://simulator/", headers={"Host": host})
            return response.status_code

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("listening", "named", "expected"),
    [
        ("0.0.0.0", "stripe:12111", 200),  # noqa: S104  (what is tested)
        ("0.0.0.0", "STRIPE", 200),  # noqa: S104
        ("0.0.0.0", "localhost:12111", 200),  # noqa: S104
        ("0.0.0.0", "evil.example", 403),  # noqa: S104
        ("192.0.2.1", "192.0.2.1:12111", 200),
        ("192.0.2.1", "192.0.2.2", 403),
        ("127.0.0.1", "stripe", 403),
        ("127.0.0.1", "localhost", 403),
    ],
)
def test_other_machine_must_know_the_name(listening: str, named: str, expected: int) -> None:
    settings = Settings(host=listening, allowed_hosts=("stripe",))
    assert status(settings, named, OTHER_MACHINE) == expected


def test_allowed_name_is_welcome_on_this_machine() -> None:
    settings = Settings(allowed_hosts=("stripe",))
    assert status(settings, "stripe", "127.0.0.1") == 200
    assert status(settings, "evil.example", "127.0.0.1") == 403


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1"), ("127.0.0.1", "http://127.0.0.1")],  # noqa: S104
)
def test_url_can_be_called(host: str, url: str) -> None:
    with listen(0, host) as listener:
        assert url_of(listener) == f"{url}:{listener.getsockname()[1]}"

"""`python -m stripe_simulator` as a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
import stripe

from stripe_simulator.__main__ import main
from stripe_simulator.testing import NO_TLS

KEY = "sk_test_process"
COMMAND = (sys.executable, "-m", "stripe_simulator")
get = partial(httpx.get, verify=NO_TLS)


# Each start takes a second of CPU: options that don't meet share one.
OPTIONS = (
    *("--shop-name", "Mugs & more"),
    *("--restricted-key", "rk_test_process"),
    *("--permission", "product_read", "--permission", "plan_write"),
)


@dataclass(frozen=True)
class Process:
    url: str
    ready_file: Path


@contextmanager
def process(*options: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*COMMAND, "--secret-key", KEY, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def announced(child: subprocess.Popen[str]) -> str:
    """Where it is: it says so once it responds."""
    assert child.stdout is not None
    ready = json.loads(child.stdout.readline())
    assert ready["secret_key"] == KEY
    url: str = ready["url"]
    return url


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One process for the tests that only read from it."""
    file = tmp_path_factory.mktemp("process") / "ready.json"
    with process(*OPTIONS, "--ready-file", str(file)) as child:
        yield Process(announced(child), file)


def test_ready_file_says_where_it_is(shared: Process) -> None:
    assert shared.url.startswith("http://127.0.0.1:")
    deadline = time.monotonic() + 10
    while not shared.ready_file.is_file():
        assert time.monotonic() < deadline
    assert json.loads(shared.ready_file.read_text()) == {"url": shared.url, "secret_key": KEY}
    assert [path.name for path in shared.ready_file.parent.iterdir()] == ["ready.json"]
    client = stripe.StripeClient(KEY, base_addresses={"api": shared.url})
    assert client.v1.products.create({"name": "Mug"}).name == "Mug"


def test_restricted_key_has_the_permissions_that_are_given(shared: Process) -> None:
    assert get(f"{shared.url}/_simulator/restricted_key").json() == {
        "permissions": ["product_read", "plan_write"]
    }
    client = stripe.StripeClient("rk_test_process", base_addresses={"api": shared.url})
    assert client.v1.products.list().url == "/v1/products"
    with pytest.raises(stripe.PermissionError):
        client.v1.products.create({"name": "Mug"})


def test_shop_has_the_name_that_is_given(shared: Process) -> None:
    assert "Mugs &amp; more" in get(f"{shared.url}/c/pay/cs_test_unknown").text


def test_signal_does_not_wait_for_a_slow_response() -> None:
    with process() as child, ThreadPoolExecutor() as pool:
        url = announced(child)
        fault = {"path": "/v1/products", "delay_seconds": 60.0}
        httpx.patch(f"{url}/_simulator/behaviour", json={"faults": [fault]}, verify=NO_TLS)
        headers = {"Authorization": f"Bearer {KEY}"}
        slow = pool.submit(get, f"{url}/v1/products", headers=headers, timeout=60)
        while get(f"{url}/_simulator/behaviour").json()["faults"]:
            pass
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 0
        assert slow.exception(10) is not None or slow.result().status_code >= 500


def test_ctrl_c_ends_an_open_dashboard_cleanly() -> None:
    with process() as child, httpx.Client(timeout=10, verify=NO_TLS) as browser:
        url = announced(child)
        with browser.stream("GET", f"{url}/dashboard/live") as response:
            events = response.iter_lines()
            while not next(events).startswith("data:"):
                pass
            child.send_signal(signal.SIGINT)
            assert [line for line in events if line] == []
        output, errors = child.communicate(timeout=10)
        assert (child.returncode, output, errors) == (0, "", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--connect-to", "shop.example"], "shop.example is not HOST=ADDRESS:PORT"),
        (["--connect-to", "a=b:c"], "a=b:c is not HOST=ADDRESS:PORT"),
        (["--permission", "price_read"], "invalid choice: 'price_read'"),
        (["--retry-seconds", "soon"], "soon is not S,S,..."),
    ],
)
def test_wrong_option_is_reported(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--secret-key", KEY, *options])
    assert message in capsys.readouterr().err


def test_key_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "--secret-key" in capsys.readouterr().err

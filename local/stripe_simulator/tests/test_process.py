"""`python -m stripe_simulator` as a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import stripe

KEY = "sk_test_process"
COMMAND = (sys.executable, "-m", "stripe_simulator")


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


def test_ready_file_says_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with process("--ready-file", str(file)) as child:
        url = announced(child)
        assert url.startswith("http://127.0.0.1:")
        deadline = time.monotonic() + 10
        while not file.is_file():
            assert time.monotonic() < deadline
        assert json.loads(file.read_text()) == {"url": url, "secret_key": KEY}
        assert [path.name for path in tmp_path.iterdir()] == ["ready.json"]
        client = stripe.StripeClient(KEY, base_addresses={"api": url})
        assert client.v1.products.create({"name": "Mug"}).name == "Mug"


def test_restricted_key_has_the_permissions_that_are_given() -> None:
    options = ("--restricted-key", "rk_test_process", "--permission", "product_read")
    with process(*options, "--permission", "plan_write") as child:
        url = announced(child)
        assert httpx.get(f"{url}/_simulator/restricted_key").json() == {
            "permissions": ["product_read", "plan_write"]
        }
        client = stripe.StripeClient("rk_test_process", base_addresses={"api": url})
        assert client.v1.products.list().data == []
        with pytest.raises(stripe.PermissionError):
            client.v1.products.create({"name": "Mug"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with process() as child:
        assert httpx.get(f"{announced(child)}/_simulator/behaviour").status_code == 200
        child.send_signal(number)
        output, errors = child.communicate(timeout=10)
        assert (child.returncode, output, errors) == (0, "", "")


def test_signal_does_not_wait_for_a_slow_response() -> None:
    with process() as child, ThreadPoolExecutor() as pool:
        url = announced(child)
        fault = {"path": "/v1/products", "delay_seconds": 60.0}
        httpx.patch(f"{url}/_simulator/behaviour", json={"faults": [fault]})
        headers = {"Authorization": f"Bearer {KEY}"}
        slow = pool.submit(httpx.get, f"{url}/v1/products", headers=headers, timeout=60)
        while httpx.get(f"{url}/_simulator/behaviour").json()["faults"]:
            pass
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 0
        assert slow.exception(10) is not None or slow.result().status_code >= 500


def test_signal_ends_an_open_dashboard() -> None:
    with process() as child, httpx.Client(timeout=10) as browser:
        url = announced(child)
        with browser.stream("GET", f"{url}/dashboard/live") as response:
            events = response.iter_lines()
            while not next(events).startswith("data:"):
                pass
            child.send_signal(signal.SIGTERM)
            assert [line for line in events if line] == []
        output, errors = child.communicate(timeout=10)
        assert (child.returncode, output, errors) == (0, "", "")


def test_shop_has_the_name_that_is_given() -> None:
    with process("--shop-name", "Mugs & more") as child:
        page = httpx.get(f"{announced(child)}/c/pay/cs_test_unknown").text
        assert "Mugs &amp; more" in page


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--connect-to", "shop.example"], "shop.example is not HOST=ADDRESS:PORT"),
        (["--connect-to", "a=b:c"], "a=b:c is not HOST=ADDRESS:PORT"),
        (["--permission", "price_read"], "invalid choice: 'price_read'"),
        (["--retry-seconds", "soon"], "soon is not S,S,..."),
    ],
)
def test_wrong_option_is_reported(options: list[str], message: str) -> None:
    with process(*options) as child:
        _, errors = child.communicate(timeout=10)
        assert child.returncode == 2
        assert message in errors


def test_key_must_be_given() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=10)
    assert done.returncode == 2
    assert "--secret-key" in done.stderr

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

from stripe_simulator.testing import NO_TLS

KEY = "sk_test_process"
# In seconds: other tests keep the processors busy.
DEADLINE = 60
COMMAND = (sys.executable, "-m", "stripe_simulator")


@contextmanager
def process(*options: str) -> Iterator[subprocess.Popen[str]]:
    with child_of("--secret-key", KEY, "--port", "0", *options) as child:
        yield child


@contextmanager
def child_of(*options: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [*COMMAND, *options],
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
    ready = ready_of(child)
    assert ready["secret_key"] == KEY
    return ready["url"]


def ready_of(child: subprocess.Popen[str]) -> dict[str, str]:
    assert child.stdout is not None
    ready: dict[str, str] = json.loads(child.stdout.readline())
    return ready


def test_ready_file_has_the_url(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with process("--ready-file", str(file)) as child:
        url = announced(child)
        assert url.startswith("http://127.0.0.1:")
        deadline = time.monotonic() + DEADLINE
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
        output, errors = child.communicate(timeout=DEADLINE)
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
        assert child.wait(timeout=DEADLINE) == 0
        assert slow.exception(DEADLINE) is not None or slow.result().status_code >= 500


def test_signal_ends_an_open_dashboard() -> None:
    with process() as child, httpx.Client(timeout=DEADLINE) as browser:
        url = announced(child)
        with browser.stream("GET", f"{url}/dashboard/live") as response:
            events = response.iter_lines()
            while not next(events).startswith("data:"):
                pass
            child.send_signal(signal.SIGTERM)
            assert [line for line in events if line] == []
        output, errors = child.communicate(timeout=DEADLINE)
        assert (child.returncode, output, errors) == (0, "", "")


def test_shop_has_the_name_that_is_given() -> None:
    with process("--shop-name", "Mugs & more") as child:
        page = httpx.get(f"{announced(child)}/c/pay/cs_test_unknown").text
        assert "Mugs &amp; more" in page


def test_every_test_key_is_accepted_where_none_is_named() -> None:
    with child_of("--port", "0") as child:
        ready = ready_of(child)
        assert ready["secret_key"].startswith("sk_test_")
        for key, status in (("sk_test_any", 200), ("sk_live_any", 401), ("rk_test_any", 401)):
            headers = {"Authorization": f"Bearer {key}"}
            response = httpx.get(f"{ready['url']}/v1/products", headers=headers, verify=NO_TLS)
            assert response.status_code == status


def test_seed_is_made_before_it_is_ready(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    product = {"name": "mug", "path": "/v1/products", "params": {"name": "${.env:NAME|Mug}"}}
    price = {
        "name": "price",
        "path": "/v1/prices",
        "params": {"product": "${mug:id}", "currency": "eur", "unit_amount": 1200},
    }
    seed.write_text(json.dumps({"_meta": {"template_version": 0}, "fixtures": [product, price]}))
    with process("--seed", str(seed)) as child:
        sdk = stripe.StripeClient(KEY, base_addresses={"api": announced(child)})
        [made] = sdk.v1.prices.list({"expand": ["data.product"]}).data
        assert made.product.name == "Mug"  # type: ignore[union-attr]


def test_refused_seed_ends_it_with_one_line(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"fixtures": [{"name": "mug", "path": "/v1/products"}]}')
    with process("--seed", str(seed)) as child:
        output, errors = child.communicate(timeout=DEADLINE)
        assert (child.returncode, output) == (1, "")
        assert errors == "stripe-simulator: mug: Missing required param: name.\n"

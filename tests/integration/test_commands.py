"""`make demo` and `make dev` as their user runs them: what they leave, and what they do not."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from local.commands.dev import main as dev_main
from local.machine.ports import free_port
from local.machine.waiting import wait_for
from local.paths import LAYER, ROOT
from tests.integration.operator import terminal_environment
from tests.support.documents import Json

# Each starts a stack of its own: one at a time.
pytestmark = pytest.mark.xdist_group("commands")

DEMO, DEV = "local.commands.demo", "local.commands.dev"
READY_SECONDS = 180.0
END_SECONDS = 60.0
STACK_KEYS = {
    *("api_url", "webhook_url", "webhook_host", "stripe_url", "aws_endpoint_url", "orders_table"),
    *("webhook_secret", "topic_arn", "stripe_api_key", "region", "storefront_url"),
}


@dataclass(frozen=True)
class Command:
    process: subprocess.Popen[bytes]
    printed_to: Path

    @property
    def printed(self) -> str:
        return self.printed_to.read_text()

    @property
    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for_text(self, text: str) -> None:
        def look() -> bool:
            assert self.process.poll() is None, self.printed
            return text in self.printed

        wait_for(look, f"it prints {text!r}", seconds=READY_SECONDS)

    def end(self, number: signal.Signals | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let the commands have Ctrl-C, where the tests themselves run in the background without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def command(module: str, *arguments: str | Path, output: Path) -> Iterator[Command]:
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(LAYER)},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Command(process, output)
        finally:
            process.terminate()


def is_alive(child: psutil.Process) -> bool:
    """A zombie is dead: the system's first process may take its time to bury it."""
    try:
        return child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def printed_logs(stack_file: Path) -> str:
    """Return what `make logs` prints."""
    environment = terminal_environment() | {"CHECKOUT_STACK_FILE": str(stack_file)}
    return subprocess.run(
        ["make", "--silent", "logs"],  # noqa: S607
        env={name: value for name, value in environment.items() if name != "ENV"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def printed_steps(text: str) -> list[tuple[str, str, str]]:
    """Return each step's number, who called whom, and its title."""
    return re.findall(r"^ {1,2}([0-9]+)  (\w+ -> \w+) +(.+?) +[0-9]+ ms ", text, re.MULTILINE)


def test_the_demo_makes_one_purchase_in_twelve_steps(tmp_path: Path) -> None:
    report = tmp_path / "demo.json"
    with command(DEMO, "--report", report, output=tmp_path / "printed") as demo:
        assert demo.process.wait(READY_SECONDS) == 0, demo.printed
    assert "%" not in demo.printed
    printed = printed_steps(demo.printed)
    numbers = [int(number) for number, _, _ in printed]
    assert numbers == [1, 2, 3, 4, 5, 10, 6, 7, 8, 9, 11, 12], "as it happened"
    assert printed_steps((ROOT / "README.md").read_text()) == printed
    report_document = json.loads(report.read_text())
    steps = report_document["steps"]
    assert [step["number"] for step in steps] == list(range(1, 13))
    for step in steps:
        assert step.keys() == {"number", "title", "from", "to", "duration_ms", "detail"}
        route = f"{step['from']} -> {step['to']}"
        assert (str(step["number"]), route, step["title"]) in printed
    assert report_document["order"]["status"] == "paid"
    assert [entry["type"] for entry in report_document["order"]["history"]] == [
        "order.created",
        "order.paid",
    ]
    assert report_document["stripe_calls"] == 2
    assert report_document["seconds"] > 0


@pytest.mark.full  # it ends as `make dev` does, below
def test_an_interrupted_demo_ends_in_order(tmp_path: Path) -> None:
    report = tmp_path / "demo.json"
    with command(DEMO, "--report", report, output=tmp_path / "printed") as demo:
        demo.wait_for_text("sam deploy")
        children = demo.children
        assert demo.end(signal.SIGINT) == 130
    assert [child for child in children if is_alive(child)] == []
    assert "Interrupted" in demo.printed
    assert "Traceback" not in demo.printed
    assert not report.exists()


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    return tmp_path / "stack.json"


@pytest.fixture
def occupied() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other


def test_the_stack_runs_until_it_is_stopped(
    tmp_path: Path,
    stack_file: Path,
    occupied: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STOREFRONT_PORT", str(free_port()))
    aws_port = free_port()
    monkeypatch.setenv("AWS_PORT", str(aws_port))
    stripe_port: int = occupied.getsockname()[1]
    monkeypatch.setenv("STRIPE_PORT", str(stripe_port))
    with command(DEV, "--stack-file", stack_file, output=tmp_path / "printed") as dev:
        dev.wait_for_text("Ctrl-C stops it")
        facts = json.loads(stack_file.read_text())
        is_on_its_ports(facts, dev, aws_port, stripe_port)
        assert facts.keys() == STACK_KEYS
        assert stack_file.stat().st_mode & 0o077 == 0
        assert httpx.post(facts["webhook_url"], timeout=30).status_code == 400
        serves_the_storefront(facts)
        assert "not-authentic" in printed_logs(stack_file)
        refuses_a_second(dev, stack_file, tmp_path / "second")
        children = dev.children
        assert len(children) > len(["MiniStack", "simulator"]), "and a function"
        assert dev.end(signal.SIGTERM) == 0
    assert [child for child in children if is_alive(child)] == []
    assert not stack_file.exists()


def is_on_its_ports(facts: Json, dev: Command, aws_port: int, stripe_port: int) -> None:
    """The one that was chosen; and where that is in use, one that is printed."""
    assert facts["aws_endpoint_url"] == f"http://127.0.0.1:{aws_port}"
    assert facts["api_url"] == f"http://127.0.0.1:{aws_port}/_aws/execute-api/00000001"
    (line,) = [line for line in dev.printed.splitlines() if "in use" in line]
    assert line.startswith(f"STRIPE_PORT {stripe_port} is in use by process {os.getpid()} (")
    assert line.endswith(f": using {urlsplit(facts['stripe_url']).port} instead.")


def serves_the_storefront(facts: Json) -> None:
    origin = f"http://localhost:{os.environ['STOREFRONT_PORT']}"
    assert facts["storefront_url"] == f"{origin}/"
    assert httpx.get(f"{origin}/config.json").json()["api_url"] == facts["api_url"]
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    response = httpx.options(f"{facts['api_url']}/checkout/sessions", headers=preflight)
    assert response.headers["access-control-allow-origin"] == origin


def refuses_a_second(dev: Command, stack_file: Path, output: Path) -> None:
    before = stack_file.read_bytes()
    with command(DEV, "--stack-file", stack_file, output=output) as second:
        assert second.end() == 1, second.printed
    facts = json.loads(before)
    assert f"process {dev.process.pid}, API {facts['api_url']}" in second.printed
    assert f"`kill {dev.process.pid}`" in second.printed
    assert "Traceback" not in second.printed
    assert dev.process.poll() is None
    assert stack_file.read_bytes() == before


@pytest.mark.full
def test_a_killed_one_leaves_nothing_in_the_way(
    tmp_path: Path, stack_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STOREFRONT_PORT", "AWS_PORT", "STRIPE_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    with command(DEV, "--stack-file", stack_file, output=tmp_path / "first") as killed:
        killed.wait_for_text("sam deploy")
        services = [one for one in killed.children if "deploy" not in one.cmdline()]
        assert len(services) == len(["MiniStack", "simulator"])
        stack_file.write_text("{}")
        killed.end(signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, services)), "its services end", seconds=END_SECONDS)
    with command(DEV, "--stack-file", stack_file, output=tmp_path / "next") as dev:
        dev.wait_for_text("sam deploy")
        assert "in use" not in dev.printed
        assert not stack_file.exists()
        wait_for(lambda: len(dev.children) > len(services), "it deploys", seconds=END_SECONDS)
        children = dev.children
        dev.process.send_signal(signal.SIGINT)
        assert dev.end(signal.SIGINT) == 0
    assert [child for child in children if is_alive(child)] == []
    assert "Traceback" not in dev.printed


def test_what_is_no_port_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PORT", "http://localhost:4566")
    monkeypatch.setattr(sys, "argv", ["dev"])
    assert dev_main() == 1
    assert capsys.readouterr().out.strip() == (
        "AWS_PORT must be a port from 1024 to 65535: it is 'http://localhost:4566'"
    )


@pytest.mark.full
@pytest.mark.parametrize("seen", ["sam deploy", "Ctrl-C stops it"])
def test_a_dead_service_ends_the_stack_and_is_named(
    tmp_path: Path, stack_file: Path, seen: str
) -> None:
    with command(DEV, "--stack-file", stack_file, output=tmp_path / "printed") as dev:
        dev.wait_for_text(seen)
        children = dev.children
        ministack = next(one for one in children if "ministack_main" in " ".join(one.cmdline()))
        ministack.kill()
        assert dev.end() == 1
    assert "MiniStack died" in dev.printed
    assert "Traceback" not in dev.printed
    assert [child for child in children if is_alive(child)] == []
    assert not stack_file.exists()


def test_a_live_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "sk_live_" + "x" * 8
    monkeypatch.setenv("STRIPE_API_KEY", key)
    monkeypatch.setattr(sys, "argv", ["dev"])
    assert dev_main() == 1
    printed = capsys.readouterr().out
    assert "live key" in printed
    assert key not in printed

"""Child processes never outlive us, however we end and whenever we are interrupted."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local.machine.processes import LocalCloudError, run_logged
from local.machine.signals import Terminated, held_signals, termination_unwinds
from local.machine.waiting import wait_for
from local.paths import ROOT

SECONDS = 30.0
# A child with a child of its own, as MiniStack has Lambdas: neither ends on SIGTERM.
STUBBORN = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
grandchild = [sys.executable, "-c", "import signal; signal.signal(15, 1); signal.pause()"]
print(subprocess.Popen(grandchild).pid, os.getpid(), flush=True)
while True:
    signal.pause()
"""
LOYAL = f"from stripe_simulator.parent import end_with_parent; end_with_parent(){STUBBORN}"
# What `make dev` does: two services, and a command in the foreground.
PARENT = """
import os, sys
from pathlib import Path
from local.machine import processes
from local.machine.signals import termination_unwinds

processes.STOP_SECONDS = 0.3
folder, child, foreground = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
command = [sys.executable, "-c", child]

def service(name):
    log = folder / name
    return processes.service(name, command, log=log, env=dict(os.environ), on_death=lambda _: None)

with termination_unwinds(), service("first"), service("second"):
    log = folder / "third"
    processes.run_logged(
        "third", [sys.executable, "-c", foreground], log=log, env=dict(os.environ),
        on_line=lambda _: None,
    )
"""
LOGS = ("first", "second", "third")


@contextmanager
def parent(folder: Path, child: str = STUBBORN) -> Iterator[subprocess.Popen[bytes]]:
    """The parent, once all of its children and theirs run."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, folder, child, STUBBORN],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Ctrl-C has an effect even where the tests run in the background without it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        try:
            wait_for(lambda: all(read(folder / name) for name in LOGS), "all run", seconds=SECONDS)
            yield process
        finally:
            process.kill()
            for one in running(folder):
                one.kill()


def read(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.is_file() else []


def running(folder: Path, names: tuple[str, ...] = LOGS) -> list[psutil.Process]:
    """Return the children, and theirs, that are left."""
    left = []
    for pid in (int(pid) for name in names for pid in read(folder / name)[0].split()):
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                left.append(process)
        except psutil.NoSuchProcess:
            continue
    return left


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_all_of_them(tmp_path: Path, number: signal.Signals) -> None:
    with parent(tmp_path) as process:
        assert len(running(tmp_path)) == 6
        process.send_signal(number)
        process.wait(SECONDS)
        wait_for(lambda: not running(tmp_path), "none is left", seconds=SECONDS)


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_one_while_they_stop_leaves_none(tmp_path: Path, second: signal.Signals) -> None:
    with parent(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        # Each is asked to end, and waited for: meanwhile somebody loses patience.
        for name in ("second", "first"):
            wait_for(lambda: "asked" in read(tmp_path / name), "it stops", seconds=SECONDS)  # noqa: B023
            process.send_signal(second)
        process.wait(SECONDS)
        wait_for(lambda: not running(tmp_path), "none is left", seconds=SECONDS)


def test_services_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with parent(tmp_path, LOYAL) as process:
        process.kill()
        process.wait(SECONDS)
        services = LOGS[:2]
        wait_for(lambda: not running(tmp_path, services), "they end", seconds=SECONDS)


def test_a_signal_waits_while_a_child_is_started_or_stopped() -> None:
    done: list[str] = []

    def start() -> None:
        with held_signals():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("started")

    with termination_unwinds(), pytest.raises(Terminated, match="SIGTERM"):
        start()
    assert done == ["started"]


def test_a_command_that_fails_names_its_log(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "log"
    command = [sys.executable, "-c", "print('why'); raise SystemExit(3)"]
    with pytest.raises(LocalCloudError) as failed:
        run_logged("sam build", command, log=log, env={}, on_line=lines.append)
    assert lines == ["why"]
    assert failed.value.explained() == "sam build failed (exit code 3)\n  why"

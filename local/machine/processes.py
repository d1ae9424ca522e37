"""Child processes that end with this process, each with a log file."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from local.machine.signals import held_signals
from local.machine.waiting import wait_for
from local.paths import ROOT

READY_SECONDS = 60.0
STOP_SECONDS = 5.0
TAIL_LINES = 30


class LocalCloudError(Exception):
    """A part of the local cloud failed; `log` is the file with the details."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log

    def explained(self) -> str:
        """Return the error and the last lines of its log."""
        lines = tail(self.log) if self.log else []
        return "\n".join([str(self), *(f"  {line}" for line in lines)])


@dataclass
class Service:
    """A child process that runs until it is stopped."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    exited: threading.Event = field(default_factory=threading.Event)
    stopping: bool = False

    def watch(self, on_death: "OnDeath") -> None:
        def wait() -> None:
            self.process.wait()
            self.exited.set()
            if not self.stopping:
                on_death(self)

        threading.Thread(target=wait, name=f"watch-{self.name}", daemon=True).start()

    @property
    def death(self) -> LocalCloudError:
        code = self.process.returncode
        return LocalCloudError(f"{self.name} died (exit code {code})", self.log)

    def wait_until_ready(self, look: Callable[[], bool]) -> None:
        try:
            wait_for(look, f"{self.name} is ready", seconds=READY_SECONDS)
        except TimeoutError as error:
            raise LocalCloudError(str(error), self.log) from None

    def stop(self) -> None:
        self.stopping = True
        # Signal the process group, which includes MiniStack's Lambdas.
        signal_group(self.process.pid, signal.SIGTERM)
        self.exited.wait(STOP_SECONDS)
        signal_group(self.process.pid, signal.SIGKILL)
        self.exited.wait(STOP_SECONDS)
        if self.process.stdin:
            self.process.stdin.close()


type OnDeath = Callable[[Service], None]
"""Called from another thread if a service ends unexpectedly."""


@contextmanager
def service(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    on_death: OnDeath,
) -> Iterator[Service]:
    """Run a service; its standard input ends with this process (parent.py in stripe_simulator)."""
    child: Service | None = None
    try:
        with held_signals():
            child = Service(name, log, started(command, log, env))
            child.watch(on_death)
        yield child
    finally:
        with held_signals():
            if child is not None:
                child.stop()


def started(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its own process group, so that Ctrl-C only reaches this process, which stops it in
            # order.
            start_new_session=True,
        )


def run_logged(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> None:
    """Run a command; pass each line of its output to the log and to `on_line`."""
    process: subprocess.Popen[str] | None = None
    with log.open("w", encoding="utf-8") as file:
        try:
            with held_signals():
                process = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=True,
                )
            assert process.stdout is not None  # noqa: S101  (PIPE, above)
            for line in process.stdout:
                file.write(line)
                file.flush()
                on_line(line.strip())
            code = process.wait()
        finally:
            with held_signals():
                if process is not None:
                    end(process)
    if code != 0:
        raise LocalCloudError(f"{name} failed (exit code {code})", log)


def end(process: subprocess.Popen[str]) -> None:
    """Kill an interrupted command and its children."""
    if process.poll() is None:
        signal_group(process.pid, signal.SIGKILL)
    with process:  # Waits, and closes its pipe.
        pass


def signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    if not log.is_file():
        return []
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]

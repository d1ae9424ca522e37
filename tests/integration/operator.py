"""Runs `ops/checkout` as an operator does in a terminal.

Commands run without the script, which installs first: tests/unit/test_ops_checkout.py tests it.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local.cloud.stack import LocalStack
from local.paths import ROOT

# As the last line of ops/checkout has it.
COMMAND = (sys.executable, "-P", "-m", "ops.cli", "--env", "local")
FORKS = Path(__file__).with_name("forked_commands.py")
MODULES = f"{ROOT}:{ROOT / 'layers' / 'common'}"


@dataclass(frozen=True)
class Called:
    """A command's exit code and output, and the content of `make dev`'s file afterwards."""

    exit_code: int
    printed: str
    progress: str
    stack_file: dict[str, Any]

    @property
    def document(self) -> Any:  # noqa: ANN401  (JSON)
        return json.loads(self.printed)


def operate(stack: LocalStack, *arguments: str, typed: str = "", **environment: str) -> Called:
    """Run a command against the local stack, with `environment` beside the caller's variables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stack_file = folder / "stack.json"
        stack_file.write_text(json.dumps(asdict(stack.facts)))
        (folder / "typed").write_text(typed)
        variables = command_environment(str(stack_file)) | environment
        exit_code = _forked(["--env", "local", *arguments], variables, name)
        printed, progress = ((folder / one).read_text() for one in ("printed", "progress"))
        facts = json.loads(stack_file.read_text())
    assert "Traceback" not in progress, progress
    return Called(exit_code, printed, progress, facts)


def _forked(arguments: list[str], environment: dict[str, str], folder: str) -> int:
    commands = _commands()
    assert commands.stdin is not None
    assert commands.stdout is not None
    commands.stdin.write(f"{json.dumps([arguments, environment, folder])}\n")
    commands.stdin.flush()
    return int(commands.stdout.readline())


@cache
def _commands() -> subprocess.Popen[str]:
    """Start what forks for each command; it ends with these tests."""
    process = subprocess.Popen(
        [sys.executable, "-P", FORKS],
        env=terminal_environment() | {"PYTHONPATH": MODULES},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


@contextmanager
def typed(
    stack: LocalStack, *arguments: str, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a command that does not end by itself; yield its process and its output file."""
    stack_file, printed = folder / "stack.json", folder / "printed"
    stack_file.write_text(json.dumps(asdict(stack.facts)))
    with (
        printed.open("wb") as output,
        subprocess.Popen(
            [*COMMAND, *arguments],
            env=command_environment(str(stack_file)),
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process, printed
        finally:
            process.kill()


def command_environment(stack_file: str) -> dict[str, str]:
    return terminal_environment() | {"CHECKOUT_STACK_FILE": stack_file, "PYTHONPATH": MODULES}


def terminal_environment() -> dict[str, str]:
    """Return the process's variables, without those that the tests set for AWS and Stripe."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "STRIPE_", "COVERAGE", "PYTHON"))
    }

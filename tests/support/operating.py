"""Runs operators' commands, with AWS in memory."""

import os
import pty
import select
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from typer.main import get_command

from ops.aws import Aws
from ops.cli import app, main, options_first
from ops.environment import Environment, LocalAddresses
from ops.functions import FUNCTIONS
from ops.stack import Stack
from tests.support.environment import session_of_all_tests
from tests.support.stack import ROOT

ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/checkout-test/1f3d"
WAIT_SECONDS = 20.0
AGAIN_SECONDS = 5.0
CTRL_C = "\x03"
# Makes the terminal the program's controlling terminal, so that Ctrl-C reaches it.
LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"


@dataclass(frozen=True)
class Called:
    """A command's exit code, stdout and stderr."""

    exit_code: int
    printed: str
    progress: str


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> Called:
    """Run `ops/checkout` in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as exited:
        main(list(arguments))
    printed, progress = capsys.readouterr()
    assert isinstance(exited.value.code, int)
    return Called(exited.value.code, printed, progress)


def command_of(line: str) -> tuple[str, ...]:
    """Parse a command line from help or docs as Typer does; return the command's names.

    Raise UsageError if Typer refuses it, ValueError if it is no call with an environment.
    """
    program, *arguments = shlex.split(line.partition(" > ")[0])
    command: Any = get_command(app)
    context = command.make_context("ops/checkout", options_first(arguments))
    if program != "ops/checkout" or not context.params["env"]:
        raise ValueError(line)
    names: list[str] = []
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]  # noqa: SLF001  (Click has no other)
        if not rest:
            raise ValueError(line)
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        names.append(name)
    return tuple(names)


def in_aws(
    session: boto3.Session | None = None, local: LocalAddresses | None = None, **clients: object
) -> Environment:
    """Return an environment whose AWS is moto's, and has these clients instead of its own."""
    aws = Aws(session or session_of_all_tests())
    vars(aws).update(clients)
    return Environment("dev", "checkout-test", aws, local)


def at(tmp_path: Path, webhook_url: str, stripe_url: str, key: str = "sk_test_1") -> LocalAddresses:
    """Return the addresses of a local stack."""
    return LocalAddresses(
        tmp_path / "stack.json", "http://127.0.0.1:9", webhook_url, stripe_url, key
    )


def stack_of(environment: Environment, **changes: Any) -> Stack:  # noqa: ANN401
    """Return a stack as CloudFormation describes one that was deployed."""
    described: dict[str, Any] = {
        "arn": ARN,
        "status": "UPDATE_COMPLETE",
        "deployed_at": datetime(2026, 1, 1, tzinfo=UTC),
        "parameters": {
            "StripeMode": "test",
            "SellablePrices": "marked",
            "AllowedOrigins": "https://shop.example",
        },
        "outputs": {"StripeSecretArn": "stripe", "WebhookUrl": "https://hook.example/"},
        "resources": {
            **{name: f"checkout-test-{name}" for name in FUNCTIONS},
            "StripeWebhookLogGroup": "/aws/lambda/webhook",
            "ReconcileLogGroup": "/aws/lambda/reconcile",
        },
    }
    return Stack(environment=environment, **(described | changes))


@dataclass
class Terminal:
    """A program in its own terminal; `screen` is its output so far."""

    process: subprocess.Popen[bytes]
    descriptor: int
    screen: str = ""

    def wait_for(self, text: str) -> None:
        while text not in self.screen:
            assert self._read(), f"the program ended; it showed: {self.screen}"

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def interrupted(self) -> int:
        """Press Ctrl-C until the program ends; return the exit code.

        Python waits for the next line if a signal comes between its prompt and its read.
        """
        for _ in range(round(WAIT_SECONDS / AGAIN_SECONDS)):
            self.type(CTRL_C)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(AGAIN_SECONDS)
                break
        return self.ended()

    def ended(self) -> int:
        """Wait for the end; return the exit code."""
        while self._read():
            pass
        return self.process.wait(WAIT_SECONDS)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.descriptor], [], [], WAIT_SECONDS)
        assert ready, f"nothing more was shown than: {self.screen}"
        try:
            read = os.read(self.descriptor, 4096)
        except OSError:  # Linux, once the program closed its terminal
            return False
        self.screen += read.decode()
        return bool(read)


@contextmanager
def terminal(program: str, **environment: str) -> Iterator[Terminal]:
    """Run Python code in a terminal, with additional environment variables."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", LOGIN, sys.executable, "-c", program],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=plain_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT}/layers/common"} | environment,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def plain_environment() -> dict[str, str]:
    """Return the process's variables, without those of AWS, Stripe and the tests."""
    ours = cast("Mapping[str, str]", os.environ)
    others = ("AWS_", "STRIPE_", "COVERAGE", "COV_", "PYTHON", "CHECKOUT_", "MAKE")
    return {name: value for name, value in ours.items() if not name.startswith(others)}

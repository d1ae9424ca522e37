"""Runs `ops/checkout` as an operator does in a terminal."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.cloud.stack import LocalStack
from local.paths import ROOT


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
    """Run a command against the local stack, with additional environment variables."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stack_file:
        json.dump(asdict(stack.facts), stack_file)
        stack_file.flush()
        ran = subprocess.run(
            [ROOT / "ops" / "checkout", "--env", "local", *arguments],
            env=terminal_environment() | {"CHECKOUT_STACK_FILE": stack_file.name} | environment,
            cwd=Path.home(),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        facts = json.loads(Path(stack_file.name).read_text())
    assert "Traceback" not in ran.stderr, ran.stderr
    return Called(ran.returncode, ran.stdout, ran.stderr, facts)


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
            [ROOT / "ops" / "checkout", "--env", "local", *arguments],
            env=terminal_environment() | {"CHECKOUT_STACK_FILE": str(stack_file)},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process, printed
        finally:
            process.kill()


def terminal_environment() -> dict[str, str]:
    """Return the process's variables, without those that the tests set for AWS and Stripe."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "STRIPE_", "COVERAGE", "PYTHON"))
    }

"""The operator, who types `ops/checkout` in a terminal.

The shell script itself, which installs first, is in tests/unit/test_ops_checkout.py: it takes as
much of a second as the command does.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.cloud.stack import LocalStack
from local.paths import ROOT

# As the last line of ops/checkout has it.
COMMAND = (sys.executable, "-P", "-m", "ops.cli", "--env", "local")
MODULES = f"{ROOT}:{ROOT / 'layers' / 'common'}"


@dataclass(frozen=True)
class Called:
    """How a command ended, what it printed, and what `make dev`'s file said afterwards."""

    exit_code: int
    printed: str
    progress: str
    stack_file: dict[str, Any]

    @property
    def document(self) -> Any:  # noqa: ANN401  (JSON)
        return json.loads(self.printed)


def operate(stack: LocalStack, *arguments: str, typed: str = "", **environment: str) -> Called:
    """Run a command against the local stack, with `environment` beside the caller's variables."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stack_file:
        json.dump(asdict(stack.facts), stack_file)
        stack_file.flush()
        ran = subprocess.run(
            [*COMMAND, *arguments],
            env=command_environment(stack_file.name) | environment,
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
    """Start a command that does not end by itself; give its process, and where it prints."""
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
    """Give ours, without what the tests set for AWS and Stripe."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "STRIPE_", "COVERAGE", "PYTHON"))
    }

"""At most one `make dev` in a clone, since there is one `.local/stack.json`."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.machine.locks import locked
from local.machine.processes import LocalCloudError


@contextmanager
def only_one(stack_file: Path) -> Iterator[None]:
    """Lock the stack file; raise LocalCloudError with the process that holds it already.

    The file of a crashed process, whose lock is gone, is removed.
    """
    lock_file = stack_file.with_suffix(".lock")
    lock_file.touch()
    with locked(lock_file) as ours:
        if not ours:
            raise LocalCloudError(_already_running(lock_file, stack_file))
        lock_file.write_text(str(os.getpid()))
        stack_file.unlink(missing_ok=True)
        yield


def _already_running(lock_file: Path, stack_file: Path) -> str:
    pid = lock_file.read_text()
    return (
        f"`make dev` is already running in this folder: process {pid}, {_address(stack_file)}.\n"
        f"Stop it first: Ctrl-C in its terminal, or `kill {pid}`."
    )


def _address(stack_file: Path) -> str:
    try:
        facts = json.loads(stack_file.read_text())
    except FileNotFoundError:
        return "which is still starting"
    return f"API {facts['api_url']}"

"""Runs `ops.cli` in a fork for each line of stdin, so that a command starts in milliseconds.

A line is [arguments, environment, folder], and the response the exit code. In the folder are the
files `typed`, `printed` and `progress`: the command's stdin, stdout and stderr.
"""

import json
import logging
import os
import sys
from pathlib import Path

from checkout.log import logger
from ops.cli import main


def command(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Become what a shell would have started."""
    for number, name, flags in (
        (0, "typed", os.O_RDONLY),
        (1, "printed", os.O_WRONLY | os.O_CREAT),
        (2, "progress", os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(f"{folder}/{name}", flags, 0o600), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (what was read ahead is not its own)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(Path.home())
    main(arguments)


if __name__ == "__main__":
    logger.setLevel(logging.CRITICAL)  # as ops/cli.py does
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            command(*json.loads(line))
            break
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  (the response)

"""Runs `ops.cli` in a fork for each line of stdin, so that a command starts in milliseconds.

A line is [arguments, environment, folder], and the response the exit code. In the folder are the
files `typed`, `printed` and `progress`: the command's stdin, stdout and stderr.
"""

import gc
import json
import logging
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.loaders
import h11  # noqa: F401  (httpx imports both at the first request)
import httpcore  # noqa: F401

from checkout.log import logger
from ops.cli import main
from ops.tls import trusted

# Any: to boto3's types, each name is a type.
SERVICES: Any = ("cloudformation", "dynamodb", "lambda", "logs", "secretsmanager", "sqs")


def load_what_commands_load() -> None:
    """Load the models of AWS's services and the certificates once, for all commands.

    Frozen, what is loaded is neither copied for a command's garbage collector nor collected at its
    end, which took half of its time.
    """
    # Each boto3.Session has a loader, whose cache has the models.
    botocore.loaders.create_loader = cache(botocore.loaders.create_loader)
    session = boto3.Session("test", "test", region_name="us-east-1")
    for service in SERVICES:
        session.client(service)
    trusted()
    gc.collect()
    gc.freeze()


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
    try:
        main(arguments)
    except SystemExit as ended:
        sys.stdout.flush()
        sys.stderr.flush()
        # Without the interpreter's own end, which takes as long as a short command.
        os._exit(int(ended.code or 0))


if __name__ == "__main__":
    logger.setLevel(logging.CRITICAL)  # as ops/cli.py does
    load_what_commands_load()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            command(*json.loads(line))
            break
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  (the response)

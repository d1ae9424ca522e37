"""One container: a process under Lambda's own runtime, driven through Lambda's Runtime API.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

from benchmarks.server import Connection, Server
from benchmarks.variants import WORK, Variant

SECONDS_TO_RESPOND = 60
LOG = WORK / "container.log"

type Json = dict[str, Any]


class ContainerFailed(Exception):
    """The measured process ended, or returned an error."""


class RuntimeApi(Server):
    """The Runtime API of one container; records its requests with timestamps in seconds."""

    def __init__(self) -> None:
        super().__init__(_Connection)
        # None if the runtime failed because it could not import the handler.
        self.waiting: queue.Queue[float | None] = queue.Queue()
        self.invocations: queue.Queue[bytes | None] = queue.Queue()
        self.responses: queue.Queue[tuple[float, str, bytes] | None] = queue.Queue()


class _Connection(Connection):
    server: RuntimeApi

    def do_GET(self) -> None:  # noqa: N802  (http.server's name)
        self.server.waiting.put(time.perf_counter())
        event = self.server.invocations.get()
        if event is None:
            self.close_connection = True
            return
        self.respond(
            HTTPStatus.OK,
            event,
            Lambda_Runtime_Aws_Request_Id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 900_000),
            Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:123456789012:function:f",
            content_type="application/json",
        )

    def do_POST(self) -> None:  # noqa: N802
        arrived = time.perf_counter()
        if self.path.endswith("/init/error"):
            self.server.waiting.put(None)
        else:
            self.server.responses.put((arrived, self.path, self.body()))
        self.respond(HTTPStatus.ACCEPTED)


@dataclass(frozen=True)
class Call:
    """Seconds from invocation to response, and CPU seconds until the next one is awaited."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Container:
    """`start` is measured until the runtime asks for the first invocation."""

    variant: Variant
    process: "subprocess.Popen[bytes]"
    api: RuntimeApi
    start: Call

    def invoke(self) -> Call:
        """Send one invocation; raise ContainerFailed unless its response is as expected."""
        event = json.dumps(self.variant.event()).encode()
        before = cpu_seconds(self.process.pid)
        sent = time.perf_counter()
        self.api.invocations.put(event)
        arrived, path, body = received(self.api.responses, self.variant.name)
        if not path.endswith("/response") or not self.variant.succeeded(json.loads(body)):
            raise ContainerFailed(f"{self.variant.name}: {path} {body.decode()[:500]}")
        received(self.api.waiting, self.variant.name)
        return Call(arrived - sent, cpu_seconds(self.process.pid) - before)

    @property
    def peak_megabytes(self) -> float:
        """Return the peak resident memory; wait4's would include the parent's before exec."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024


@contextmanager
def started(
    variant: Variant, runtime: Path, environment: Mapping[str, str], log: IO[bytes]
) -> Iterator[Container]:
    """Start a container that writes its output to `log`, and stop it at the end."""
    api = RuntimeApi()
    api.start()
    begun = time.perf_counter()
    own = {"AWS_LAMBDA_RUNTIME_API": api.address}
    process = spawned(variant, runtime, {**environment, **own}, log)
    try:
        arrived = received(api.waiting, variant.name)
        start = Call(arrived - begun, cpu_seconds(process.pid))
        yield Container(variant, process, api, start)
    finally:
        process.kill()
        process.wait()
        api.invocations.put(None)
        api.shutdown()
        api.server_close()


def spawned(
    variant: Variant, runtime: Path, environment: Mapping[str, str], log: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Run the handler with only its function, its layer and the runtime on the import path."""
    places = [variant.function, *([variant.layer] if variant.layer else []), runtime]
    own = {
        "PYTHONPATH": os.pathsep.join(str(place) for place in places),
        # Lambda's file system is read-only.
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(variant.function),
    }
    return subprocess.Popen(
        [sys.executable, "-S", "-m", "awslambdaric", "app.lambda_handler"],
        cwd=variant.function,
        env=dict(environment) | own,
        stdout=log,
        stderr=log,
    )


def received[T](channel: "queue.Queue[T | None]", name: str) -> T:
    try:
        arrived = channel.get(timeout=SECONDS_TO_RESPOND)
    except queue.Empty:
        arrived = None
    if arrived is None:
        raise ContainerFailed(f"{name}: the handler did not start or end; see {LOG}")
    return arrived


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, in seconds, with all of its threads.

    https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
    """
    return time.clock_gettime((~pid << 3) | 2)

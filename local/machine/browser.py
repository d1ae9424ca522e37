"""The browser of tests/e2e and of `make tour`: Chromium, by CHROMIUM= or from the system.

As a program (`make chromium`), it installs a missing Chromium with Debian's package manager.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from local.machine.processes import LocalCloudError

NAME = "CHROMIUM"
# The first has no window system and takes about two thirds of the others' processor time.
PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
PACKAGES = PROGRAMS[:2]
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = (
    "No Chromium was found: install it (Debian: apt-get install chromium-headless-shell), or name "
    f"the program of one, {NAME}=/path/to/chromium."
)
APT = "apt-get"


def program(environment: Mapping[str, str] = os.environ) -> str:
    """Return Chromium's path; raise LocalCloudError if there is none."""
    named = environment.get(NAME)
    if named:
        found = shutil.which(named)
        if found is None:
            raise LocalCloudError(f"{NAME} names no program: {named}")
        return found
    for each in (*PROGRAMS, str(MAC)):
        if found := shutil.which(each):
            return found
    raise LocalCloudError(MISSING)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it headless; without its sandbox for root, for whom Chromium refuses one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(), args=FLAGS, chromium_sandbox=os.geteuid() != 0
        )
        try:
            yield browser
        finally:
            browser.close()


def main() -> int:
    try:
        program()
    except LocalCloudError as missing:
        apt = shutil.which(APT)
        if os.environ.get(NAME) or apt is None or os.geteuid() != 0:
            print(missing, file=sys.stderr)
            return 1
        return _install(apt)
    return 0


def _install(apt: str) -> int:
    print("Installing Chromium with apt-get", file=sys.stderr)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def done(*command: str) -> bool:
        return subprocess.run([apt, *command], env=quiet, check=False).returncode == 0

    options = ("--yes", "-qq", "--no-install-recommends")
    # Ubuntu and older Debian releases have no package of the headless shell.
    if done("update", "-qq") and any(
        done("install", *options, package, "fonts-dejavu-core") for package in PACKAGES
    ):
        return 0
    print(MISSING, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

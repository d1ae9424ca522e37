"""`sam build` for this machine, done once for the same sources.

It does not use .aws-sam, where `make deploy` builds for the cloud's architecture: the builds would
overwrite each other. A build's folder is named after a hash of its sources and never changes, so
several stacks can be deployed from it at the same time.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.machine.processes import run_logged
from local.paths import BUILDS, ROOT, SAM, UV

KEPT_BUILDS = 6
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
# The functions run as processes of this machine, not in a container (uv's platform names).
PLATFORMS = {
    ("Linux", "x86_64"): "x86_64-manylinux2014",
    ("Linux", "arm64"): "aarch64-manylinux2014",
    ("Darwin", "x86_64"): "x86_64-apple-darwin",
    ("Darwin", "arm64"): "aarch64-apple-darwin",
}


@dataclass(frozen=True)
class Application:
    """A folder with a template.yaml, and the names of the build's sources in it."""

    folder: Path
    sources: tuple[str, ...]


CHECKOUT = Application(ROOT, ("template.yaml", "samconfig.toml", "functions", "layers"))


def built_template(
    log: Path, on_line: Callable[[str], None], application: Application = CHECKOUT
) -> Path:
    """Build if needed; return the template that `sam build` writes beside its output."""
    BUILDS.mkdir(parents=True, exist_ok=True)
    target = BUILDS / source_digest(application)
    with (BUILDS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            build(application.folder / "template.yaml", target, log, on_line)
            remove_old_builds()
        os.utime(target)
    return target / "template.yaml"


def build(template: Path, target: Path, log: Path, on_line: Callable[[str], None]) -> None:
    unfinished = BUILDS / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    run_logged(
        "sam build",
        [SAM, "build", "--template-file", template, "--build-dir", unfinished],
        log=log,
        env=environment(),
        on_line=on_line,
    )
    unfinished.rename(target)


def environment() -> dict[str, str]:
    # Without make's variables: flags such as `-n` or `-j` must not reach SAM's makefiles.
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return inherited | {
        "SAM_CLI_TELEMETRY": "0",
        "UV": str(UV),
        "PYTHON": sys.executable,
        "SAMCONFIG": str(ROOT / "samconfig.toml"),
        "LAYER_PLATFORM": PLATFORMS[platform.system(), architecture()],
        "WHEELS_PLATFORM": PLATFORMS[platform.system(), architecture()],
    }


def architecture() -> str:
    """Return this machine's architecture by Lambda's name."""
    return ARCHITECTURES[platform.machine().lower()]


def source_digest(application: Application) -> str:
    digest = hashlib.sha256(f"{sys.version} {platform.platform()}".encode())
    for path in source_files(application):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def source_files(application: Application) -> Iterator[Path]:
    for name in application.sources:
        source = application.folder / name
        if source.is_file():
            yield source
        for folder, folders, files in source.walk():
            folders[:] = sorted(set(folders) - {"__pycache__"})
            yield from (folder / file for file in sorted(files))


def remove_old_builds() -> None:
    builds = sorted(
        (path for path in BUILDS.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for build_folder in builds[:-KEPT_BUILDS]:
        shutil.rmtree(build_folder)

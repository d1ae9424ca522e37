"""The measured variants: functions to compare with, and each of the stack's own as built."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import samples
from local.cloud.build import PLATFORMS, architecture, built_template
from local.paths import LOCAL, ROOT, UV

HANDLERS = ROOT / "benchmarks" / "handlers"
REQUIREMENTS = ROOT / "layers" / "common" / "requirements.txt"
WORK = LOCAL / "bench"
# Lambda's runtime: https://pypi.org/project/awslambdaric/
RUNTIME = ("awslambdaric", "simplejson", "snapshot_restore_py.py", "runtime_client*.so")

type Json = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """`succeeded` checks a response, so that error paths are not measured."""

    name: str
    function: Path
    layer: Path | None
    event: Callable[[], Json]
    succeeded: Callable[[Json], bool]

    @property
    def bytes_unzipped(self) -> int:
        folders = [self.function, *([self.layer] if self.layer else [])]
        files = (file for folder in folders for file in folder.rglob("*"))
        return sum(file.stat().st_size for file in files if file.is_file())


def prepared() -> tuple[Path, list[Variant]]:
    """Build the functions; return the folder of Lambda's runtime, and the variants."""
    WORK.mkdir(parents=True, exist_ok=True)
    built = built_template(WORK / "sam-build.log", lambda _: None).parent
    layer = built / "CommonLayer" / "python"
    naive = naive_packages()

    def ours(name: str, function: str, event: Callable[[], Json], status: int) -> Variant:
        return Variant(name, built / function, layer, event, responds_with(status))

    return runtime(), [
        Variant("bare", HANDLERS / "bare", None, dict, responds_with(200)),
        Variant(
            "naive webhook", HANDLERS / "naive_webhook", naive, samples.webhook, responds_with(200)
        ),
        Variant(
            "naive create", HANDLERS / "naive_create", naive, samples.create, responds_with(201)
        ),
        ours("webhook", "StripeWebhookFunction", samples.webhook, 200),
        ours("create", "CreateSessionFunction", samples.create, 201),
        ours("confirm", "ConfirmPaymentFunction", samples.confirm, 200),
        ours("list prices", "ListPricesFunction", samples.list_prices, 200),
        Variant(
            "publish",
            built / "PublishChangesFunction",
            layer,
            samples.publish,
            lambda response: response == {"batchItemFailures": []},
        ),
        Variant(
            "reconcile",
            built / "ReconcileFunction",
            layer,
            samples.reconcile,
            lambda response: response["finished"] and not response["failed"],
        ),
    ]


def responds_with(status: int) -> Callable[[Json], bool]:
    return lambda response: response["statusCode"] == status


def naive_packages() -> Path:
    """Install the layer's requirements with `pip install --target`, without bytecode."""
    target = WORK / "naive"
    stamp = WORK / "naive-requirements.txt"
    wanted = REQUIREMENTS.read_text()
    if stamp.is_file() and stamp.read_text() == wanted:
        return target
    shutil.rmtree(target, ignore_errors=True)
    platform = PLATFORMS[os.uname().sysname, architecture()]
    subprocess.run(
        [
            *(UV, "pip", "install", "--quiet", "--target", target, "--python-version", "3.13"),
            *("--python-platform", platform, "--only-binary", ":all:", "--no-deps"),
            *("--require-hashes", "--requirement", REQUIREMENTS),
        ],
        check=True,
    )
    stamp.write_text(wanted)
    return target


def runtime() -> Path:
    """Copy only Lambda's runtime from the development environment."""
    target = WORK / "runtime"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    packages = next(Path(path) for path in sys.path if (Path(path) / RUNTIME[0]).is_dir())
    for pattern in RUNTIME:
        (found,) = packages.glob(pattern)
        copy = shutil.copytree if found.is_dir() else shutil.copy
        copy(found, target / found.name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", target], check=True)
    return target

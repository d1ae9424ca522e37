"""`make clean` removes what every target leaves, and nothing of the developer's own."""

import shutil
import subprocess
from pathlib import Path

from tests.support.stack import ROOT

# As ruff, mypy, pytest, Hypothesis, coverage (a worker's own too), SAM and Python name them.
CACHES = {
    *(".aws-sam/", "examples/fulfilment/.aws-sam/", ".local/"),
    *(".ruff_cache/", ".mypy_cache/", ".pytest_cache/", ".hypothesis/"),
    *(".coverage", ".coverage.host.4711.XaBcDeFx"),
    *("layers/common/checkout/__pycache__/", "tests/unit/__pycache__/"),
}
OWN = {".env", ".venv/"}


def left_by_targets() -> set[str]:
    """Return what Git ignores here, where `make` was used: folders end with a slash."""
    listed = subprocess.run(
        ["git", "status", "--ignored", "--porcelain", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,  # A copy that `sam init` made is no clone.
    ).stdout
    return {line[3:] for line in listed.split("\0") if line.startswith("!! ")}


def test_every_cache_is_removed_and_nothing_else(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    source = tmp_path / "layers/common/checkout/order.py"
    for path in CACHES | OWN | left_by_targets():
        made = tmp_path / path / ("file" if path.endswith("/") else "")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    source.touch()
    subprocess.run(["make", "--silent", "clean"], cwd=tmp_path, check=True)  # noqa: S607
    left = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {"Makefile", ".env", ".venv/file", str(source.relative_to(tmp_path))}
    assert {str(path) for path in left} == kept

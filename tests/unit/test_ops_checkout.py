"""`ops/checkout`, the script: called from anywhere, by any name, wherever the project is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.operating import plain_environment
from tests.support.stack import ROOT

# In place of Python and of what installs it: they show how they are called.
MAKEFILE = "ops-environment:\n\t@touch installed\n"
PYTHON = """#!/bin/sh
test -f "{root}/installed" || exit 9
printf '%s\\n' "PYTHONPATH=$PYTHONPATH" "$@"
exit 7
"""
PATHS = ("project", "a project's folder", "-project", "pro$(touch x)ject", "projet d'été")


def run(command: Path | str, *arguments: str, cwd: Path, path: Path | None = None) -> str:
    """Return what is printed; the exit code is that of the program."""
    environment = plain_environment()
    if path is not None:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    ran = subprocess.run(
        [command, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (7, "")
    return ran.stdout


@pytest.fixture(params=PATHS)
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    root = tmp_path / str(request.param)
    (root / "ops").mkdir(parents=True)
    shutil.copy(ROOT / "ops" / "checkout", root / "ops" / "checkout")
    (root / "Makefile").write_text(MAKEFILE)
    python = root / ".local" / "dev" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON.format(root=str(root).replace("$", "\\$")))
    python.chmod(0o755)
    return root


def expected(project: Path, *arguments: str) -> str:
    lines = [f"PYTHONPATH={project}:{project}/layers/common", "-P", "-m", "ops.cli", *arguments]
    return "".join(f"{line}\n" for line in lines)


def test_it_runs_from_any_folder(project: Path, tmp_path: Path) -> None:
    arguments = ("--env", "dev", "two words", "", "*")
    for folder in (project, project / "ops", tmp_path):
        script = os.path.relpath(project / "ops" / "checkout", folder)
        assert run(f"./{script}", *arguments, cwd=folder) == expected(project, *arguments)
    whole = run(project / "ops" / "checkout", *arguments, cwd=Path("/"))
    assert whole == expected(project, *arguments)


def test_it_runs_through_symlinks_on_the_path(project: Path, tmp_path: Path) -> None:
    names = tmp_path / "bin"
    names.mkdir()
    (names / "checkout-1").symlink_to(project / "ops" / "checkout")
    (names / "checkout-2").symlink_to(Path("..") / project.name / "ops" / "checkout")
    (names / "checkout-3").symlink_to("checkout-2")
    for name in ("checkout-1", "checkout-2", "checkout-3"):
        assert run(name, "doctor", cwd=Path("/"), path=names) == expected(project, "doctor")


def test_the_projects_own_is_found_by_a_symlink(tmp_path: Path) -> None:
    """With its own Makefile and Python: its help is shown."""
    (tmp_path / "checkout").symlink_to(ROOT / "ops" / "checkout")
    ran = subprocess.run(
        [tmp_path / "checkout", "--help"],
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Usage: ops/checkout" in ran.stdout

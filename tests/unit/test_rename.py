"""`sam init` copies this project, and `make rename` gives the copy its own name."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from local.commands.rename import Names, files, texts
from local.paths import ROOT, SAM, UV

# One copy for all: one worker (tests/conftest.py).
pytestmark = [pytest.mark.full, pytest.mark.xdist_group("renamed")]

OLD = Names.of(ROOT)
NAME = "a-shop-with-quite-a-long-name"
# What is installed and built in a copy that is not in git yet, so that .gitignore says nothing.
MADE = (".local/dev/bin/installed.py", ".aws-sam/build/built.py")
NOT_OURS = f"import  os;  stack = '{OLD.stack}-dev'"
# The tests that know the names.
TESTS = ("test_samconfig.py", "test_version.py", "test_http_api_settings.py")


def run(project: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    # Without this project's own: the copy has to find everything in itself.
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        command,
        cwd=project,
        env=inherited | {"AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(project, sys.executable, *arguments)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the real `sam init` makes of an archive such as GitHub's: one folder in a zip."""
    folder = tmp_path_factory.mktemp("init")
    archive = folder / "main.zip"
    with zipfile.ZipFile(archive, "w") as writing:
        writing.mkdir("repository-main")
        for path in files(ROOT):
            writing.write(path, Path("repository-main") / path.relative_to(ROOT))
    done = run(folder, SAM, "init", "--location", archive, "--name", "my-copy")
    assert done.returncode == 0, done.stderr
    copy = folder / "my-copy"
    for made in MADE:
        (copy / made).parent.mkdir(parents=True)
        (copy / made).write_text(NOT_OURS)
    return copy


@pytest.fixture(scope="module")
def renamed(copied: Path) -> Path:
    """Return a copy renamed twice: a renamed project can be renamed again."""
    for name in ("shop", NAME):
        done = python(copied, "-m", "local.commands.rename", name)
        assert done.returncode == 0, done.stderr
        assert f"{name}-dev" in done.stdout
    return copied


def test_sam_init_copies_every_file(copied: Path) -> None:
    assert {path.relative_to(copied) for path in files(copied)} == {
        path.relative_to(ROOT) for path in files(ROOT)
    }


def test_the_stacks_and_the_package_have_the_new_name(renamed: Path) -> None:
    assert Names.of(renamed) == Names(NAME, NAME)
    samconfig = tomllib.loads((renamed / "samconfig.toml").read_text())
    assert [
        samconfig[environment]["deploy"]["parameters"]["stack_name"]
        for environment in ("local", "dev", "prod")
    ] == [f"{NAME}-local", f"{NAME}-dev", f"{NAME}-prod"]
    assert (renamed / "README.md").read_text().startswith(f"# {NAME}\n")


def test_nothing_has_the_old_name(renamed: Path) -> None:
    old = re.compile(rf"(?<![\w-])({OLD.stack}|shop)-(local|dev|prod)\b|{OLD.package}")
    left = {
        path.relative_to(renamed).as_posix() for path, text in texts(renamed) if old.search(text)
    }
    assert left == set()


def test_nothing_is_changed_but_the_projects_own_files(renamed: Path) -> None:
    assert {(renamed / made).read_text() for made in MADE} == {NOT_OURS}


@pytest.mark.parametrize(
    "group", tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
)
def test_the_renamed_lock_installs_the_same_packages(renamed: Path, group: str) -> None:
    export = (UV, "export", "--quiet", "--frozen", "--no-header", "--only-group", group)
    ours, theirs = run(ROOT, *export), run(renamed, *export)
    assert theirs.returncode == 0, theirs.stderr
    assert "--hash=sha256:" in theirs.stdout
    assert theirs.stdout == ours.stdout


def test_the_renamed_project_passes_lint_and_tests(renamed: Path) -> None:
    for command in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = python(renamed, "-m", *command)
        assert done.returncode == 0, done.stdout
    done = run(renamed, SAM, "validate", "--lint")
    assert done.returncode == 0, done.stdout + done.stderr
    tests = [f"tests/unit/{name}" for name in TESTS]
    done = python(renamed, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["", "My-Shop", "my_shop", "1shop", "my--shop", "shop-", "a" * 41])
def test_an_invalid_stack_name_changes_nothing(copied: Path, name: str) -> None:
    before = Names.of(copied)
    done = python(copied, "-m", "local.commands.rename", "--", name)
    assert done.returncode == 2
    assert done.stderr.startswith("make rename: ")
    assert len(done.stderr.splitlines()) == 1
    assert Names.of(copied) == before

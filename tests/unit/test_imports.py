"""The layer's import arrows point inwards: each package imports only what these rules allow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import FUNCTIONS, LAYER, ROOT

PACKAGE = LAYER / "checkout"
MODULES = sorted(PACKAGE.rglob("*.py"))
USERS = sorted([*MODULES, *FUNCTIONS.glob("*/*.py"), *(ROOT / "ops").rglob("*.py")])
# What every module may need, and what each package may import beside itself and these. The log
# prints the texts of our own errors and of no others.
SHARED = {
    "errors": set[str](),
    "log": {"errors", "version"},
    "metrics": set[str](),
    "version": set[str](),
}
INWARDS = {
    "domain": set[str](),
    "aws": {"domain"},
    "stripe": {"domain", "credentials"},
    "api": {"domain", "stripe"},
    "reconciliation": {"aws", "domain", "recorder", "stripe"},
}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a source imports, those only for its types too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_checkout(path: Path) -> set[str]:
    """Return the parts of our package that a source imports: `domain`, `errors`, `recorder` …"""
    names = (name.split(".") for name in imported(path))
    return {parts[1] for parts in names if parts[0] == "checkout" and len(parts) > 1}


def test_every_package_has_its_rule() -> None:
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == set(
        INWARDS
    )


@pytest.mark.parametrize("package", INWARDS)
def test_a_package_imports_only_what_is_further_in(package: str) -> None:
    for path in (PACKAGE / package).glob("*.py"):
        outwards = of_checkout(path) - INWARDS[package] - SHARED.keys() - {package}
        assert outwards == set(), path


@pytest.mark.parametrize("module", sorted(SHARED))
def test_what_everything_needs_needs_little(module: str) -> None:
    assert of_checkout(PACKAGE / f"{module}.py") == SHARED[module]


def test_only_the_functions_import_the_wiring() -> None:
    assert [path for path in MODULES if "wiring" in of_checkout(path)] == []
    for path in FUNCTIONS.glob("*/app.py"):
        assert "wiring" in of_checkout(path)


def test_the_domain_imports_nothing_but_the_standard_library() -> None:
    libraries = {"boto3", "botocore", "stripe", "aws_lambda_powertools", "pydantic"}
    for path in (PACKAGE / "domain").glob("*.py"):
        assert {name.partition(".")[0] for name in imported(path)} & libraries == set()


def test_only_the_public_names_of_a_module_are_imported() -> None:
    for path in USERS:
        ours = [name for name in imported(path) if name.startswith("checkout.")]
        assert [name for name in ours if "._" in name] == [], path
        if path.parent != PACKAGE / "reconciliation":
            inside = [name for name in ours if name.startswith("checkout.reconciliation.")]
            assert [name for name in inside if name.count(".") > 2] == [], path


def test_no_two_modules_import_each_other() -> None:
    arrows = {module_name(path): set(of_modules(path)) for path in MODULES}
    while leaves := {name for name, others in arrows.items() if not others & arrows.keys()}:
        arrows = {name: others for name, others in arrows.items() if name not in leaves}
    assert arrows == {}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(LAYER).with_suffix("").parts)


def of_modules(path: Path) -> Iterator[str]:
    names = {module_name(one) for one in MODULES}
    for name in imported(path):
        found = name if name in names else name.rpartition(".")[0]
        if found in names - {module_name(path)}:
            yield found

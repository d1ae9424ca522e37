"""The output of `sam build`: locked packages and valid bytecode."""

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from checkout.aws import clients
from local.cloud.build import architecture
from local.paths import ROOT, UV
from tests.support.built import built, site
from tests.support.interpreter import modules_loaded_by
from tests.support.stack import (
    FUNCTIONS,
    HANDLERS,
    LAYER,
    load_template,
)

__all__ = ["built", "site"]

# https://docs.python.org/3/reference/import.html#pyc-invalidation: hash-based, not checked
UNCHECKED_HASH = 0b01
# e_machine of an ELF file, and the second word of a Mach-O file.
ELF_MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
MACH_O_MACHINES = {"x86_64": 0x01000007, "arm64": 0x0100000C}


def sources(folder: Path) -> Iterator[Path]:
    return folder.rglob("*.py")


# What the layer is made of


def test_requirements_match_the_lock() -> None:
    done = subprocess.run(
        [
            *(UV, "export", "--quiet", "--frozen", "--only-group", "layer"),
            *("--no-emit-project", "--no-annotate", "--no-header"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (LAYER / "requirements.txt").read_text() == done.stdout


def test_every_locked_package_is_shipped_and_no_other(site: Path) -> None:
    requirements = (LAYER / "requirements.txt").read_text().splitlines()
    locked = {line.split()[0] for line in requirements if "==" in line}
    shipped = {
        "==".join(folder.name.removesuffix(".dist-info").split("-")).replace("_", "-")
        for folder in site.glob("*.dist-info")
    }
    assert shipped == locked


def test_the_service_is_shipped_whole_and_as_it_is(site: Path) -> None:
    ours = {path.relative_to(LAYER): path.read_bytes() for path in sources(LAYER / "checkout")}
    shipped = {path.relative_to(site): path.read_bytes() for path in sources(site / "checkout")}
    assert shipped == ours


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_is_its_handler_and_a_checksum(built: Path, function: str) -> None:
    folder = built / function
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    bytecode = Path("__pycache__/app.cpython-313.pyc")
    options = {Path(f"options/{name}.json") for name in ("local", "dev", "prod")}
    own = options if function == "CreateSessionFunction" else set()
    assert files == {Path("app.py"), bytecode, Path("samconfig.cksum")} | own
    handler = FUNCTIONS / HANDLERS[function] / "app.py"
    assert (folder / "app.py").read_bytes() == handler.read_bytes()


def test_the_tests_read_the_template_as_sam_does(built: Path) -> None:
    """But for the folders that the code is in, which SAM fills in."""
    theirs = yaml.safe_load((built / "template.yaml").read_text())
    ours = load_template()
    for template in (theirs, ours):
        template["Globals"]["Function"].pop("CodeUri", None)
        for resource in template["Resources"].values():
            resource.pop("Metadata", None)
            for name in ("CodeUri", "ContentUri"):
                resource["Properties"].pop(name, None)
    assert ours == theirs


def test_nothing_but_what_runs_is_shipped(site: Path) -> None:
    shipped = [path.relative_to(site) for path in site.rglob("*")]
    unwanted = {"tests", "test", "bin", ".lock", "examples", "requirements.txt", "Makefile"}
    assert [path for path in shipped if unwanted & set(path.parts)] == []


def test_the_layer_is_at_most_45_megabytes(site: Path) -> None:
    # In whole blocks, as a file system counts them.
    blocks = sum(-(-path.stat().st_size // 4096) for path in site.rglob("*") if path.is_file())
    assert blocks * 4096 <= 45_000_000


def test_the_types_of_a_sessions_parameters_are_shipped(site: Path) -> None:
    module = "stripe.params.checkout._session_create_params"
    assert module in modules_loaded_by(f"import {module}", site, isolated=True)
    assert {path.stem for path in (site / "stripe" / "params").glob("[!_]*")} == {"checkout"}


@pytest.mark.parametrize("package", ["stripe", "boto3", "aws_lambda_powertools.event_handler"])
def test_every_module_of_a_library_works_without_what_is_left_out(site: Path, package: str) -> None:
    """But for those that need a package that is not of the layer at all."""
    modules_loaded_by(
        f"""
import importlib, pkgutil
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, {package + "."!r}):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        assert not error.name.startswith(("stripe", "boto3", "aws_lambda_powertools")), error
pass""",
        site,
        isolated=True,
    )


def test_compiled_packages_are_for_this_machine(site: Path) -> None:
    libraries = list(site.rglob("*.so"))
    assert any("pydantic_core" in path.name for path in libraries)
    for library in libraries:
        head = library.read_bytes()[:20]
        if head.startswith(b"\x7fELF"):
            machine = int.from_bytes(head[18:20], "little")
            assert machine == ELF_MACHINES[architecture()], library
        else:
            machine = int.from_bytes(head[4:8], "little")
            assert machine == MACH_O_MACHINES[architecture()], library


# Bytecode


@pytest.mark.parametrize("part", ["CommonLayer", *HANDLERS])
def test_every_module_has_bytecode_that_is_valid_whatever_its_date(built: Path, part: str) -> None:
    modules = list(sources(built / part))
    assert modules
    for module in modules:
        header = Path(importlib.util.cache_from_source(str(module))).read_bytes()[:16]
        assert header[:4] == importlib.util.MAGIC_NUMBER, module
        assert int.from_bytes(header[4:8], "little") == UNCHECKED_HASH, module
        assert header[8:] == importlib.util.source_hash(module.read_bytes()), module


@pytest.mark.parametrize("part", ["CommonLayer", *HANDLERS])
def test_there_is_no_bytecode_of_anything_else(built: Path, part: str) -> None:
    expected = {importlib.util.cache_from_source(str(path)) for path in sources(built / part)}
    assert {str(path) for path in (built / part).rglob("*.pyc")} == expected


def test_the_reduced_models_are_where_the_clients_look_for_them(site: Path) -> None:
    made = re.findall(r'clients\.client\("(\w+)"', (LAYER / "checkout" / "wiring.py").read_text())
    models = site / clients.MODELS.relative_to(LAYER)
    assert {path.name for path in models.iterdir()} == set(made)
    assert (site / clients.ENDPOINTS.relative_to(LAYER) / "endpoints.json").is_file()

"""The same sources give the same bytes wherever they are built, and name no folder of theirs."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from tests.support.stack import FUNCTIONS, HANDLERS, LAYER, ROOT

# What the bytecode calls its sources: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
SOURCES_IN_LAMBDA = {"layer": b"/opt/python/checkout/", "function": b"/var/task/app.py"}


def built(
    makefile: Path, target: str, folder: Path, samconfig: Path = ROOT / "samconfig.toml"
) -> dict[str, bytes]:
    """Run a target as SAM does, in a copy; `true` stands in for uv, so no package is installed."""
    copy, artifacts = folder / "copy", folder / "artifacts"
    shutil.copytree(makefile.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    artifacts.mkdir()
    variables = [f"ARTIFACTS_DIR={artifacts}", f"PYTHON={sys.executable}", "UV=true"]
    variables.append(f"SAMCONFIG={samconfig}")
    # What the layer's target has once uv has installed its packages.
    models, data = Path(botocore.__file__).parent / "data", artifacts / "python/botocore/data"
    for service in ("dynamodb", "secretsmanager", "sns", "sqs"):
        shutil.copytree(models / service, data / service)
    shutil.copy(models / "endpoints.json", data)
    (artifacts / "python/boto3/data").mkdir(parents=True)
    make = shutil.which("make")
    assert make is not None
    subprocess.run([make, "--silent", target, *variables], cwd=copy, check=True)
    return {
        str(path.relative_to(artifacts)): path.read_bytes()
        for path in artifacts.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("makefile", "target", "kind"),
    [
        (LAYER / "Makefile", "build-CommonLayer", "layer"),
        *((FUNCTIONS / "Makefile", f"build-{function}", "function") for function in HANDLERS),
    ],
)
def test_the_bytes_do_not_depend_on_the_folder(
    tmp_path: Path, makefile: Path, target: str, kind: str
) -> None:
    folders = [tmp_path / "one", tmp_path / "another, with a longer name"]
    one, another = (built(makefile, target, folder) for folder in folders)
    bytecode = {name: content for name, content in one.items() if name.endswith(".pyc")}
    assert bytecode
    for name, content in bytecode.items():
        assert str(tmp_path).encode() not in content, name
        assert SOURCES_IN_LAMBDA[kind] in content, name
    assert {name: hashlib.sha256(content).hexdigest() for name, content in one.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in another.items()
    }


@pytest.mark.parametrize("function", HANDLERS)
def test_another_value_of_a_parameter_is_another_code(tmp_path: Path, function: str) -> None:
    """SAM publishes a version for another code only (test_template_versions.py)."""
    makefile, target = FUNCTIONS / "Makefile", f"build-{function}"
    changed = tmp_path / "samconfig.toml"
    text = (ROOT / "samconfig.toml").read_text()
    changed.write_text(text.replace("https://shop.example", "https://www.shop.example"))
    before = built(makefile, target, tmp_path / "before")
    after = built(makefile, target, tmp_path / "after", changed)
    assert before.keys() == after.keys()
    assert before != after

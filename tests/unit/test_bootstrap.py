"""Nothing is installed that does not have the hash that the lock has."""

import hashlib
import re
import stat
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from local.bootstrap import UV_REQUIREMENTS, install_uv
from local.paths import ROOT, UV

# What pip needs to find in a wheel, and an executable to run.
WHEEL = {
    "uv-9.9.9.data/scripts/uv": "#!/bin/sh\necho uv 9.9.9\n",
    "uv-9.9.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: uv\nVersion: 9.9.9\n",
    "uv-9.9.9.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "uv-9.9.9.dist-info/RECORD": "",
}
HASH = re.compile(r"--hash=sha256:(\w{64})")


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the one package that pip finds; no index is used."""
    index = tmp_path / "index"
    index.mkdir()
    path = index / "uv-9.9.9-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in WHEEL.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, text)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return path


def requirements(tmp_path: Path, *hashes: str) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(" \\\n    ".join(["uv==9.9.9", *(f"--hash=sha256:{one}" for one in hashes)]))
    return path


@pytest.mark.full
def test_uv_is_installed_if_one_of_its_hashes_fits(wheel: Path, tmp_path: Path) -> None:
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    install_uv(tmp_path / "uv", requirements(tmp_path, "0" * 64, right))
    done = subprocess.run([tmp_path / "uv/bin/uv"], capture_output=True, text=True, check=True)
    assert done.stdout == "uv 9.9.9\n"


@pytest.mark.parametrize(
    "hashes",
    [
        pytest.param(("0" * 64,), id="a wrong one"),
        pytest.param((), id="none", marks=pytest.mark.full),
    ],
)
def test_uv_without_a_right_hash_is_refused(
    wheel: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], hashes: tuple[str, ...]
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        install_uv(tmp_path / "uv", requirements(tmp_path, *hashes))
    assert "hash" in capfd.readouterr().err.lower()
    assert not (tmp_path / "uv/bin/uv").exists()
    assert not (tmp_path / "uv/installed").exists()


@pytest.mark.full
def test_an_installed_uv_is_installed_again_only_for_other_hashes(
    wheel: Path, tmp_path: Path
) -> None:
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    install_uv(tmp_path / "uv", requirements(tmp_path, right))
    wheel.unlink()
    install_uv(tmp_path / "uv", requirements(tmp_path, right))
    with pytest.raises(subprocess.CalledProcessError):
        install_uv(tmp_path / "uv", requirements(tmp_path, right, "0" * 64))


def test_the_hashes_of_uv_are_those_of_every_file_in_the_lock() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    (uv,) = [package for package in lock if package["name"] == "uv"]
    files = [uv["sdist"], *uv["wheels"]]
    assert set(HASH.findall(UV_REQUIREMENTS.read_text())) == {
        file["hash"].removeprefix("sha256:") for file in files
    }
    names = " ".join(wheel["url"] for wheel in uv["wheels"])
    for platform in ("manylinux_2_17_x86_64", "aarch64", "macosx_11_0_arm64", "x86_64.whl"):
        assert platform in names
    done = subprocess.run([UV, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[1] == uv["version"]


def test_every_package_of_the_lock_has_a_hash() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    files = [
        file
        for package in lock
        for file in (*package.get("wheels", []), package.get("sdist", {"hash": "sha256:"}))
        if "virtual" not in package["source"]
    ]
    assert len(files) > len(lock)
    assert {file["hash"].partition(":")[0] for file in files} == {"sha256"}

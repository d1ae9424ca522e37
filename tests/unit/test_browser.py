"""Which Chromium the browser's tests use."""

from pathlib import Path

import pytest

from local.machine import browser
from local.machine.processes import LocalCloudError


@pytest.fixture
def program(tmp_path: Path) -> Path:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_a_named_one_is_taken(program: Path) -> None:
    assert browser.program({"CHROMIUM": str(program)}) == str(program)


def test_the_systems_is_found(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program.parent))
    assert browser.program({}) == str(program)


def test_a_name_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="CHROMIUM names no program"):
        browser.program({"CHROMIUM": str(tmp_path / "none")})


def test_without_chromium_and_apt_the_error_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "MAC", tmp_path / "none")
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert browser.main() == 1
    said = capsys.readouterr().err
    assert said.startswith("No Chromium was found")
    assert said.count("\n") == 1

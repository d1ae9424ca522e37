"""One `make dev` in a clone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import stack
from local.cloud.stack import KEPT_RUNS, new_run
from local.machine.only_one import only_one
from local.machine.processes import LocalCloudError
from local.paths import ROOT

CRASH = """
import os, pathlib, signal, subprocess, sys
from local.machine.only_one import only_one

with only_one(pathlib.Path(sys.argv[1])):
    pathlib.Path(sys.argv[1]).write_text("{}")
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    return tmp_path / "stack.json"


def test_a_second_one_is_refused_and_the_first_is_named(stack_file: Path) -> None:
    text = json.dumps({"api_url": "http://127.0.0.1:4566/api", "webhook_secret": "whsec_1"})
    with only_one(stack_file):
        stack_file.write_text(text)
        with pytest.raises(LocalCloudError) as refused, only_one(stack_file):
            pass
        assert stack_file.read_text() == text
    message = refused.value.explained()
    assert f"process {os.getpid()}, API http://127.0.0.1:4566/api" in message
    assert f"`kill {os.getpid()}`" in message
    assert "whsec" not in message


def test_one_that_is_still_starting_is_named_too(stack_file: Path) -> None:
    with (
        only_one(stack_file),
        pytest.raises(LocalCloudError, match="still starting"),
        only_one(stack_file),
    ):
        pass


def test_the_next_one_starts_after_it_has_ended(stack_file: Path) -> None:
    for _ in range(2):
        with only_one(stack_file):
            pass


def test_a_crashed_one_does_not_block_even_while_its_children_live(stack_file: Path) -> None:
    crashed = subprocess.run(
        [sys.executable, "-c", CRASH, str(stack_file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    try:
        assert crashed.returncode == -signal.SIGKILL
        with only_one(stack_file):
            assert not stack_file.exists(), "nobody reads the crashed one's addresses"
    finally:
        os.kill(int(crashed.stdout), signal.SIGKILL)


def test_another_stack_file_is_another_clones(tmp_path: Path) -> None:
    with only_one(tmp_path / "stack.json"), only_one(tmp_path / "another.json"):
        pass


def test_many_later_runs_leave_the_folder_of_a_running_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "RUNS", tmp_path)
    later = [tmp_path / f"29990101-{number:06}" for number in range(KEPT_RUNS + 1)]
    with new_run() as running:
        (running / "lambda-python").mkdir()
        for folder in later:
            folder.mkdir()
        with new_run():
            assert (running / "lambda-python").is_dir()
            assert [folder for folder in later if not folder.exists()] == later[:1]
    with new_run():
        assert not running.exists()

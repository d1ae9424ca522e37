"""The folders that MiniStack leaves in memory."""

import os
import time
from pathlib import Path

from local.cloud.ministack import ABANDONED_SECONDS, PREFIX, remove_abandoned
from local.machine.locks import locked


def folder_of(memory: Path, name: str, *, age: float) -> Path:
    folder = memory / name
    (folder / "layer").mkdir(parents=True)
    made = time.time() - age
    os.utime(folder, (made, made))
    return folder


def test_what_a_killed_run_left_is_deleted(tmp_path: Path) -> None:
    old = ABANDONED_SECONDS + 10.0
    abandoned = folder_of(tmp_path, f"{PREFIX}abandoned", age=old)
    others = folder_of(tmp_path, "of-somebody-else", age=old)
    starting = folder_of(tmp_path, f"{PREFIX}starting", age=0)
    running = folder_of(tmp_path, f"{PREFIX}running", age=old)
    with locked(running):
        remove_abandoned(tmp_path)
        assert not abandoned.exists()
        assert all(folder.is_dir() for folder in (others, starting, running))

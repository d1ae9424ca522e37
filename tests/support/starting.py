"""Functions as a starting container has them: loaded, with nothing built before."""

import importlib.util
from types import ModuleType

from checkout import wiring
from tests.support.stack import FUNCTIONS


def load(function: str) -> ModuleType:
    """Import functions/<function>/app.py, again each time."""
    path = FUNCTIONS / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"{function}_app", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def forget_parts() -> None:
    for part in vars(wiring).values():
        if hasattr(part, "cache_clear"):
            part.cache_clear()

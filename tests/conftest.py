"""Configuration for all kinds of tests: see `make test`."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.samples import SAMPLES

UNIT = Path(__file__).parent / "unit"
# Each is set up by one worker only, which runs all the tests that use it.
EXPENSIVE = (
    "operated",
    "deployed_shop",
    "stack",
    "stripe_cli",
    "built",
    "transformed",
    "models",
    "refused",
)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist is missing where mutants are tried
def pytest_xdist_auto_num_workers() -> int:
    """Return more workers than two processors: those with a deployed stack mostly wait."""
    return min(max(os.cpu_count() or 1, 4), 8)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugins' markers for environments without these plugins."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A background job of a shell ignores it, and so would each command that tests interrupt.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "full: slow, and run by `make test-all` alone.")
    config.addinivalue_line("markers", "no_cover: what it runs is not measured (pytest-cov).")
    config.addinivalue_line("markers", "xdist_group(name): run by one worker (pytest-xdist).")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if SAMPLES != "all":
        full = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if item not in full]
    for item in items:
        if UNIT not in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
        used = getattr(item, "fixturenames", ())
        for fixture in EXPENSIVE:
            if fixture in used:
                item.add_marker(pytest.mark.xdist_group(fixture))
                break

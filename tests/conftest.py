"""What a run of several kinds of tests needs: see `make test`."""

from pathlib import Path

import pytest

from tests.support.samples import SAMPLES

UNIT = Path(__file__).parent / "unit"
# One worker alone sets each of them up, and runs all the tests that use it.
EXPENSIVE = ("operated", "deployed_shop", "stack", "stripe_cli", "built", "transformed")


def pytest_configure(config: pytest.Config) -> None:
    """Name the plugins' markers for environments that lack the plugins."""
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

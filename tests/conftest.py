"""What a run of several kinds of tests needs: see `make test`."""

from pathlib import Path

import pytest

UNIT = Path(__file__).parent / "unit"
# One worker alone sets each of them up, and runs all the tests that use it.
EXPENSIVE = ("operated", "deployed_shop", "stack", "stripe_cli", "built", "transformed")


def pytest_configure(config: pytest.Config) -> None:
    """Name the plugins' markers for environments that lack the plugins."""
    config.addinivalue_line("markers", "no_cover: what it runs is not measured (pytest-cov).")
    config.addinivalue_line("markers", "xdist_group(name): run by one worker (pytest-xdist).")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if UNIT not in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
        used = getattr(item, "fixturenames", ())
        for fixture in EXPENSIVE:
            if fixture in used:
                item.add_marker(pytest.mark.xdist_group(fixture))
                break

"""What `sam build` makes of the sources, built once for all tests of it."""

from pathlib import Path

import pytest

from local.cloud.build import built_template


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the real `sam build` made of these sources, for this machine."""
    log = tmp_path_factory.mktemp("build") / "sam-build.log"
    return built_template(log, lambda _: None).parent


@pytest.fixture(scope="session")
def site(built: Path) -> Path:
    return built / "CommonLayer" / "python"

import pytest

from stripe_simulator.testing.fixtures import receiver, sdk, shop, simulator
from tests.support.stripe_cli import StripeCli, install

__all__ = ["receiver", "sdk", "shop", "simulator"]


@pytest.fixture(scope="session")
def stripe_cli(tmp_path_factory: pytest.TempPathFactory) -> StripeCli:
    return install(tmp_path_factory.mktemp("stripe_cli_home"))

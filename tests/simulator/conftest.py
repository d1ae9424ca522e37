from collections.abc import Iterator

import pytest
import stripe

from tests.simulator.harness import Receiver, Running, Shop, fast, receiving, running
from tests.stripe_cli import StripeCli, install


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running(fast()) as one:
        yield one


@pytest.fixture
def simulator_live() -> Iterator[Running]:
    """One that takes a live key."""
    with running(fast(secret_keys=("sk_live_51simulatedsimulated",))) as one:
        yield one


@pytest.fixture
def sdk(simulator: Running) -> stripe.StripeClient:
    return simulator.sdk


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def shop(sdk: stripe.StripeClient) -> Shop:
    return Shop(sdk)


@pytest.fixture(scope="session")
def stripe_cli(tmp_path_factory: pytest.TempPathFactory) -> StripeCli:
    return install(tmp_path_factory.mktemp("stripe_cli_home"))

"""pytest fixtures; import them into a conftest.py."""

from collections.abc import Iterator

import pytest
import stripe

from stripe_simulator.testing.receiver import Receiver, receiving
from stripe_simulator.testing.server import Running, fast, running
from stripe_simulator.testing.shop import Shop


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running(fast()) as one:
        yield one


@pytest.fixture
def simulator_live() -> Iterator[Running]:
    """Yield a simulator that accepts a live key."""
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

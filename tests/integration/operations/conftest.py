"""A separate stack, because operators' commands change what other tests rely on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud.stack import LocalStack, local_stack
from local.machine.console import Console
from tests.integration.operations.shop_at_stripe import Steps, connection
from tests.integration.world import World


@pytest.fixture(scope="session")
def operated() -> Iterator[LocalStack]:
    with local_stack(Console()) as one:
        yield one


@pytest.fixture
def world(operated: LocalStack) -> Iterator[World]:
    one = World(operated)
    one.simulator.forget_requests()
    yield one
    one.simulator.behave_again()


@pytest.fixture(autouse=True)
def connected(world: World, tmp_path: Path) -> None:
    connection(world, tmp_path, Steps()).connect(world.stack.service_key)

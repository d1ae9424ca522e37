"""A separate stack, because operators' commands change what other tests rely on."""

from collections.abc import Iterator

import pytest

from local.cloud.stack import LocalStack, local_stack
from local.machine.console import Console
from tests.integration.operations.shop_at_stripe import Steps, connection
from tests.integration.world import World


@pytest.fixture(scope="session")
def operated() -> Iterator[LocalStack]:
    with local_stack(Console()) as one:
        yield one


@pytest.fixture(scope="session")
def operated_world(operated: LocalStack) -> World:
    return World(operated)


@pytest.fixture
def world(operated_world: World) -> Iterator[World]:
    operated_world.simulator.forget_requests()
    yield operated_world
    operated_world.simulator.behave_again()


@pytest.fixture(autouse=True)
def connected(world: World) -> None:
    connection(world, Steps()).connect(world.stack.service_key)

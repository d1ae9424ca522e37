from collections.abc import Iterator

import pytest

from local.cloud.stack import LocalStack, local_stack
from local.machine.console import Console
from local.shop.storefront import local_frontend
from tests.integration.world import World

# The port of the template's default origin. Nothing listens there: no page is opened.
STOREFRONT_PORT = 3000


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """Yield one deployed stack for all of these tests, each with its own orders."""
    with local_stack(Console(), frontend=local_frontend(STOREFRONT_PORT)) as one:
        yield one


@pytest.fixture
def world(stack: LocalStack) -> Iterator[World]:
    one = World(stack)
    one.simulator.forget_requests()
    yield one
    one.simulator.drop_paused_deliveries()
    one.simulator.behave_again()

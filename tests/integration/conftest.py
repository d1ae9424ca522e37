from collections.abc import Iterator

import pytest

from local.console import Console
from local.stack import LocalStack, local_stack
from tests.integration.world import World


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """One deployed stack for all of these tests: each makes orders of its own."""
    with local_stack(Console()) as one:
        yield one


@pytest.fixture
def world(stack: LocalStack) -> Iterator[World]:
    one = World(stack)
    one.simulator.forget_requests()
    yield one
    one.simulator.behave_again()

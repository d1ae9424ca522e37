import io
import logging
from collections.abc import Iterator

import pytest

from checkout.log import logger
from tests.properties.service import Service
from tests.properties.world import World, world


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep the service's log out of a failing sequence's report."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(io.StringIO())
    yield
    handler.setStream(before)
    logger.clear_state()


@pytest.fixture
def shop() -> Iterator[World]:
    with world() as one:
        yield one


@pytest.fixture
def service(shop: World) -> Service:
    return shop.service

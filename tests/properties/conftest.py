import io
import logging
from collections.abc import Iterator

import pytest

from checkout.log import logger


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Turn off the service's log, to keep reports of failures short."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(io.StringIO())
    yield
    handler.setStream(before)
    logger.clear_state()

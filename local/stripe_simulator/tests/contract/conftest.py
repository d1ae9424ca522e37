import os
from collections.abc import Iterator

import pytest

from support.sandbox import KEY_VARIABLE, NotATestKey, Sandbox, opened


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    try:
        with opened(os.environ.get(KEY_VARIABLE)) as one:
            yield one
    except NotATestKey as error:
        pytest.exit(str(error), returncode=2)

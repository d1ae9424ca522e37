"""How much of what can happen the tests try: SAMPLES=all, some (the default) or few.

`make test` tries some, `make test-all` all of it, `make mutants` few, since it runs the tests once
for each mutant. What is tried of it is seeded, so that each run tries the same.
"""

import os
from typing import Literal, cast

type Samples = Literal["few", "some", "all"]

NAME = "SAMPLES"
SAMPLES = cast("Samples", os.environ.get(NAME, "some"))
if SAMPLES not in {"few", "some", "all"}:
    raise ValueError(f"{NAME} is one of few, some, all: {SAMPLES}")


def sample(*, few: int | None = None, some: int, all: int) -> int:  # noqa: A002  (as the variable says)
    """Return the size of a sample; `few` are `some` where a test is not run for mutants."""
    return {"few": some if few is None else few, "some": some, "all": all}[SAMPLES]

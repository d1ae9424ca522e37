"""What `ops/checkout doctor` examines in the tests: a stack that they describe."""

from typing import Any

from ops.doctor import Examination, Result, examine
from ops.doctor.checks import CHECKS
from ops.environment import Environment
from tests.support.operating import stack_of


def examination(environment: Environment, **stack: Any) -> Examination:  # noqa: ANN401
    """Examine a stack that is described as the test says."""
    made = Examination(environment, None, 0.0)
    vars(made)["stack"] = stack_of(environment, **stack)
    return made


def only(made: Examination, name: str) -> Result:
    """Return the result of one check, which says what to do if it fails."""
    [check] = [one for one in CHECKS if one.name == name]
    [result] = examine(made, [check])
    assert result.detail
    assert result.ok is (result.fix is None)
    return result

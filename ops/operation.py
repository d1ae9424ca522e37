"""What every command is given."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ops.environment import Environment, environment
from ops.output import Output
from ops.stack import Stack


@dataclass(frozen=True)
class Operation:
    """Which stack a command is about, and where it prints."""

    environment_name: str
    stack_file: Path
    output: Output

    @cached_property
    def environment(self) -> Environment:
        return environment(self.environment_name, stack_file=self.stack_file)

    @cached_property
    def stack(self) -> Stack:
        return Stack.read(self.environment)

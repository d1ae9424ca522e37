"""The context of every command."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ops.environment import Environment, environment
from ops.errors import UsageError
from ops.output import Output
from ops.stack import Stack


@dataclass(frozen=True)
class Operation:
    """A command's stack and output."""

    environment_name: str | None
    stack_file: Path
    output: Output

    @cached_property
    def environment(self) -> Environment:
        """The environment; raises UsageError for a missing or unknown name."""
        if self.environment_name is None:
            raise UsageError("Missing --env: it is local, or an environment of samconfig.toml.")
        return environment(self.environment_name, stack_file=self.stack_file)

    @cached_property
    def stack(self) -> Stack:
        return Stack.read(self.environment)

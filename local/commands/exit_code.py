"""How a command that runs the local cloud ends."""

from collections.abc import Callable

from local.machine.console import Console
from local.machine.processes import LocalCloudError
from local.machine.signals import Terminated

INTERRUPTED = 130


def exit_code(console: Console, command: Callable[[], int]) -> int:
    """Run a command and return its exit code; say why it failed, or that it was interrupted."""
    try:
        return command()
    except LocalCloudError as error:
        console.say(f"\n{error.explained()}")
        return 1
    except (KeyboardInterrupt, Terminated):
        console.say("\nInterrupted. Everything that was started is stopped.")
        return INTERRUPTED

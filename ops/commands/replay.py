"""`replay`: sends the messages of the two dead-letter queues again, after a fix."""

from typing import TYPE_CHECKING

import typer

from ops.replay import replay_all

if TYPE_CHECKING:
    from ops.operation import Operation


def replay(ctx: typer.Context) -> None:
    """Send again what could not be processed or published, after a fix.

    What succeeds is deleted from its queue; what fails stays for another fix, and the exit code is
    1. Sending something twice does no harm.

    Example: ops/checkout --env prod replay
    """
    operation: Operation = ctx.obj
    output = operation.output
    lines = []
    for line in replay_all(operation.stack):
        lines.append(line)
        if not output.as_json:
            typer.echo(f"{line.result} {line.text}")
    left = sum(line.left for line in lines)
    if output.as_json:
        output.document([{"result": line.result, "message": line.text} for line in lines])
    else:
        typer.echo(f"{len(lines) - left} replayed, {left} left")
    raise typer.Exit(1 if left else 0)

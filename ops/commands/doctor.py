"""`doctor`: checks a deployed stack and prints how to fix what fails."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from ops import stripe_keys
from ops.doctor.checks import CHECKS
from ops.doctor.examination import Examination, Result, examine
from ops.output import printable

if TYPE_CHECKING:
    from ops.operation import Operation

WAIT_SECONDS = 60.0


def doctor(
    ctx: typer.Context,
    wait: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="How long Stripe's ping may take to be logged."
        ),
    ] = WAIT_SECONDS,
) -> None:
    """Check a deployed stack from outside, and print what to do for each failed check.

    It changes nothing: Stripe sends a ping, and the webhook gets a probe and an unsigned request.
    Stripe's event destinations are read with STRIPE_API_KEY, or with the service's own key if that
    may; the ids in the options with the service's own key, or else with STRIPE_API_KEY. The exit
    code is 1 if a check fails.

    Example: ops/checkout --env prod doctor
    """
    operation: Operation = ctx.obj
    setup_key = stripe_keys.setup_key_if_given(operation.environment)
    examination = Examination(operation.environment, setup_key, wait)
    results: list[Result] = []
    for result in examine(examination, CHECKS):
        results.append(result)
        if not operation.output.as_json:
            _show(operation, result)
    failed = sum(not result.ok for result in results)
    if operation.output.as_json:
        operation.output.document([asdict(result) for result in results])
    else:
        typer.echo(f"{failed} of {len(results)} checks failed." if failed else "All is well.")
    raise typer.Exit(1 if failed else 0)


def _show(operation: "Operation", result: Result) -> None:
    console = operation.output.console
    mark = Text("ok    ", "green") if result.ok else Text("FAILED", "red")
    console.print(Text.assemble(mark, f" {result.check}: ", printable(result.detail)))
    if result.fix:
        console.print(Text(f"       {result.fix}", "bold"))

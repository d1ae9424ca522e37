"""`ops/checkout --env ENV [--json] [--yes] COMMAND`: connect, check, repair a deployed stack.

Exit codes: 0 done; 1 something failed or is left to do; 2 the call can't work as it was given, and
nothing was done; 130 interrupted.
"""

import logging
import sys
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn

import stripe
import typer
from botocore.exceptions import BotoCoreError, ClientError

from checkout.errors import CheckoutError

# Before the Stripe SDK: it turns off what would make libraries log payloads.
from checkout.log import logger
from ops.commands import order_repairs, orders
from ops.commands.connect import connect, rotate
from ops.commands.doctor import doctor
from ops.commands.logs import logs
from ops.commands.reconcile import reconcile
from ops.commands.replay import replay
from ops.environment import STACK_FILE
from ops.errors import OpsError, UsageError, explained, one_line
from ops.operation import Operation
from ops.output import Output

FLAGS = ("--json", "--yes")
WITH_VALUES = ("--env", "--stack-file")


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Connect, check and repair a deployed stack.",
    epilog="Exit codes: 0 success, 1 failed or incomplete, 2 invalid call, 130 interrupted.",
)


@app.callback()
def options(
    ctx: typer.Context,
    *,
    env: Annotated[
        str | None,
        typer.Option(
            metavar="ENV", help="local, or an environment of samconfig.toml. Always needed."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Answer yes to every question.")] = False,
    stack_file: Annotated[
        Path, typer.Option(hidden=True, envvar="CHECKOUT_STACK_FILE")
    ] = STACK_FILE,
) -> None:
    # Optional here, because `ops/checkout doctor --help` needs none: required at first use.
    ctx.obj = Operation(env, stack_file, Output(as_json=as_json, yes=yes))


app.command()(connect)
app.command()(doctor)
app.add_typer(rotate, name="rotate")
app.command()(replay)
app.command()(reconcile)
app.command()(logs)

orders_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Find, compare and repair orders."
)
app.add_typer(orders_app, name="orders")
for command in (
    *(orders.find, orders.show, orders.history, orders.diff),
    *(order_repairs.reconcile, order_repairs.expire, order_repairs.republish),
    order_repairs.export,
):
    orders_app.command()(command)


def main(arguments: list[str]) -> None:
    """Run a command and exit; print one line for each expected error."""
    try:
        app(options_first(arguments), prog_name="ops/checkout")
    except UsageError as error:
        fail(str(error), exit_code=2)
    except (OpsError, CheckoutError) as error:
        fail(str(error))
    except (ClientError, BotoCoreError, stripe.StripeError) as error:
        fail(explained(error))


def options_first(arguments: list[str]) -> list[str]:
    """Move the global options to the front, because people type them anywhere."""
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        name, has_value, _ = argument.partition("=")
        if argument == "--":
            rest += [argument, *remaining]
        elif argument in FLAGS or (name in WITH_VALUES and has_value):
            first.append(argument)
        elif argument in WITH_VALUES:
            first += [argument, *islice(remaining, 1)]
        else:
            rest.append(argument)
    return first + rest


def fail(text: str, *, exit_code: int = 1) -> NoReturn:
    typer.echo(f"Error: {one_line(text)}", err=True)
    sys.exit(exit_code)


if __name__ == "__main__":
    # The layer's log is meant for CloudWatch; stdout is for results.
    logger.setLevel(logging.CRITICAL)
    main(sys.argv[1:])

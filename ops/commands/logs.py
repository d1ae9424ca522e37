"""`logs`: prints the logs of the stack's functions."""

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ops.errors import UsageError
from ops.logs import LEVELS, Entry, Wanted, entries, followed, log_groups
from ops.output import printable
from ops.times import FORMS, past_time, rfc3339

if TYPE_CHECKING:
    from ops.operation import Operation

HOUR = 3600


def level_name(text: str) -> str:
    if text.upper() not in LEVELS:
        raise UsageError(f"{text!r} is not a level: use one of {', '.join(LEVELS)}.")
    return text.upper()


def logs(  # noqa: PLR0913  (each is an option)
    ctx: typer.Context,
    *,
    order: Annotated[str | None, typer.Option(help="Of this order, ord_….")] = None,
    session: Annotated[str | None, typer.Option(help="Of this session, cs_….")] = None,
    event: Annotated[str | None, typer.Option(help="Of this Stripe event, evt_….")] = None,
    level: Annotated[
        str | None,
        typer.Option(parser=level_name, metavar="LEVEL", help=f"Or above: {', '.join(LEVELS)}."),
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(parser=past_time, metavar="TIME", help=f"From {FORMS}; by default 1h."),
    ] = None,
    until: Annotated[
        int | None, typer.Option(parser=past_time, metavar="TIME", help="The same; by default now.")
    ] = None,
    function: Annotated[
        str | None, typer.Option(help="One function, such as StripeWebhook.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more, until Ctrl-C.")] = False,
) -> None:
    """Print what the stack's functions logged, oldest first: ids and outcomes, nothing personal.

    With --json a line is the whole entry as JSON.

    Example: ops/checkout --env prod logs --level ERROR --since 2h

    Example: ops/checkout --env prod logs --order ord_0123456789abcdef0123456789abcdef --since 7d
    """
    operation: Operation = ctx.obj
    if follow and until is not None:
        raise UsageError("Give either --follow or --until.")
    ids = tuple(one for one in (order, session, event) if one is not None)
    wanted = entry_filter(ids, level, since, until)
    groups = log_groups(operation.stack, function)
    read = followed if follow else entries
    for entry in read(operation.environment.aws.logs, groups, wanted):
        typer.echo(json.dumps(entry.document) if operation.output.as_json else line(entry))


def entry_filter(
    ids: tuple[str, ...], level: str | None, since: int | None, until: int | None
) -> Wanted:
    """Return the filter, by default from an hour ago; raise UsageError."""
    for one in ids:
        if not one.replace("_", "").isalnum():
            raise UsageError(f"{one!r} is not an id.")
    begin = int(time.time()) - HOUR if since is None else since
    if until is not None and until < begin:
        raise UsageError("--until is before --since.")
    return Wanted(begin, until, ids, level)


def line(entry: Entry) -> str:
    parts = (rfc3339(entry.time), entry.function, entry.level, entry.message, entry.details)
    return printable(" ".join(part for part in parts if part)).plain

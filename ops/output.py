"""Output of commands: results to stdout, as tables or JSON, and progress to stderr."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from ops.errors import UsageError, without_controls

WIDE = 1000


def result_console() -> Console:
    """Return a console for stdout; a file or a pipe has no width limit."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(highlight=False, soft_wrap=True, width=width)


@dataclass(frozen=True)
class Output:
    """`as_json` prints results for programs; `yes` answers every question."""

    as_json: bool = False
    yes: bool = False
    console: Console = field(default_factory=result_console)
    progress: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def say(self, text: str) -> None:
        """Print a line of progress."""
        self.progress.print(printable(text), soft_wrap=True)

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that a step is running: a spinner on a terminal, a line elsewhere."""
        if self.progress.is_terminal:
            with self.progress.status(printable(f"{text} ...")):
                yield
        else:
            self.say(f"{text} ...")
            yield

    def document(self, document: object) -> None:
        """Print a result as JSON."""
        typer.echo(json.dumps(document, indent=2, default=str))

    def rows(self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Print a list: a table of these columns, or with `as_json` the complete rows."""
        if self.as_json:
            self.document(list(rows))
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            # Never truncate: ids are copied from the output.
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(printable(row.get(column)) for column in columns))
        self.console.print(table)

    def fields(self, fields: Mapping[str, Any]) -> None:
        """Print one object: a field per line, or JSON."""
        if self.as_json:
            self.document(fields)
            return
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, value in fields.items():
            table.add_row(Text(name, style="bold"), printable(value))
        self.console.print(table)

    def confirm(self, question: str) -> None:
        """Ask before an irreversible change; refuse without a terminal and --yes."""
        if self.yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question} Nothing was done: confirm with --yes.")
        # Not Typer's confirm, which exits at Ctrl-C as for a no, and writes to stdout.
        if not Confirm.ask(printable(question), console=self.progress, default=False):
            raise typer.Abort


def printable(value: object) -> Text:
    """Return a table cell with the control characters removed."""
    return Text("" if value is None else without_controls(str(value)))

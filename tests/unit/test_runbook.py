"""Each command of the runbook is one that the command line understands."""

import re
import shlex
from typing import Any

import pytest
import typer

from ops.cli import app, main, options_first
from tests.unit.stack import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", RUNBOOK, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
COMMANDS = sorted({line.partition(" > ")[0] for line in LINES if line.startswith("ops/checkout ")})


def parsed(arguments: list[str]) -> Any:  # noqa: ANN401  (Typer keeps Click's types to itself)
    """Give the context of the command that a line names, without running it."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("ops/checkout", options_first(arguments))
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]  # noqa: SLF001
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
    return context


def test_the_tasks_have_commands() -> None:
    commands = {" ".join(parsed(shlex.split(line)[1:]).command_path.split()) for line in COMMANDS}
    assert {"ops/checkout orders find", "ops/checkout replay"} <= commands


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_runbook_is_understood(line: str) -> None:
    context = parsed(shlex.split(line)[1:])
    assert context.command.callback.__module__.startswith("ops.commands.")
    assert context.find_root().params["env"] == "prod"


@pytest.mark.parametrize("line", LINES)
def test_nothing_else_is_in_its_code(line: str) -> None:
    assert line.startswith(("ops/checkout --env prod ", "make ", "aws ", "curl ", "  ")), line


@pytest.mark.parametrize(
    "arguments", ["--env prod orders found cart-77", "--env prod orders show --all", "orders show"]
)
def test_a_command_that_is_none_is_refused(
    arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    assert ended.value.code == 2
    assert "Usage: ops/checkout" in capsys.readouterr().err

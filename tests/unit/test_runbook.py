"""Each command of the runbook and of the tasks is one that the command line understands."""

import re

import pytest

from ops.cli import main
from tests.support.operating import command_of
from tests.support.stack import ROOT

DOCS = [(ROOT / "docs" / name).read_text() for name in ("runbook.md", "tasks.md")]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", "\n".join(DOCS), re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
COMMANDS = sorted({line.partition(" > ")[0] for line in LINES if line.startswith("ops/checkout ")})


def test_the_tasks_have_commands() -> None:
    assert {("orders", "find"), ("replay",)} <= {command_of(line) for line in COMMANDS}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_runbook_is_understood(line: str) -> None:
    assert line.startswith("ops/checkout --env prod ")
    assert command_of(line)


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

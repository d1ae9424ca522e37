"""The operator's command line: options anywhere, help of every command, exit codes."""

import re
from collections.abc import Iterator

import pytest
from typer._click.exceptions import UsageError
from typer.main import get_command

from ops.cli import app, options_first
from tests.support.operating import call, command_of, terminal

# Asks before it changes anything, as every command that needs a confirmation does.
ASKING = """
import typer
from ops.cli import app, main
from ops.stripe_keys import asked_key

@app.command()
def change(ctx: typer.Context) -> None:
    ctx.obj.output.confirm("Change it?")
    typer.echo("It was changed.")

main(["--env", "dev", "change"])
"""
CTRL_D = "\x04"


def commands(command: object = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the names of each command, and of each group of commands."""
    command = command or get_command(app)
    yield path
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, (*path, name))


EVERY = list(commands())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("doctor --env dev", "--env dev doctor"),
        ("doctor --env=dev --json", "--env=dev --json doctor"),
        ("--yes rotate --env dev api-key", "--yes --env dev rotate api-key"),
        ("orders find --reference=--json --env dev", "--env dev orders find --reference=--json"),
        ("orders find --reference=--env --env dev", "--env dev orders find --reference=--env"),
        ("--env dev show -- --json --env", "--env dev show -- --json --env"),
        ("doctor --env", "--env doctor"),
        ("--env --json doctor", "--env --json doctor"),
        ("doctor --wait 5 --env dev", "--env dev doctor --wait 5"),
    ],
)
def test_common_options_are_read_wherever_they_are(typed: str, read: str) -> None:
    assert options_first(typed.split()) == read.split()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("doctor", "Missing --env"),
        ("doctor --env", "Missing command"),
        ("--env --json doctor", "no environment '--json'"),
        ("doctor --env=", "no environment ''"),
        ("--env nowhere doctor", "no environment 'nowhere'"),
        ("--env dev", "Missing command"),
        ("--env dev nothing", "No such command"),
        ("--env dev doctor --bogus", "No such option"),
        ("--env dev doctor extra", "unexpected extra argument"),
        ("--env dev doctor --wait soon", "--wait"),
        ("--env dev doctor --wait -1", "--wait"),
        ("--env dev connect --drain -1", "--drain"),
        ("--env dev rotate", "webhook-secret"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_a_reason(
    capsys: pytest.CaptureFixture[str], typed: str, reason: str
) -> None:
    called = call(capsys, *typed.split())
    assert called.exit_code == 2
    assert reason in called.progress + called.printed
    assert "Traceback" not in called.progress


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_every_command_has_help_without_an_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    called = call(capsys, *command, "--help")
    assert called.exit_code == 0, called.progress
    assert " ".join(("Usage: ops/checkout", *command, "[OPTIONS]")) in called.printed
    assert max(map(len, called.printed.splitlines())) <= 80


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_the_help_of_every_command_has_an_example_that_can_be_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    # Wide enough that no example is broken into two lines.
    monkeypatch.setenv("COLUMNS", "300")
    examples = examples_of(call(capsys, *command, "--help").printed)
    assert examples or is_group(command), "no line of the help starts with Example: ops/checkout"
    for example in examples:
        assert command_of(example) == command


def is_group(command: tuple[str, ...]) -> bool:
    return any(one[:-1] == command for one in EVERY if one)


def examples_of(help_text: str) -> list[str]:
    return re.findall(r"Example: (ops/checkout .*?)\s*$", help_text, re.MULTILINE)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("checkout --env dev doctor", ValueError),
        ("ops/checkout doctor", ValueError),
        ("ops/checkout --env dev doctor --bogus", UsageError),
        ("ops/checkout --env dev doctor --wait soon", UsageError),
        ("ops/checkout --env dev doctor extra", UsageError),
        ("ops/checkout --env dev nothing", UsageError),
        ("ops/checkout --env dev rotate", UsageError),
        ("ops/checkout --env dev", ValueError),
    ],
)
def test_an_example_that_cannot_be_typed_is_found(wrong: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        command_of(wrong)


@pytest.mark.parametrize(
    ("keys", "exit_code", "is_changed"),
    [
        pytest.param("y\n", 0, True, id="y"),
        pytest.param("n\n", 1, False, id="n", marks=pytest.mark.full),
        pytest.param("\n", 1, False, id="enter"),
        pytest.param(CTRL_D, 1, False, id="ctrl-d", marks=pytest.mark.full),
    ],
)
def test_a_change_needs_a_yes(keys: str, exit_code: int, *, is_changed: bool) -> None:
    with terminal(ASKING) as operator:
        operator.wait_for("Change it?")
        operator.type(keys)
        assert operator.ended() == exit_code
    assert ("It was changed." in operator.screen) is is_changed
    assert "Traceback" not in operator.screen


def test_ctrl_c_is_no_yes() -> None:
    with terminal(ASKING) as operator:
        operator.wait_for("Change it?")
        assert operator.interrupted() == 130
    assert "It was changed." not in operator.screen
    assert "Traceback" not in operator.screen


def test_ctrl_c_while_something_takes_long_is_exit_code_130() -> None:
    waiting = "import signal; ctx.obj.output.say('Wait.'); signal.pause()"
    with terminal(ASKING.replace('ctx.obj.output.confirm("Change it?")', waiting)) as one:
        one.wait_for("Wait.")
        assert one.interrupted() == 130
    assert "Traceback" not in one.screen


def test_ctrl_c_at_the_prompt_for_a_key_is_exit_code_130() -> None:
    with terminal(ASKING.replace('ctx.obj.output.confirm("', 'asked_key("')) as one:
        one.wait_for("Change it?")
        assert one.interrupted() == 130
    assert "Traceback" not in one.screen

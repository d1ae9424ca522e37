"""What commands print: for people without control characters, for programs as JSON alone."""

import io
import json
from pathlib import Path

import pytest
import typer
from rich.console import Console

from ops.errors import UsageError
from ops.output import Output, printable
from tests.support.operating import terminal

# An escape sequence that renames the window, a bell, and letters that run from right to left.
HOSTILE = "\x1b]0;owned\x07paid\u202e\u2066evil\u200b\r\n\x9b31m\x7f\udc80"


def is_harmless(text: str) -> bool:
    return all(one.isprintable() for one in text.replace("\n", ""))


@pytest.fixture
def output() -> Output:
    """Print to two strings, as wide as a terminal may be."""
    consoles = [Console(file=io.StringIO(), width=200, highlight=False) for _ in range(2)]
    return Output(console=consoles[0], progress=consoles[1])


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0, "0"),
        (False, "False"),
        ("Mug, 15 €, 日本", "Mug, 15 €, 日本"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("two\nlines\r\t", "two\\nlines\\r\\t"),
        ("\x00\x07\x08\x7f", "\\x00\\x07\\x08\\x7f"),
        ("\udc80", "\\udc80"),
        ("[red]no markup[/red]", "[red]no markup[/red]"),
    ],
)
def test_no_character_of_a_value_controls_the_terminal(value: object, shown: str) -> None:
    assert printable(value).plain == shown
    assert printable(value).spans == []


def test_tables_fields_and_progress_are_harmless(output: Output) -> None:
    output.rows(["id", "status"], [{"id": HOSTILE, "status": "[red]paid"}, {"id": "[/]"}])
    output.fields({"id": HOSTILE, "amount": 15})
    output.say(HOSTILE)
    with output.working(HOSTILE):
        pass
    assert is_harmless(written(output.console))
    assert is_harmless(written(output.progress))
    assert "[red]paid" in written(output.console)
    assert written(output.progress).count("owned") == 2


def test_json_is_all_that_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=True, yes=True)
    output.say("Working")
    with output.working("Reading"):
        output.confirm("Change it?")
    output.rows(["id"], [{"id": HOSTILE, "more": 1}])
    printed, progress = capsys.readouterr()
    assert json.loads(printed) == [{"id": HOSTILE, "more": 1}]
    assert is_harmless(printed)
    assert progress == "Working\nReading ...\n"
    output.fields({"id": "o_1"})
    assert json.loads(capsys.readouterr().out) == {"id": "o_1"}


def test_a_question_without_a_terminal_does_nothing(output: Output) -> None:
    with pytest.raises(UsageError, match=r"Change it\? Nothing was done: confirm with --yes\."):
        output.confirm("Change it?")
    assert written(output.progress) == ""


def test_yes_confirms_every_question(output: Output) -> None:
    Output(yes=True, progress=output.progress).confirm("Change it?")
    assert written(output.progress) == ""


@pytest.mark.parametrize(("reply", "is_yes"), [("y", True), ("n", False), ("", False)])
def test_a_question_on_a_terminal_waits_for_a_yes(
    output: Output, monkeypatch: pytest.MonkeyPatch, reply: str, *, is_yes: bool
) -> None:
    typed = io.StringIO(f"{reply}\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", typed)
    if is_yes:
        output.confirm(f"Change {HOSTILE}?")
    else:
        with pytest.raises(typer.Abort):
            output.confirm(f"Change {HOSTILE}?")
    assert is_harmless(written(output.progress))
    assert written(output.console) == ""


def test_a_question_leaves_stdout_to_the_result(tmp_path: Path) -> None:
    """Somebody replies at the terminal, and reads the JSON in a file."""
    program = """
import os
from ops.output import Output
os.dup2(os.open(os.environ["RESULT"], os.O_WRONLY | os.O_CREAT), 1)
output = Output(as_json=True)
output.confirm("Change it?")
output.document({"changed": True})
"""
    result = tmp_path / "result.json"
    with terminal(program, RESULT=str(result)) as operator:
        operator.wait_for("Change it?")
        operator.type("y\n")
        assert operator.ended() == 0
    assert result.read_text() == '{\n  "changed": true\n}\n'


def test_what_takes_long_is_shown_on_a_terminal() -> None:
    progress = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Output(progress=progress).working("Reading\x1b[31m"):
        pass
    assert "Reading" in written(progress)
    assert "Reading\x1b[31m" not in written(progress)

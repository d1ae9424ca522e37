"""What a person sees while SAM builds and deploys."""

import io
import sys

import pytest

from local.cloud.sam_output import phase_of
from local.machine.console import Console, shortened

# Lines of SAM 1.16x, as `make demo` gets them.
OUTPUT = """
Building layer 'CommonLayer'
CommonLayer: Running CustomMakeBuilder:MakeBuild
"/clone/.local/uv/bin/uv" pip install --quiet --target "/clone/.local/builds/unfinished/CommonLayer/
cp -R checkout "/clone/.local/builds/unfinished/CommonLayer/python/"
Building codeuri: /clone/functions runtime: python3.13 architecture: arm64 functions: CreateSession
Building codeuri: /clone/functions runtime: python3.13 architecture: arm64 functions: ConfirmPayment
Built Artifacts  : .local/builds/unfinished
Creating the required resources...
Uploading to 83b0fa2f7073256b2002fc50e501bb91  131072 / 15951342  (0.82%)
Uploading to 83b0fa2f7073256b2002fc50e501bb91  262144 / 15951342  (1.64%)
Waiting for changeset to be created..
2026-11-28 12:30:25 - Waiting for stack create/update to complete
CREATE_IN_PROGRESS       AWS::Lambda::Alias       PublishChangesFunction
""".splitlines()
PHASES = [
    "building the layer CommonLayer",
    "building the functions",
    "creating the bucket for what is uploaded",
    "uploading what was built",
    "comparing the template with what is deployed",
    "creating the resources",
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, out: io.StringIO) -> str:
    """Run a phase with SAM's output and return what it prints."""
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "30")
    console = Console()
    with console.phase("sam deploy"):
        for line in OUTPUT:
            if doing := phase_of(line):
                console.progress(doing)
    return out.getvalue()


def test_each_phase_is_a_line_once_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, *phases, last = shown(monkeypatch, io.StringIO()).splitlines()
    assert first == "sam deploy ..."
    assert [phase.strip() for phase in phases] == PHASES
    assert last.startswith("  sam deploy (")


def test_a_terminal_ends_with_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = shown(monkeypatch, Terminal())
    last = printed.rpartition("\033[2K")[2]
    assert last.startswith("sam deploy (")
    assert "%" not in printed
    assert "unfinished" not in printed
    assert "sam deploy: creating the …" in printed, "cut to the terminal's width"


def test_a_long_address_is_printed_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    address = f"http://127.0.0.1:4566/[bold]{'x' * 200}"
    Console().say(address)
    assert out.getvalue() == f"{address}\n"


def test_truncated_text_is_marked() -> None:
    assert shortened("cs_test_12345", 13) == "cs_test_12345"
    assert shortened("cs_test_12345", 12) == "cs_test_123…"

"""A wrong options file is named with its line before it is deployed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.option_files import FOLDER, main, problems
from tests.support.stack import ROOT, load_template

WRONG = """{
  "allow_promotion_codes": true,
  "automatic_tax": {
    "enabled": "yes"
  },
  "shipping_options": [
    {"shipping_rate": "shr_1"},
    {"shipping_rat": "shr_2"}
  ],
  "mode": "setup",
  "mode": "payment",
  "custom_text": {"submit": {}}
}
"""


def found(tmp_path: Path, text: str) -> dict[int, str]:
    """Return the reasons by the lines."""
    file = tmp_path / "dev.json"
    file.write_text(text)
    return {problem.line: problem.reason for problem in problems(file)}


def test_each_environment_has_a_valid_file() -> None:
    environments = load_template()["Parameters"]["Environment"]["AllowedValues"]
    assert {file.stem for file in FOLDER.glob("*")} == set(environments)
    assert main() == 0


def test_the_local_environment_has_no_options() -> None:
    assert json.loads((FOLDER / "local.json").read_text()) == {}


def test_what_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    assert found(tmp_path, WRONG) == {
        4: "automatic_tax.enabled: Input should be a valid boolean",
        8: "shipping_options.1.shipping_rat: Stripe's SDK knows no such parameter.",
        11: "mode: It is for sessions of another mode: this service sells one-time purchases.",
        12: "custom_text.submit.message: Field required",
    }


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("{\n  'a': 1}", 2, "This is not JSON: Expecting property name"),
        ("", 1, "This is not JSON"),
        ('{\n\t"submit_type": "pay"}', 2, "Write it in plain JSON, indented by spaces"),
        ("[]", 1, "It must be an object"),
        ('{\n"submit_type": "pay",\n"submit_type": "pay"}', 3, "submit_type is there twice."),
        ('{"custom_fields": [\n{"key": "a",\n"key": "b"}]}', 3, "key is there twice."),
    ],
)
def test_what_is_no_options_file_is_named(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    assert found(tmp_path, text)[line].startswith(reason)


def test_a_file_that_is_missing_or_unreadable_is_named(tmp_path: Path) -> None:
    [missing] = problems(tmp_path / "prod.json")
    assert "no such file" in missing.reason
    (tmp_path / "prod.json").write_bytes(b'{"\xff": 1}')
    [unreadable] = problems(tmp_path / "prod.json")
    assert unreadable.reason == "This is not UTF-8."


def test_the_command_prints_each_problem_as_a_compiler_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dev.json").write_text(WRONG)
    (tmp_path / "prod.json").write_text("{}")
    assert main(tmp_path) == 1
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == f"{tmp_path / 'dev.json'}:11: mode is there twice."
    assert len(printed) == 5


@pytest.mark.parametrize("target", ["lint", "deploy"])
def test_make_checks_the_files_before_it_goes_on(target: str) -> None:
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "--dry-run", target, "ENV=dev"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    before_deploy = done.stdout.partition("sam deploy")[0].partition("sam build")[0]
    assert "-m ops.option_files" in before_deploy

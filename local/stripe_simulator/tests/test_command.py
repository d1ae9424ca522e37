"""The options of `stripe-simulator`, where it does not come to serving anybody."""

from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stripe_simulator.__main__ import app
from stripe_simulator.listener import listen


def called(*options: str) -> Result:
    return CliRunner().invoke(app, ["--port", "0", *options])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--connect-to", "shop.example"], "shop.example is not HOST=ADDRESS:PORT"),
        (["--connect-to", "a=b:c"], "a=b:c is not HOST=ADDRESS:PORT"),
        (["--permission", "price_read"], "price_read is none of balance_read, "),
        (["--retry-seconds", "soon"], "soon is not S,S,..."),
    ],
)
def test_wrong_option_is_reported(options: list[str], message: str) -> None:
    result = called(*options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_port_in_use_is_one_clear_line() -> None:
    with listen() as other:
        port = other.getsockname()[1]
        result = called("--port", str(port))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"stripe-simulator: port {port} of 127.0.0.1 is in use; --port chooses another, 0 a free "
        "one\n"
    )


def test_address_of_another_machine_is_one_clear_line() -> None:
    result = called("--host", "192.0.2.1")
    assert result.exit_code == 1
    assert result.stderr.startswith("stripe-simulator: 192.0.2.1, port 0: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not a JSON object with fixtures"),
        ("[]", "is not a JSON object with fixtures"),
        ("{}", "is not a JSON object with fixtures"),
        ('{"fixtures": [{"name": "mug"}]}', "fixtures.0.path: Field required"),
    ],
)
def test_malformed_seed_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(text)
    result = called("--seed", str(seed))
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_missing_seed_is_one_clear_line() -> None:
    result = called("--seed", "missing.json")
    assert result.stderr == "stripe-simulator: missing.json: No such file or directory\n"


def test_version_is_that_of_the_package() -> None:
    assert called("--version").stdout == f"{version('stripe-simulator')}\n"

"""`--env ENV`: a section of samconfig.toml, and for `local` the file of the running `make dev`."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ProfileNotFound

from ops.environment import LOCAL_ACCESS_KEY, SAMCONFIG, environment
from ops.errors import OpsError, UsageError
from tests.support.operating import call

KEY = "sk_test_51local"
FACTS = {
    "api_url": "http://127.0.0.1:4566/api",
    "webhook_url": "http://127.0.0.1:4566/hook",
    "stripe_url": "http://127.0.0.1:12111",
    "aws_endpoint_url": "http://127.0.0.1:4566",
    "stripe_api_key": KEY,
    "region": "eu-west-1",
    "webhook_secret": "whsec_old",
    "another": "fact",
}


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(FACTS))
    return file


@pytest.fixture
def samconfig(tmp_path: Path) -> Path:
    return tmp_path / "samconfig.toml"


@pytest.fixture
def machine(tmp_path: Path, environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine whose AWS configuration has one profile, and no region."""
    environment.delenv("AWS_DEFAULT_REGION")
    config = tmp_path / "config"
    config.write_text("[profile shop]\nregion = eu-north-1\n")
    environment.setenv("AWS_CONFIG_FILE", str(config))
    # The default session of other tests has another machine's configuration.
    environment.setattr(boto3, "DEFAULT_SESSION", None)
    return environment


def dev(**parameters: str) -> str:
    lines = [f'{name} = "{value}"' for name, value in parameters.items()]
    return "\n".join(["version = 0.1", "[dev.deploy.parameters]", *lines])


def test_each_environment_of_the_project_can_be_named(
    machine: pytest.MonkeyPatch, stack_file: Path
) -> None:
    machine.setenv("AWS_DEFAULT_REGION", "us-east-1")
    found = [environment(name, stack_file=stack_file) for name in ("local", "dev", "prod")]
    assert [one.stack_name for one in found] == ["checkout-local", "checkout-dev", "checkout-prod"]
    assert [one.stripe_url for one in found] == [FACTS["stripe_url"], None, None]
    assert [one.aws.endpoint_url for one in found] == [FACTS["aws_endpoint_url"], None, None]


def test_an_unknown_environment_is_reported_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no environment 'nowhere': use one of local, dev, prod"):
        environment("nowhere")
    with pytest.raises(UsageError, match="no environment 'default'"):
        environment("default")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("version = 0.1\n[default.build.parameters]\ncached = true", "no environment 'dev'"),
        ("[dev.build.parameters]\ncached = true", "no environment 'dev'"),
        ("dev = 1", "no environment 'dev'"),
        ("[dev]\ndeploy = 1", "no environment 'dev'"),
        ("[dev.deploy]", "Set stack_name in .dev.deploy.parameters. of samconfig.toml"),
        (dev(region="eu-west-1"), "Set stack_name in .dev.deploy.parameters. of samconfig.toml"),
        ("[dev.deploy.parameters]\nstack_name = 1", "Set stack_name"),
        ("[dev", "samconfig.toml can't be read: "),
    ],
)
def test_a_samconfig_that_describes_no_such_stack_is_reported(
    samconfig: Path, text: str, reason: str
) -> None:
    samconfig.write_text(text)
    with pytest.raises(UsageError, match=reason):
        environment("dev", samconfig=samconfig)


def test_a_missing_samconfig_is_reported(samconfig: Path) -> None:
    with pytest.raises(UsageError, match=r"samconfig.toml can't be read: "):
        environment("dev", samconfig=samconfig)


def test_without_a_region_nothing_is_done(machine: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="No region: set AWS_DEFAULT_REGION, or region in"):
        environment("dev", samconfig=SAMCONFIG)


def test_region_and_profile_come_from_samconfig(
    machine: pytest.MonkeyPatch, samconfig: Path
) -> None:
    samconfig.write_text(dev(stack_name="shop", profile="shop"))
    session = environment("dev", samconfig=samconfig).aws.session
    assert (session.profile_name, session.region_name) == ("shop", "eu-north-1")
    samconfig.write_text(dev(stack_name="shop", profile="shop", region="eu-west-3"))
    assert environment("dev", samconfig=samconfig).aws.session.region_name == "eu-west-3"


def test_an_unknown_profile_is_reported(machine: pytest.MonkeyPatch, samconfig: Path) -> None:
    samconfig.write_text(dev(stack_name="shop", profile="nobody"))
    with pytest.raises(ProfileNotFound):
        environment("dev", samconfig=samconfig)


def test_a_local_stack_needs_no_credentials(stack_file: Path) -> None:
    found = environment("local", stack_file=stack_file)
    credentials = found.aws.session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == LOCAL_ACCESS_KEY
    assert found.aws.session.region_name == "eu-west-1"
    assert found.local is not None
    assert found.local.stripe_api_key == KEY


def without(name: str) -> str:
    return json.dumps({key: value for key, value in FACTS.items() if key != name})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not complete: stop `make dev`, and start it again."),
        ("{", "is not complete: stop"),
        (json.dumps(FACTS)[:-40], "is not complete: stop"),
        ("[]", "is not complete: stop"),
        ("\N{NO-BREAK SPACE}", "is not complete: stop"),
        (without("region"), "is not complete (region): stop"),
        (without("aws_endpoint_url"), "is not complete (aws_endpoint_url): stop"),
        (json.dumps(FACTS | {"stripe_api_key": [KEY]}), "is not complete (stripe_api_key): stop"),
    ],
)
def test_a_malformed_file_of_the_local_stack_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], stack_file: Path, text: str, reason: str
) -> None:
    stack_file.write_text(text)
    called = call(capsys, "doctor", "--env", "local", "--stack-file", str(stack_file))
    assert called.exit_code == 1
    [line] = called.progress.splitlines()
    assert reason in line
    assert KEY not in line


def test_no_running_local_stack_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    called = call(capsys, "doctor", "--env=local", f"--stack-file={tmp_path / 'none.json'}")
    expected = "Error: No local stack is running: start one with `make dev`.\n"
    assert (called.exit_code, called.progress) == (1, expected)


def test_a_new_signing_secret_is_noted_beside_the_other_facts(stack_file: Path) -> None:
    environment("local", stack_file=stack_file).note_signing_secret("whsec_new")
    noted: dict[str, Any] = json.loads(stack_file.read_text())
    assert noted == FACTS | {"webhook_secret": "whsec_new"}


def test_a_local_stack_that_stopped_meanwhile_is_reported(stack_file: Path) -> None:
    found = environment("local", stack_file=stack_file)
    stack_file.unlink()
    with pytest.raises(OpsError, match="No local stack is running"):
        found.note_signing_secret("whsec_new")
    assert not stack_file.exists()


def test_a_secret_of_a_stack_in_aws_is_noted_nowhere(
    machine: pytest.MonkeyPatch, samconfig: Path, stack_file: Path
) -> None:
    samconfig.write_text(dev(stack_name="shop", region="eu-west-1"))
    found = environment("dev", stack_file=stack_file, samconfig=samconfig)
    found.note_signing_secret("whsec_new")
    assert "whsec_new" not in stack_file.read_text()

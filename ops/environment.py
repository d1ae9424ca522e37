"""The stack of a command: `--env ENV` is a section of samconfig.toml.

`local` has the addresses of the running `make dev`, from .local/stack.json; the others are in AWS,
reached with the AWS SDK's own settings for credentials and region.
"""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ops.aws import Aws
from ops.errors import OpsError, UsageError

ROOT = Path(__file__).resolve().parent.parent
SAMCONFIG = ROOT / "samconfig.toml"
STACK_FILE = ROOT / ".local" / "stack.json"
LOCAL = "local"
# The only ones that the local AWS accepts (local/cloud/aws.py).
LOCAL_ACCESS_KEY = LOCAL_SECRET_KEY = "test"  # noqa: S105


class _Facts(BaseModel):
    """The fields read from .local/stack.json."""

    model_config = ConfigDict(strict=True, frozen=True)

    api_url: str
    webhook_url: str
    stripe_url: str
    stripe_api_key: str = Field(repr=False)
    aws_endpoint_url: str
    region: str


@dataclass(frozen=True)
class LocalAddresses:
    """The addresses of a local cloud; its stack's outputs have AWS's host names instead.

    `stripe_api_key` is that of the local Stripe simulator, or the developer's own test key.
    """

    file: Path
    api_url: str
    webhook_url: str
    stripe_url: str
    stripe_api_key: str = field(repr=False)


@dataclass(frozen=True)
class Environment:
    """`local` is None for a stack in AWS."""

    name: str
    stack_name: str
    aws: Aws
    local: LocalAddresses | None = None

    @property
    def stripe_url(self) -> str | None:
        """The address of Stripe's API; None for Stripe itself."""
        return self.local.stripe_url if self.local else None

    def note_signing_secret(self, secret: str) -> None:
        """Update .local/stack.json, whose readers sign events themselves."""
        if self.local is None:
            return
        _read_facts(self.local.file)
        facts = json.loads(self.local.file.read_text()) | {"webhook_secret": secret}
        self.local.file.write_text(json.dumps(facts, indent=2) + "\n")


def environment(
    name: str, *, stack_file: Path = STACK_FILE, samconfig: Path = SAMCONFIG
) -> Environment:
    """Read an environment; raise UsageError for an unknown one, OpsError for one not running."""
    settings = _settings(name, samconfig)
    stack_name = settings.get("stack_name")
    if not isinstance(stack_name, str):
        raise UsageError(f"Set stack_name in [{name}.deploy.parameters] of {samconfig.name}.")
    if name == LOCAL:
        return _local(stack_name, stack_file)
    session = boto3.Session(
        region_name=settings.get("region"), profile_name=settings.get("profile")
    )
    if session.region_name is None:
        raise UsageError(
            f"No region: set AWS_DEFAULT_REGION, or region in [{name}.deploy.parameters] of "
            f"{samconfig.name}."
        )
    return Environment(name, stack_name, Aws(session))


def _settings(name: str, samconfig: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(samconfig.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{samconfig} can't be read: {error}") from None
    environments = {
        key: section["deploy"].get("parameters", {})
        for key, section in document.items()
        if isinstance(section, dict) and isinstance(section.get("deploy"), dict)
    }
    if name not in environments:
        known = ", ".join(environments)
        raise UsageError(f"{samconfig.name} has no environment {name!r}: use one of {known}.")
    found: dict[str, Any] = environments[name]
    return found


def _local(stack_name: str, stack_file: Path) -> Environment:
    facts = _read_facts(stack_file)
    session = boto3.Session(
        aws_access_key_id=LOCAL_ACCESS_KEY,
        aws_secret_access_key=LOCAL_SECRET_KEY,
        region_name=facts.region,
    )
    addresses = LocalAddresses(
        file=stack_file,
        api_url=facts.api_url,
        webhook_url=facts.webhook_url,
        stripe_url=facts.stripe_url,
        stripe_api_key=facts.stripe_api_key,
    )
    return Environment(LOCAL, stack_name, Aws(session, facts.aws_endpoint_url), addresses)


def _read_facts(stack_file: Path) -> _Facts:
    """Read the file that `make dev` wrote; raise OpsError, without any of its values."""
    try:
        return _Facts.model_validate_json(stack_file.read_bytes())
    except FileNotFoundError:
        raise OpsError("No local stack is running: start one with `make dev`.") from None
    except ValidationError as error:
        wrong = ", ".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        raise OpsError(
            f"{stack_file} is not complete{wrong and f' ({wrong})'}: stop `make dev`, and start "
            "it again."
        ) from None

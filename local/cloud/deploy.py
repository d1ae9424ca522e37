"""`sam deploy` to the local AWS."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.cloud.aws import LocalAws
from local.cloud.http_api_settings import import_http_api
from local.machine.processes import run_logged
from local.paths import ROOT, SAM

STACK_NAME = "checkout-local"  # samconfig.toml, [local.deploy.parameters]
# MiniStack's own tag (1.5.33) gives the API the same id at each start, so that a frontend's
# settings stay valid. It is a tag of the stack, because SAM writes an HTTP API's tags into its
# OpenAPI body.
API_ID_TAGS = ("--tags", "ms-custom-id=00000001")


@dataclass(frozen=True)
class Deployed:
    """The stack's addresses on MiniStack: by path, on MiniStack's port."""

    api_url: str
    webhook_url: str
    orders_table: str
    secret_id: str
    topic_arn: str


def deploy(
    template: Path,
    parameters: Mapping[str, str],
    aws: LocalAws,
    run: Path,
    on_line: Callable[[str], None],
) -> Deployed:
    copy = copy_with_parameters(template, parameters, run)
    sam_deploy(copy, ROOT / "samconfig.toml", aws, on_line, *API_ID_TAGS)
    api_id = import_http_api(aws, STACK_NAME)
    outputs = stack_outputs(aws)
    webhook_id = outputs["WebhookUrl"].removeprefix("https://").partition(".")[0]
    return Deployed(
        api_url=f"{aws.endpoint_url}/_aws/execute-api/{api_id}",
        webhook_url=f"{aws.endpoint_url}/_aws/lambda-url/{webhook_id}/",
        orders_table=outputs["OrdersTableName"],
        secret_id=outputs["StripeSecretArn"],
        topic_arn=outputs["OrderEventsTopicArn"],
    )


def sam_deploy(
    template: Path, samconfig: Path, aws: LocalAws, on_line: Callable[[str], None], *options: str
) -> None:
    """Deploy with the section `local` of a samconfig.toml; write the log beside the template."""
    run_logged(
        "sam deploy",
        [
            *(SAM, "deploy", "--template-file", template),
            *("--config-file", samconfig, "--config-env", "local"),
            *options,
        ],
        log=template.with_name("sam-deploy.log"),
        # Seconds between two polls of the stack; the default is 5 s.
        env=aws.environment() | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"},
        on_line=on_line,
    )


def copy_with_parameters(template: Path, parameters: Mapping[str, str], folder: Path) -> Path:
    copy = folder / "template.yaml"
    copy.write_text(yaml.safe_dump(with_parameters(template, parameters), sort_keys=False))
    return copy


def with_parameters(template: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the built template with other parameter defaults and with absolute paths.

    MiniStack (1.5.33) passes no parameters to the SAM transform, which then uses the defaults in
    the properties that it reads itself, such as the allowed origins. `--parameter-overrides` would
    only affect the others.
    """
    document: dict[str, Any] = yaml.safe_load(template.read_text())
    for name, value in parameters.items():
        document["Parameters"][name]["Default"] = value
    for resource in document["Resources"].values():
        for key in resource["Properties"].keys() & {"CodeUri", "ContentUri"}:
            resource["Properties"][key] = str(template.parent / resource["Properties"][key])
    return document


def stack_outputs(aws: LocalAws, stack_name: str = STACK_NAME) -> dict[str, str]:
    stacks = aws.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def put_secret(
    aws: LocalAws, secret_id: str, *, api_key: str, signing_secrets: Sequence[str]
) -> None:
    value = {"stripe_api_key": api_key, "webhook_signing_secrets": list(signing_secrets)}
    aws.secrets.put_secret_value(SecretId=secret_id, SecretString=json.dumps(value))

"""What `aws cloudformation deploy` makes of the template, by the library that does it there too."""

import atexit
import json
import subprocess
from functools import cache

import pytest

from local.paths import SAM
from tests.support.documents import Json
from tests.support.stack import load_template

ORIGINS = ["https://shop.example", "https://www.shop.example"]
TRANSFORM = """
import json, sys
import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

session = boto3.Session(region_name="us-east-1")
for line in sys.stdin:
    template, parameters = json.loads(line)
    translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=session)
    print(json.dumps(translator.translate(template, parameter_values=parameters)), flush=True)
"""


def transformed_template(
    code: str = "s3://bucket/functions", layer: str = "s3://bucket/layer", **parameters: str
) -> Json:
    """Return the template with `code` and `layer` uploaded under names made of their digests."""
    template: Json = json.loads(_transformed(code, layer, tuple(parameters.items())))
    return template


def provider_schema(kind: str) -> Json:
    """Give CloudFormation's schema of a resource type, as cfn-lint ships it."""
    # It takes three seconds to import, which every worker would pay at collection.
    from cfnlint.schema import (  # type: ignore[import-untyped]  # noqa: PLC0415
        PROVIDER_SCHEMA_MANAGER,
    )

    schema: Json = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return schema


def transformed_resources(**given: str) -> Json:
    resources: Json = transformed_template(**given)["Resources"]
    return resources


@pytest.fixture(scope="module")
def transformed() -> Json:
    return transformed_resources()


@cache
def _transformed(code: str, layer: str, given: tuple[tuple[str, str], ...]) -> str:
    template = load_template()
    template["Globals"]["Function"]["CodeUri"] = code
    template["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = layer
    # CloudFormation hands SAM a list parameter as a list.
    parameters = {"AllowedOrigins": ORIGINS, **dict(given)}
    translator = _translator()
    assert translator.stdin is not None
    assert translator.stdout is not None
    translator.stdin.write(f"{json.dumps([template, parameters])}\n")
    translator.stdin.flush()
    return translator.stdout.readline()


@cache
def _translator() -> subprocess.Popen[str]:
    """SAM's translator in a process of its own, since its libraries are not ours: it takes a second
    to start, and ends with this one.
    """
    process = subprocess.Popen(
        [SAM.parent / "python", "-c", TRANSFORM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


def of_type(resources: Json, kind: str) -> dict[str, Json]:
    return {
        name: resource.get("Properties", {})
        for name, resource in resources.items()
        if resource["Type"] == kind
    }

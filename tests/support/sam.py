"""Transforms the template as `aws cloudformation deploy` does, with the same library."""

import atexit
import hashlib
import json
import os
import subprocess
from functools import cache

import pytest

from local.paths import LOCAL, SAM
from tests.support.documents import Json
from tests.support.stack import load_template

TRANSFORMED = LOCAL / "cache" / "transformed"
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
    """Transform once for all workers: SAM takes two seconds."""
    template = load_template()
    template["Globals"]["Function"]["CodeUri"] = code
    template["Resources"]["CommonLayer"]["Properties"]["ContentUri"] = layer
    # CloudFormation passes a list parameter to SAM as a list.
    parameters = {"AllowedOrigins": ORIGINS, **dict(given)}
    asked = json.dumps([template, parameters])
    # SAM, as installed by local/bootstrap.py, and the program decide too.
    installed = (SAM.parent.parent / "installed").read_text()
    digest = hashlib.sha256(f"{installed}{TRANSFORM}{asked}".encode()).hexdigest()
    kept = TRANSFORMED / f"{digest}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(_translated(asked))
        unfinished.rename(kept)
    return kept.read_text()


def _translated(asked: str) -> str:
    translator = _translator()
    assert translator.stdin is not None
    assert translator.stdout is not None
    translator.stdin.write(f"{asked}\n")
    translator.stdin.flush()
    line = translator.stdout.readline()
    assert line, "SAM can't transform the template: see its error above"
    return line


@cache
def _translator() -> subprocess.Popen[str]:
    """Start SAM's translator in a process with SAM's libraries. It takes a second to start, and
    ends with this process.
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

"""Deploys the create function with another options file."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from local.cloud.invocations import physical_name
from ops.functions import ALIAS
from tests.integration.world import World

FILE = "options/local.json"


@contextmanager
def deployed_with(world: World, options: dict[str, Any]) -> Iterator[None]:
    functions = world.stack.aws.functions
    name = physical_name(world.stack.aws, "CreateSessionFunction")
    version = functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
    location = functions.get_function(FunctionName=name)["Code"]["Location"]
    before = httpx.get(location).raise_for_status().content
    published = functions.update_function_code(
        FunctionName=name, ZipFile=with_file(before, json.dumps(options)), Publish=True
    )
    functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=published["Version"])
    try:
        yield
    finally:
        functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
        functions.update_function_code(FunctionName=name, ZipFile=before)


def with_file(archive: bytes, content: str) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as theirs, zipfile.ZipFile(changed, "w") as ours:
        for entry in theirs.infolist():
            ours.writestr(entry, content if entry.filename == FILE else theirs.read(entry))
    return changed.getvalue()

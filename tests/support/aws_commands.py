"""The lines of the docs that call the AWS CLI, as the calls of botocore that the CLI makes of them.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-types.html
"""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.validate import ParamValidator

from tests.support.documents import Json
from tests.support.stack import ROOT

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import Shape

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/*.md")]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Of the CLI itself, with a value.
OF_THE_CLI = {"--query", "--output", "--region", "--profile"}
SESSION = botocore.session.Session()


def shell_lines(document: Path) -> list[str]:
    """Return the commands of a document's blocks, each on one line."""
    blocks = BLOCK.findall(document.read_text())
    return [line for block in blocks for line in block.replace("\\\n", "").splitlines() if line]


def aws_lines() -> list[str]:
    lines = (line for document in sorted(DOCUMENTS) for line in shell_lines(document))
    return sorted({line for line in lines if line.startswith("aws ")})


@dataclass(frozen=True)
class AwsCall:
    """`waiter` is the name of what is waited for, where the command is `aws SERVICE wait NAME`."""

    service: str
    method: str
    arguments: Json
    waiter: str | None = None

    def run(self, client: "BaseClient") -> Json:
        if self.waiter:
            client.get_waiter(self.waiter).wait(**self.arguments)
            return {}
        response: Json = getattr(client, self.method)(**self.arguments)
        return response


def parsed(line: str) -> AwsCall:
    """Read a command; raise ValueError for one that the CLI would refuse."""
    _, service, operation, *rest = shlex.split(line)
    client = client_of(service)
    waiter = None
    if operation == "wait":
        waiter, *rest = rest
        waiter = waiter.replace("-", "_")
        operation = _waited_for(service, waiter)
    method = operation.replace("-", "_")
    if method not in client.meta.method_to_api_mapping:
        raise ValueError(f"{service} has no operation {operation}")
    name = client.meta.method_to_api_mapping[method]
    shape: Any = client.meta.service_model.operation_model(name).input_shape
    arguments = dict(_arguments(shape, rest))
    report = ParamValidator().validate(arguments, shape)
    if report.has_errors():
        raise ValueError(f"{line}: {report.generate_report()}")
    return AwsCall(service, method, arguments, waiter)


def _waited_for(service: str, waiter: str) -> str:
    model = SESSION.get_waiter_model(service)
    for name in model.waiter_names:
        if botocore.xform_name(name) == waiter:
            return str(botocore.xform_name(model.get_waiter(name).operation))
    raise ValueError(f"{service} has no waiter {waiter}")


def client_of(service: str) -> "BaseClient":
    return SESSION.create_client(
        service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    )


def _arguments(shape: Any, words: list[str]) -> Iterator[tuple[str, object]]:  # noqa: ANN401  (as below)
    members: dict[str, Shape] = shape.members if shape else {}
    options = {f"--{botocore.xform_name(name, '-')}": name for name in members}
    remaining = list(words)
    while remaining:
        option = remaining.pop(0)
        if option in OF_THE_CLI:
            remaining.pop(0)
            continue
        negated = option.startswith("--no-") and option not in options
        name = options.get(option.replace("--no-", "--", 1) if negated else option)
        if name is None:
            raise ValueError(f"there is no option {option}: use {', '.join(options)}")
        if members[name].type_name == "boolean":
            yield name, not negated
            continue
        values = []
        while remaining and not remaining[0].startswith("--"):
            values.append(remaining.pop(0))
        yield name, _value(members[name], values)


def _value(shape: Any, values: list[str]) -> object:  # noqa: ANN401  (botocore's own shapes)
    """Return the value of an option's words: JSON, or the CLI's shorthand (a=b,c=d)."""
    first = values[0]
    if first.startswith(("{", "[")):
        return json.loads(first)
    match shape.type_name:
        case "list":
            return [_value(shape.member, [value]) for value in values]
        case "structure":
            pairs = dict(pair.split("=", 1) for pair in first.split(","))
            unknown = pairs.keys() - shape.members.keys()
            if unknown:
                raise ValueError(f"{shape.name} has no {', '.join(unknown)}")
            return {key: _value(shape.members[key], [value]) for key, value in pairs.items()}
        case "integer" | "long":
            return int(first)
        case "boolean":
            return first == "true"
        case _:
            return first

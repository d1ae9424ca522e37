"""Reduces botocore's service models to the operations used: python reduce_models.py SITE

Services that are not called are removed from its data and from boto3's. Beside the data of the
others, which stays as it is, the package gets models of the operations that are called, with the
shapes that these reach, and the endpoints of these services: a start reads no more
(docs/performance.md).
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# A test compares them with the roles in template.yaml.
OPERATIONS = {
    "dynamodb": ("GetItem", "PutItem", "Query", "UpdateItem"),
    "secretsmanager": ("GetSecretValue",),
    "sns": ("Publish",),
    "sqs": ("SendMessage",),
}
MODEL = "service-2"
ENDPOINTS = "endpoint-rule-set-1"

type Json = dict[str, Any]


def main(site: Path) -> None:
    data, package = site / "botocore" / "data", site / "checkout" / "aws"
    for folder in (*data.iterdir(), *(site / "boto3" / "data").iterdir()):
        if folder.is_dir() and folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    endpoints = json.loads((data / "endpoints.json").read_text())
    (package / "endpoints").mkdir(parents=True)
    write(package / "endpoints" / "endpoints.json", endpoints_of(OPERATIONS, endpoints))
    for service, operations in OPERATIONS.items():
        version = latest(data / service)
        target = package / "models" / service / version.name
        target.mkdir(parents=True)
        write(target / f"{MODEL}.json", reduced(read(version / f"{MODEL}.json.gz"), operations))
        # Complete, but decompressed to save time at the start.
        write(target / f"{ENDPOINTS}.json", read(version / f"{ENDPOINTS}.json.gz"))


def latest(service: Path) -> Path:
    """Return the folder of the API version that botocore chooses: the greatest with a model."""
    return max(folder for folder in service.iterdir() if (folder / f"{MODEL}.json.gz").is_file())


def reduced(model: Json, operations: tuple[str, ...]) -> Json:
    """Return the model reduced to these operations and the shapes they use, without documentation.

    https://github.com/boto/botocore/blob/develop/botocore/model.py
    """
    called = {name: model["operations"][name] for name in operations}
    reached: set[str] = set()
    waiting = set(shapes_of(called))
    while waiting:
        shape = waiting.pop()
        reached.add(shape)
        waiting |= set(shapes_of(model["shapes"][shape])) - reached
    shapes = {name: shape for name, shape in model["shapes"].items() if name in reached}
    parts = {name: part for name, part in model.items() if name in {"version", "metadata"}}
    # A client context parameter configures the endpoint's rules.
    parts |= {name: part for name, part in model.items() if name == "clientContextParams"}
    model = undocumented(parts | {"operations": called, "shapes": shapes})
    return model


def endpoints_of(services: Iterable[str], endpoints: Json) -> Json:
    """Return every partition and region, with the endpoints of some services."""
    partitions = [
        partition | {"services": {name: partition["services"][name] for name in services}}
        for partition in endpoints["partitions"]
    ]
    return endpoints | {"partitions": partitions}


def shapes_of(part: object) -> Iterator[str]:
    """Yield the names of the shapes that a part of a model refers to."""
    if isinstance(part, Mapping):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from shapes_of(one)


def undocumented(part: Any) -> Any:  # noqa: ANN401  (a part of a JSON document)
    """Remove each `documentation` that is a string; a member of that name is a mapping."""
    if isinstance(part, dict):
        return {
            name: undocumented(value)
            for name, value in part.items()
            if not (name == "documentation" and isinstance(value, str))
        }
    return [undocumented(one) for one in part] if isinstance(part, list) else part


def read(path: Path) -> Json:
    with gzip.open(path) as file:
        document: Json = json.load(file)
    return document


def write(path: Path, document: Json) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

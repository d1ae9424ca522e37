"""openapi.yaml, and whether a request or a response is as it says."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from local.paths import CONTRACT
from tests.support.documents import Json

URI = "urn:openapi"
METHODS = ("get", "post")
# Each operation's function, by the folder of its handler.
FUNCTIONS = {
    "createCheckout": "create_session",
    "createTrustedCheckout": "create_session",
    "confirmPayment": "confirm_payment",
    "receiveStripeEvent": "stripe_webhook",
    "listPrices": "list_prices",
}


@cache
def document() -> Json:
    read: Json = yaml.safe_load(CONTRACT.read_text())
    return read


@cache
def operations() -> dict[str, Json]:
    """Return each operation by its id, with its `route`: `POST /checkout/sessions`."""
    return {
        operation["operationId"]: operation | {"route": f"{method.upper()} {path}"}
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def operation_of(function: str, route: str) -> str:
    """Return the function's operation for the request's route, or its first one."""
    own = [one for one, name in FUNCTIONS.items() if name == function]
    return next((one for one in own if operations()[one]["route"] == route), own[0])


def resolved(part: Json) -> Json:
    """Return what a `$ref` of the document leads to, or the part itself."""
    if "$ref" not in part:
        return part
    found: Any = document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return resolved(found)


def schema(name: str) -> Json:
    found: Json = document()["components"]["schemas"][name]
    return found


def violations(value: object, schema_of_it: Json) -> list[str]:
    """Say where a value is not as a schema of the document says."""
    registry = Registry().with_resource(URI, DRAFT202012.create_resource(document()))
    # The schema's references are the document's.
    absolute = _with_absolute_references(schema_of_it)
    validator = Draft202012Validator(absolute, registry=registry)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def assert_as_documented(
    operation: str, status: int, headers: Mapping[str, str], body: object
) -> None:
    """Check a response: its status, its content type, its headers, and its body."""
    responses = operations()[operation]["responses"]
    assert str(status) in responses, f"{operation} documents no {status}"
    response = resolved(responses[str(status)])
    media_type = headers["content-type"].partition(";")[0]
    assert media_type in response["content"], f"{operation} {status} has no {media_type}"
    assert violations(body, response["content"][media_type]["schema"]) == []
    for name, declared in response.get("headers", {}).items():
        _assert_header(name, resolved(declared), headers.get(name))


def problems(operation: str) -> Iterator[tuple[int, Json]]:
    """Yield the problems that an operation documents, each with its status, as schemas."""
    for status, declared in operations()[operation]["responses"].items():
        content = resolved(declared)["content"].get("application/problem+json")
        if content:
            for one in content["schema"].get("oneOf", [content["schema"]]):
                yield int(status), resolved(one)


def _assert_header(name: str, declared: Json, value: str | None) -> None:
    if value is None:
        assert not declared["required"], f"{name} is missing"
        return
    typed = int(value) if declared["schema"].get("type") == "integer" else value
    assert violations(typed, declared["schema"]) == [], name


def _with_absolute_references(part: Any) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(part, dict):
        absolute = {name: _with_absolute_references(value) for name, value in part.items()}
        if "$ref" in part:
            absolute["$ref"] = f"{URI}{part['$ref']}"
        return absolute
    return [_with_absolute_references(one) for one in part] if isinstance(part, list) else part

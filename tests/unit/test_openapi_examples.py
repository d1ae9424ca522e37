"""The examples of openapi.yaml and of the README fit openapi.yaml."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from checkout.api.http import INTERNAL, INTERNAL_PROBLEM, PROBLEMS
from tests.support import contract
from tests.support.documents import Json
from tests.support.stack import ROOT

README = (ROOT / "README.md").read_text()
SLUG = "urn:problem-type:checkout:"
CALL = re.compile(r"```sh\n(?P<command>curl .*?)```\n```json\n(?P<response>.*?)```", re.DOTALL)
README_PATHS = {
    "/checkout/prices": "listPrices",
    "/checkout/sessions": "createCheckout",
    "/checkout/sessions/$SESSION_ID/confirm": "confirmPayment",
}
CALLS = [(one["command"], one["response"]) for one in CALL.finditer(README)]


def examples(part: Any, path: str = "") -> Iterator[tuple[str, Any, Json]]:  # noqa: ANN401  (JSON)
    """Yield each example of a part of the document, with its place and its schema."""
    if isinstance(part, dict):
        if "schema" in part:
            named = {name: one["value"] for name, one in part.get("examples", {}).items()}
            single = {"example": part["example"]} if "example" in part else {}
            for name, value in (named | single).items():
                yield f"{path}/{name}", value, part["schema"]
        for name, value in part.items():
            yield from examples(value, f"{path}/{name}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from examples(value, f"{path}/{index}")


EXAMPLES = list(examples(contract.document()))


@pytest.mark.parametrize(
    ("value", "schema"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES]
)
def test_an_example_fits_its_schema(value: object, schema: Json) -> None:
    assert contract.violations(value, schema) == []


def test_each_body_has_an_example() -> None:
    for operation in contract.operations().values():
        for response in map(contract.resolved, operation["responses"].values()):
            content = response["content"]
            assert any("example" in one or "examples" in one for one in content.values())
    assert any("requestBody" in place for place, _, _ in EXAMPLES)


@pytest.mark.parametrize(("command", "response"), CALLS)
def test_a_call_of_the_readme_is_as_documented(command: str, response: str) -> None:
    path = re.search(r'"\$API_URL(?P<path>[^"]*)"', command)
    assert path is not None
    operation = README_PATHS[path["path"]]
    status = {"createCheckout": 201}.get(operation, 200)
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    if operation == "listPrices":
        headers |= {"cache-control": "max-age=60", "vary": "origin"}
    contract.assert_as_documented(operation, status, headers, json.loads(response))
    if body := re.search(r"--data '(?P<body>.*?)'", command, re.DOTALL):
        wanted = contract.schema("CheckoutRequest")
        assert contract.violations(json.loads(body["body"]), wanted) == []


def test_the_readmes_problem_is_as_documented() -> None:
    shown = re.search(r"problem\+json`:\n\n```json\n(?P<problem>.*?)```", README, re.DOTALL)
    assert shown is not None
    problem = json.loads(shown["problem"])
    assert contract.violations(problem, contract.schema("InvalidRequest")) == []


def test_examples_of_problems_have_the_titles_of_the_service() -> None:
    titles = {f"{SLUG}{slug}": title for _, slug, title in (*PROBLEMS.values(), INTERNAL_PROBLEM)}
    shown = {
        example["type"]: example["title"]
        for _, example, _ in examples(contract.document())
        if "title" in example
    }
    assert shown == titles


def test_the_internal_errors_text_is_the_services() -> None:
    [shown] = {
        example["detail"]
        for _, example, _ in examples(contract.document())
        if isinstance(example, dict) and example.get("type") == f"{SLUG}{INTERNAL_PROBLEM[1]}"
    }
    assert shown == INTERNAL
    assert "try again" not in shown

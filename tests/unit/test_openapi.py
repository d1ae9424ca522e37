"""openapi.yaml says what the models, the problems, the template and the README say."""

import json
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from typing import Any

import pytest

from checkout.api.http import INTERNAL_PROBLEM, PROBLEMS
from checkout.api.models import MAX_ERRORS, CheckoutRequest
from checkout.api.trusted import TrustedRequest
from checkout.checkouts import IDEMPOTENCY_KEY, StartedCheckout
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import InvalidRequest
from checkout.price_list import MAX_PAGES
from checkout.stripe.api import PAGE
from checkout.stripe.readers import RESERVED_METADATA
from checkout.webhook import SIGNATURE_HEADER
from tests.support import contract
from tests.support.documents import Json
from tests.support.stack import HANDLERS, load_template

ABSENT = "absent"
URL = "https://shop.example/thanks"
SLUG = "urn:problem-type:checkout:"


def plain(schema: Json, definitions: Json) -> Json:
    """Return a schema of pydantic's as the file writes it: no titles, null among the types."""
    schema = {name: value for name, value in schema.items() if name not in {"title", "default"}}
    if "anyOf" in schema and "$ref" not in schema["anyOf"][0]:
        value, null = schema.pop("anyOf")
        assert null == {"type": "null"}
        schema |= plain(value, definitions) | {"type": [value["type"], "null"]}
    if "patternProperties" in schema:
        [(pattern, value)] = schema.pop("patternProperties").items()
        schema["additionalProperties"] = value
        schema["propertyNames"] = schema["propertyNames"] | {"pattern": pattern}
    return schema


def described(schema: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return a schema without what is for readers, and with pydantic's names of its parts."""
    if isinstance(schema, list):
        return [described(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        name: described(value)
        for name, value in schema.items()
        if not (name in {"description", "title"} and isinstance(value, str))
    }
    if "$ref" in kept:
        kept["$ref"] = kept["$ref"].replace("#/components/schemas/", "#/$defs/")
    return kept


# Requests


PUBLIC = ("CheckoutRequest", "Item", "Locale", "UiMode")
OF_TRUSTED = ("TrustedItem", "PriceData", "ProductData", "AdjustableQuantity", "Discount")


@pytest.mark.parametrize("name", [*PUBLIC, "TrustedRequest", *OF_TRUSTED])
def test_a_request_is_the_models_own(name: str) -> None:
    model = CheckoutRequest if name in PUBLIC else TrustedRequest
    whole = model.model_json_schema()
    definitions = whole.pop("$defs")
    theirs = definitions.get(name, whole)
    ours = described(contract.schema(name))
    # What pydantic checks by code, and puts in no schema.
    ours.pop("oneOf", None)
    for field in ours.get("properties", {}).values():
        reserved = field.get("propertyNames", {}).pop("not", None)
        assert reserved is None or set(reserved["enum"]) == RESERVED_METADATA
    if "properties" in theirs:
        theirs["properties"] = {
            key: plain(value, definitions) for key, value in theirs["properties"].items()
        }
    assert ours == described(theirs)


def bodies() -> Iterator[Json]:
    """Yield requests with each combination of the fields that depend on one another."""
    urls = (ABSENT, None, URL)
    modes = (ABSENT, None, "hosted_page", "embedded_page", "elements")
    names = ("ui_mode", "success_url", "cancel_url", "return_url")
    for values in product(modes, urls, urls, urls):
        given = zip(names, values, strict=True)
        yield {"items": [{"price": "price_1", "quantity": 1}]} | dict(given)
    for price, key in product((ABSENT, None, "price_1"), (ABSENT, None, "mug")):
        yield {"items": [{"price": price, "lookup_key": key, "quantity": 1}]}


def sent(value: Any) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, dict):
        return {name: sent(each) for name, each in value.items() if each != ABSENT}
    return [sent(one) for one in value] if isinstance(value, list) else value


def is_accepted(body: Json) -> bool:
    try:
        CheckoutRequest.from_json(json.dumps(body).encode())
    except InvalidRequest:
        return False
    return True


def test_fields_that_depend_on_one_another_do_so_in_the_file() -> None:
    wanted = contract.schema("CheckoutRequest")
    outcomes = {True: 0, False: 0}
    for body in map(sent, bodies()):
        accepted = is_accepted(body)
        assert (contract.violations(body, wanted) == []) is accepted, body
        outcomes[accepted] += 1
    assert min(outcomes.values()) > 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"metadata": {"order_id": "x"}},
        {"metadata": {"a[b]": "x"}},
        {"metadata": {"a": 1}},
        {"amount": 1},
        {"replaces": "x" * 256},
        {"ui_mode": "form"},
        {"locale": "xx"},
        {"items": []},
    ],
)
def test_what_the_model_refuses_the_file_refuses(wrong: Json) -> None:
    body = {"items": [{"price": "price_1", "quantity": 1}]} | wrong
    assert not is_accepted(body)
    assert contract.violations(body, contract.schema("CheckoutRequest"))


def test_headers_have_the_patterns_that_the_service_checks() -> None:
    parameters = {
        one["name"].lower(): one["schema"]["pattern"]
        for operation in contract.operations().values()
        for one in map(contract.resolved, operation.get("parameters", []))
    }
    assert parameters.keys() == {"idempotency-key", "session_id", "stripe-signature"}
    assert parameters["idempotency-key"] == f"^{IDEMPOTENCY_KEY.pattern}$"
    assert parameters["stripe-signature"] == f"^{SIGNATURE_HEADER.pattern}$"


# Responses


def test_each_route_of_the_template_is_documented_and_no_other() -> None:
    resources = load_template()["Resources"]
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": HANDLERS[name]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    documented = {
        contract.operations()[id_]["route"]: function
        for id_, function in contract.FUNCTIONS.items()
    }
    assert documented == routes
    assert contract.FUNCTIONS.keys() == contract.operations().keys()


def test_the_problems_are_those_of_the_service() -> None:
    named = {
        (status, one["properties"]["type"]["const"], one["properties"]["status"]["const"])
        for operation in contract.operations()
        for status, one in contract.problems(operation)
    }
    rows = (*PROBLEMS.values(), INTERNAL_PROBLEM)
    assert named == {(status, f"{SLUG}{slug}", status) for status, slug, _ in rows}


def test_enumerations_and_limits_are_those_of_the_service() -> None:
    assert contract.schema("OrderStatus")["enum"] == list(OrderStatus)
    outcomes = set(Outcome) - {Outcome.UNRESOLVED}
    assert set(contract.schema("Received")["properties"]["outcome"]["enum"]) == outcomes
    assert contract.schema("PriceList")["properties"]["prices"]["maxItems"] == MAX_PAGES * PAGE
    assert contract.schema("InvalidRequest")["properties"]["errors"]["maxItems"] == MAX_ERRORS
    checkout = contract.schema("Checkout")
    assert list(checkout["properties"]) == [field.name for field in fields(StartedCheckout)]
    assert checkout["required"] == list(checkout["properties"])

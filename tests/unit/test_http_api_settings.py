"""The template's copy that is deployed locally, and the API made of its OpenAPI document."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from local.cloud.deploy import with_parameters
from local.cloud.http_api_settings import (
    as_document,
    authorization,
    import_http_api,
    integrated_alias,
)
from tests.support.documents import Json

if TYPE_CHECKING:
    from local.cloud.aws import LocalAws


def operation(alias: str) -> Json:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/functions/${{{alias}}}/invocations"
    return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": {"Fn::Sub": uri}}}


def processed(origins: object) -> Json:
    body = {
        "paths": {
            "/checkout/sessions": {"post": operation("CreateSessionFunctionAliaslive")},
            "/stripe/webhook": {"post": operation("StripeWebhookFunctionAliaslive")},
        },
        "x-amazon-apigateway-cors": {
            "allowOrigins": origins,
            "allowMethods": ["POST"],
            "allowHeaders": ["content-type"],
            "exposeHeaders": ["retry-after"],
            "maxAge": 3600,
        },
    }
    return {"Resources": {"HttpApi": {"Properties": {"Body": body}}}}


@dataclass
class Cloud:
    """The calls of CloudFormation and API Gateway that the import makes."""

    template: object
    routes: dict[str, str] = field(default_factory=dict)
    integrations: dict[str, Json] = field(default_factory=dict)
    cors: Json | None = None

    @property
    def cloudformation(self) -> "Cloud":
        return self

    apigateway = cloudformation

    def get_template(self, **named: str) -> Json:
        assert named == {"StackName": "checkout-local", "TemplateStage": "Processed"}
        return {"TemplateBody": self.template}

    def describe_stack_resources(self, **named: str) -> Json:
        assert named == {"StackName": "checkout-local"}
        ids = {
            "HttpApi": "api1",
            "CreateSessionFunctionAliaslive": "arn:create:live",
            "StripeWebhookFunctionAliaslive": "arn:webhook:live",
        }
        resources = [{"LogicalResourceId": n, "PhysicalResourceId": i} for n, i in ids.items()]
        return {"StackResources": resources}

    def create_integration(self, **named: str) -> Json:
        id_ = f"int{len(self.integrations)}"
        self.integrations[f"integrations/{id_}"] = named
        return {"IntegrationId": id_}

    def create_route(self, **named: str) -> None:
        assert named["ApiId"] == "api1"
        self.routes[named["RouteKey"]] = named["Target"]

    def update_api(self, **named: Any) -> None:  # noqa: ANN401
        assert named.pop("ApiId") == "api1"
        self.cors = named


def imported(template: object) -> Cloud:
    cloud = Cloud(template)
    assert import_http_api(cast("LocalAws", cloud), "checkout-local") == "api1"
    return cloud


def test_each_operation_becomes_a_route_to_its_alias() -> None:
    cloud = imported(processed(["https://shop.example"]))
    reached = {route: cloud.integrations[target] for route, target in cloud.routes.items()}
    assert reached == {
        route: {
            "ApiId": "api1",
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": alias,
            "PayloadFormatVersion": "2.0",
        }
        for route, alias in (
            ("POST /checkout/sessions", "arn:create:live"),
            ("POST /stripe/webhook", "arn:webhook:live"),
        )
    }


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        (["https://a.example", "https://b.example"], ["https://a.example", "https://b.example"]),
        ("https://a.example,https://b.example", ["https://a.example", "https://b.example"]),
        ("https://a.example", ["https://a.example"]),
    ],
)
def test_origins_are_a_list_however_they_were_given(origins: object, expected: list[str]) -> None:
    assert imported(processed(origins)).cors == {
        "CorsConfiguration": {
            "AllowOrigins": expected,
            "AllowMethods": ["POST"],
            "AllowHeaders": ["content-type"],
            "ExposeHeaders": ["retry-after"],
            "MaxAge": 3600,
        }
    }


def test_a_template_may_come_as_text() -> None:
    template = processed(["https://shop.example"])
    assert as_document(json.dumps(template)) == as_document(template) == template
    assert imported(json.dumps(template)).routes == imported(template).routes


def test_an_operation_without_an_alias_is_an_error() -> None:
    integration = {"uri": {"Fn::Sub": "https://elsewhere.example"}}
    with pytest.raises(
        ValueError, match=r"not an integration with a Lambda alias: https://elsewhere"
    ):
        integrated_alias({"x-amazon-apigateway-integration": integration})


BUILT: dict[str, Json] = {
    "Parameters": {
        "AllowedOrigins": {"Type": "CommaDelimitedList", "Default": "http://localhost:3000"},
        "StripeApiBase": {"Type": "String", "Default": ""},
    },
    "Resources": {
        "CreateSessionFunction": {"Properties": {"CodeUri": "CreateSessionFunction", "Timeout": 9}},
        "CommonLayer": {"Properties": {"ContentUri": "CommonLayer"}},
        "OrdersTable": {"Properties": {"BillingMode": "PAY_PER_REQUEST"}},
    },
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    template = tmp_path / "template.yaml"
    template.write_text(yaml.safe_dump(BUILT))
    return template


def test_parameters_become_the_defaults_and_the_others_stay(built: Path) -> None:
    given = with_parameters(built, {"StripeApiBase": "http://127.0.0.1:1"})["Parameters"]
    assert given == {
        "AllowedOrigins": BUILT["Parameters"]["AllowedOrigins"],
        "StripeApiBase": {"Type": "String", "Default": "http://127.0.0.1:1"},
    }


def test_paths_hold_wherever_the_copy_lies(built: Path) -> None:
    assert with_parameters(built, {})["Resources"] == {
        "CreateSessionFunction": {
            "Properties": {"CodeUri": f"{built.parent}/CreateSessionFunction", "Timeout": 9}
        },
        "CommonLayer": {"Properties": {"ContentUri": f"{built.parent}/CommonLayer"}},
        "OrdersTable": BUILT["Resources"]["OrdersTable"],
    }


def test_the_built_template_itself_stays_as_it_is(built: Path) -> None:
    before = built.read_text()
    with_parameters(built, {"StripeApiBase": "http://127.0.0.1:1"})
    assert built.read_text() == before


def test_an_unknown_parameter_is_an_error(built: Path) -> None:
    with pytest.raises(KeyError, match="Misspelt"):
        with_parameters(built, {"Misspelt": "1"})


def test_an_operations_authorizer_is_imported() -> None:
    assert authorization({"security": [{"AWS_IAM": []}]}) == "AWS_IAM"
    assert authorization({}) == "NONE"
    with pytest.raises(ValueError, match="not an authorizer that is imported"):
        authorization({"security": [{"api_key": []}]})

"""Creates the HTTP API's routes and CORS settings, which MiniStack leaves out.

SAM writes an HTTP API as one resource with an OpenAPI `Body`. API Gateway imports the body, but
MiniStack (1.5.33) creates an API without routes. So the document, as processed by CloudFormation,
is read back here, and its routes, integrations and CORS settings are created through API Gateway's
calls.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from local.cloud.aws import LocalAws

API = "HttpApi"
AWS_IAM: Final = "AWS_IAM"
CORS_KEYS = ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders", "MaxAge")


def import_http_api(aws: LocalAws, stack: str) -> str:
    """Create the routes and settings; return the API's id."""
    cloudformation = aws.cloudformation
    template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
    body = as_document(template["TemplateBody"])["Resources"][API]["Properties"]["Body"]
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            alias_arn = ids[integrated_alias(operation)]
            route = f"{method.upper()} {path}"
            add_route(aws, ids[API], route, alias_arn, authorization(operation))
    set_cors(aws, ids[API], body["x-amazon-apigateway-cors"])
    return ids[API]


def as_document(body: str | Mapping[str, Any]) -> dict[str, Any]:
    """Parse a body: boto3 returns a mapping for JSON and a string for anything else."""
    document: dict[str, Any] = json.loads(body) if isinstance(body, str) else dict(body)
    return document


def integrated_alias(operation: dict[str, Any]) -> str:
    """Return the alias' logical id, from `...functions/${CreateSessionFunctionAliaslive}/...`."""
    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    match = re.search(r"functions/\$\{(\w+)\}/", uri)
    if match is None:
        raise ValueError(f"not an integration with a Lambda alias: {uri}")
    return match[1]


def authorization(operation: dict[str, Any]) -> Literal["AWS_IAM", "NONE"]:
    """Return an operation's authorization type; raise ValueError for unsupported authorizers."""
    security = operation.get("security", [])
    if security not in ([], [{AWS_IAM: []}]):
        raise ValueError(f"not an authorizer that is imported: {security}")
    return AWS_IAM if security else "NONE"


def add_route(
    aws: LocalAws,
    api_id: str,
    route_key: str,
    alias_arn: str,
    authorization_type: Literal["AWS_IAM", "NONE"] = "NONE",
) -> None:
    gateway = aws.apigateway
    integration = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=alias_arn,
        PayloadFormatVersion="2.0",
    )
    target = f"integrations/{integration['IntegrationId']}"
    gateway.create_route(
        ApiId=api_id, RouteKey=route_key, Target=target, AuthorizationType=authorization_type
    )


def set_cors(aws: LocalAws, api_id: str, cors: dict[str, Any]) -> None:
    settings: Any = {key: cors[key[0].lower() + key[1:]] for key in CORS_KEYS}
    if isinstance(settings["AllowOrigins"], str):
        # The local transform leaves a list parameter as a string.
        settings["AllowOrigins"] = settings["AllowOrigins"].split(",")
    aws.apigateway.update_api(ApiId=api_id, CorsConfiguration=settings)

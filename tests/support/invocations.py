"""The sample invocations of events/, and what the tests do to them before a handler gets one.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.documents import Json
from tests.support.stack import EVENTS
from tests.support.stripe_objects import signature

type Handler = Callable[[Json, Context], Json]

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@dataclass(frozen=True)
class Context:
    """The context that Lambda passes to a handler."""

    function_name: str = "checkout-function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:checkout-function"
    aws_request_id: str = REQUEST_ID
    milliseconds_left: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds_left


def sample_names(function: str) -> set[str]:
    return {path.stem for path in (EVENTS / function).iterdir()}


def sample(function: str, name: str) -> Json:
    invocation: Json = json.loads((EVENTS / function / f"{name}.json").read_text())
    return invocation


def raw_body(invocation: Json) -> bytes:
    text: str = invocation["body"]
    return base64.b64decode(text) if invocation["isBase64Encoded"] else text.encode()


def with_body(invocation: Json, body: str | bytes) -> Json:
    """Return the invocation with another body; bytes travel as base64."""
    if isinstance(body, bytes):
        encoded = base64.b64encode(body).decode()
        return invocation | {"body": encoded, "isBase64Encoded": True}
    return invocation | {"body": body, "isBase64Encoded": False}


def with_headers(invocation: Json, **headers: str | None) -> Json:
    """Return the invocation with some headers changed, or left out where they are None."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    merged = invocation["headers"] | named
    return invocation | {"headers": {n: value for n, value in merged.items() if value is not None}}


def signed(invocation: Json, *secrets: str, seconds_ago: int = 0) -> Json:
    """Sign the body again: a signature is too old after five minutes."""
    timestamp = int(time.time()) - seconds_ago
    header = signature(raw_body(invocation), *secrets, timestamp=timestamp)
    return with_headers(invocation, stripe_signature=header)


def delivered(name: str) -> Json:
    return signed(sample("stripe_webhook", name))


def assert_response(response: Json, status: int, content_type: str = "application/json") -> Json:
    """Check what all responses have in common, and give the document."""
    assert response["statusCode"] == status, response
    assert response.keys() == {"statusCode", "headers", "body"}
    assert response["headers"]["content-type"] == content_type
    assert response["headers"]["cache-control"] == "no-store"
    retry = {"retry-after"} if status == 503 else set()
    assert response["headers"].keys() == {"content-type", "cache-control"} | retry
    document: Json = json.loads(response["body"])
    return document


def assert_problem(response: Json, status: int, slug: str) -> Json:
    """Check an RFC 9457 problem, and give it."""
    problem = assert_response(response, status, "application/problem+json")
    assert problem.keys() - {"errors"} == {"type", "title", "status", "detail"}
    assert problem["type"] == f"urn:problem-type:checkout:{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem

import base64
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from hypothesis import given
from hypothesis import strategies as st

from checkout import errors
from checkout.api.http import (
    INTERNAL,
    header,
    json_response,
    raw_body,
    require_iam_caller,
    returns_problems,
)
from tests.support.environment import Log

type Problem = tuple[type[errors.CheckoutError], int, str, str]

PRIVATE = "h1dden"
UNDECODABLE = r"^The body can't be decoded\.$"
FIELDS = (
    errors.FieldError("/items/0/price", "no such price"),
    errors.FieldError("", "not an object"),
)


class RefusedInItsOwnWay(errors.StripeUnavailable):
    pass


def response_to(error: Exception) -> dict[str, Any]:
    @returns_problems
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        raise error

    return handler({}, LambdaContext())


def test_a_response_passes_through_as_it_is(log: Log) -> None:
    response = json_response(201, {"order_id": "ord_1"})
    assert returns_problems(lambda _event, _context: response)({}, LambdaContext()) is response
    assert log.entries == []


def test_a_handler_keeps_its_name() -> None:
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        return {}

    assert returns_problems(lambda_handler).__name__ == "lambda_handler"


def test_a_response_is_uncached_json() -> None:
    assert json_response(200, {"received": True}) == {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": '{"received": true}',
    }


CALLERS: list[Problem] = [
    (errors.InvalidRequest, 400, "invalid-request", "The request is not valid"),
    (errors.NotAuthentic, 400, "not-authentic", "Not an authentic delivery"),
    (errors.CallerNotAllowed, 403, "not-allowed", "The caller is not allowed"),
    (errors.SessionNotFound, 404, "session-not-found", "No such session"),
    (errors.PayloadTooLarge, 413, "payload-too-large", "The body is too large"),
    (errors.UnsupportedMediaType, 415, "unsupported-media-type", "The body is not JSON"),
    (errors.IdempotencyMismatch, 422, "idempotency-mismatch", "The Idempotency-Key was used"),
]
PASSING: list[Problem] = [
    (errors.StripeUnavailable, 502, "stripe-unavailable", "Stripe does not respond"),
    (RefusedInItsOwnWay, 502, "stripe-unavailable", "Stripe does not respond"),
    (errors.StripeRateLimited, 503, "rate-limited", "Too many requests"),
    (errors.OrdersUnavailable, 503, "orders-unavailable", "Orders can't be saved just now"),
]
OURS = [
    errors.Misconfigured,
    errors.StripeKeyRefused,
    errors.StripePermissionMissing,
    errors.OrderUnreadable,
    errors.OrderUnwritable,
    errors.StripeRefused,
    errors.UnexpectedStripeObject,
    errors.DependencyFailed,
    errors.CheckoutError,
]


@pytest.mark.parametrize(("kind", "status", "slug", "title"), CALLERS + PASSING)
def test_each_error_is_a_problem_of_its_own(
    log: Log, kind: type[errors.CheckoutError], status: int, slug: str, title: str
) -> None:
    response = response_to(kind("What to do about it."))
    problem = json.loads(response["body"])
    assert response["statusCode"] == status
    assert response["headers"]["content-type"] == "application/problem+json"
    assert response["headers"]["cache-control"] == "no-store"
    assert problem.pop("title").startswith(title)
    assert problem == {
        "type": f"urn:problem-type:checkout:{slug}",
        "status": status,
        "detail": "What to do about it.",
    }
    [entry] = log.entries
    assert (entry["message"], entry["problem"], entry["status"]) == ("refused", slug, status)
    assert entry["reason"] == "What to do about it."


@pytest.mark.parametrize("error", [ValueError(PRIVATE), *(kind(PRIVATE) for kind in OURS)])
def test_only_the_log_has_the_cause_of_an_internal_error(log: Log, error: Exception) -> None:
    response = response_to(error)
    assert response["statusCode"] == 500
    assert response["headers"]["content-type"] == "application/problem+json"
    assert json.loads(response["body"]) == {
        "type": "urn:problem-type:checkout:internal-error",
        "title": "Internal error",
        "status": 500,
        "detail": INTERNAL,
    }
    assert PRIVATE not in json.dumps(response)
    [entry] = log.entries
    assert entry["level"] == "ERROR"
    assert type(error).__name__ in entry["exception"]
    # Texts of other people's exceptions quote what they were given.
    assert (PRIVATE in entry["exception"]) == isinstance(error, errors.CheckoutError)


def test_an_unexpected_error_is_named_in_the_log(log: Log) -> None:
    response_to(RecursionError("too deep"))
    [entry] = log.entries
    assert (entry["message"], entry["error"]) == ("unexpected error", "RecursionError")


def test_every_error_of_the_package_is_distinguished() -> None:
    everything = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.CheckoutError)
    }
    assert everything == {kind for kind, *_ in CALLERS + PASSING} - {RefusedInItsOwnWay} | {*OURS}


@pytest.mark.parametrize(("kind", "status", "slug", "title"), PASSING)
def test_ops_see_where_a_passing_failure_comes_from(
    log: Log, kind: type[errors.CheckoutError], status: int, slug: str, title: str
) -> None:
    response_to(kind("Please try again."))
    [entry] = log.entries
    assert entry["level"] == "ERROR"
    assert "Traceback" in entry["exception"]


@pytest.mark.parametrize(("kind", "status", "slug", "title"), CALLERS)
def test_a_callers_mistake_raises_no_alarm(
    log: Log, kind: type[errors.CheckoutError], status: int, slug: str, title: str
) -> None:
    response_to(kind("What to do about it."))
    [entry] = log.entries
    assert entry["level"] == "INFO"
    assert "exception" not in entry


@pytest.mark.parametrize(("kind", "status", "slug", "title"), CALLERS + PASSING)
def test_503_has_a_retry_after(
    kind: type[errors.CheckoutError], status: int, slug: str, title: str
) -> None:
    headers = response_to(kind("Please try again."))["headers"]
    assert headers.get("retry-after") == ("2" if status == 503 else None)


def test_points_at_each_field_that_is_wrong() -> None:
    response = response_to(errors.InvalidRequest("The body does not match the schema.", FIELDS))
    assert json.loads(response["body"])["errors"] == [
        {"pointer": "/items/0/price", "detail": "no such price"},
        {"pointer": "", "detail": "not an object"},
    ]


def test_what_the_caller_sent_is_not_logged(log: Log) -> None:
    fields = (errors.FieldError(f"/{PRIVATE}", PRIVATE),)
    assert PRIVATE in response_to(errors.InvalidRequest("Not valid.", fields))["body"]
    assert PRIVATE not in log.text


def test_gives_a_header_by_its_lower_case_name() -> None:
    event = {"headers": {"stripe-signature": "t=1"}}
    assert header(event, "stripe-signature") == "t=1"
    assert header(event, "content-type") is None
    assert header({}, "content-type") is None


@pytest.mark.parametrize(
    "event", [{}, {"requestContext": {}}, {"requestContext": {"authorizer": {"iam": None}}}]
)
def test_an_event_without_a_caller_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(errors.CallerNotAllowed):
        require_iam_caller(event)


def encoded(body: bytes) -> dict[str, Any]:
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


@given(st.binary(max_size=64))
def test_gives_the_bytes_that_were_encoded(body: bytes) -> None:
    assert raw_body(encoded(body), at_most=64) == body


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=16))
def test_gives_the_bytes_of_a_text(text: str) -> None:
    assert raw_body({"body": text, "isBase64Encoded": False}, at_most=64) == text.encode()


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": ""}, encoded(b"")])
def test_a_request_may_have_no_body(event: dict[str, Any]) -> None:
    assert raw_body(event, at_most=64) == b""


@pytest.mark.parametrize("at_most", range(1, 8))
def test_the_limit_counts_the_bytes_that_were_sent(at_most: int) -> None:
    body = b"x" * at_most
    assert raw_body({"body": body.decode()}, at_most=at_most) == body
    assert raw_body(encoded(body), at_most=at_most) == body
    for too_large in ({"body": "x" * (at_most + 1)}, encoded(body + b"x"), encoded(body * 3)):
        with pytest.raises(errors.PayloadTooLarge, match=f"larger than {at_most} bytes"):
            raw_body(too_large, at_most=at_most)


def test_the_limit_counts_bytes_and_not_characters() -> None:
    assert raw_body({"body": "é" * 4}, at_most=8) == "éééé".encode()
    with pytest.raises(errors.PayloadTooLarge):
        raw_body({"body": "é" * 4}, at_most=7)


@pytest.mark.parametrize(
    "event", [{"body": "\ud800" * 65}, {"body": "*" * 90} | {"isBase64Encoded": True}]
)
def test_the_size_is_judged_before_anything_is_decoded(event: dict[str, Any]) -> None:
    with pytest.raises(errors.PayloadTooLarge):
        raw_body(event, at_most=64)


@pytest.mark.parametrize("text", ["*", "QQ", "QUJD\n", "QQ==QQ==", "é", "\ud800", "e30=e"])
def test_what_is_no_base64_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=UNDECODABLE):
        raw_body({"body": text, "isBase64Encoded": True}, at_most=64)


def test_a_lone_surrogate_is_the_callers_mistake() -> None:
    with pytest.raises(errors.InvalidRequest, match=UNDECODABLE):
        raw_body({"body": '{"a": "\ud800"}'}, at_most=64)

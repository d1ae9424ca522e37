"""What a function prints under Lambda's own runtime: no personal data, no part of a key."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from checkout.version import VERSION
from tests.support.documents import Json
from tests.support.invocations import sample
from tests.support.stack import API_KEY, LAYER, ROOT

PERSONAL = ("jane", "example.com", "Rosen", "4242")
KEY_PARTS = (API_KEY, API_KEY[-6:], "sk_test")
REFUSED: dict[str, tuple[int, Json]] = {
    "an e-mail address": (
        400,
        {
            "code": "email_invalid",
            "message": "Invalid email address: jane@example.com",
            "param": "customer_email",
            "type": "invalid_request_error",
        },
    ),
    "a part of the key": (
        401,
        {
            "message": f"Invalid API Key provided: sk_test_********{API_KEY[-6:]}",
            "type": "invalid_request_error",
        },
    ),
    "a failure of Stripe's": (
        500,
        {"message": "Jane Rosen's card 4242 of jane@example.com", "type": "api_error"},
    ),
    "too many requests": (
        429,
        {"message": "for jane@example.com", "type": "invalid_request_error"},
    ),
}


def printed(function: str, *responses: tuple[int, Json], **environment: str) -> list[Json]:
    """Return what Lambda would log of an invocation for each response of Stripe's, but metrics."""
    event = sample(
        function, {"create_session": "card_checkout", "confirm_payment": "session"}[function]
    )
    asked = {
        "function": function,
        "invocations": [[event, status, response] for status, response in responses],
        "environment": environment,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.lambda_runtime"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(LAYER)},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert_private([line for line in lines if "_aws" in line])
    return [line for line in lines if "_aws" not in line]


def assert_private(lines: list[Json]) -> None:
    text = json.dumps(lines, ensure_ascii=False)
    assert [one for one in (*PERSONAL, *KEY_PARTS) if one.lower() in text.lower()] == []


@pytest.fixture(scope="module", params=["create_session", "confirm_payment"])
def refused(request: pytest.FixtureRequest) -> dict[str, list[Json]]:
    """Return the log lines of each refusal, all in one container."""
    responses = [(status, {"error": error}) for status, error in REFUSED.values()]
    lines = printed(request.param, *responses)
    number = [line.get("function_request_id") or line["requestId"] for line in lines]
    return {
        kind: [line for line, one in zip(lines, number, strict=True) if one == str(place)]
        for place, kind in enumerate(REFUSED, start=1)
    }


@pytest.mark.parametrize("kind", REFUSED)
def test_what_stripe_quotes_is_not_printed(refused: dict[str, list[Json]], kind: str) -> None:
    status, lines = REFUSED[kind][0], refused[kind]
    assert_private(lines)
    # The refusal itself is: once, by us, and by no library.
    assert {(line["service"], line["version"]) for line in lines} == {("checkout", VERSION)}
    (refusal,) = [line for line in lines if line["message"] == "stripe refused"][-1:]
    assert refusal["stripe_status"] == status
    identities = [(line["timestamp"], line["location"], line["message"]) for line in lines]
    assert len(set(identities)) == len(identities)


def test_a_response_that_breaks_us_is_not_printed() -> None:
    lines = printed("create_session", (200, {"id": "jane@example.com", "object": ["Jane Rosen"]}))
    assert_private(lines)
    (failure,) = [line for line in lines if line["level"] == "ERROR"]
    assert failure["exception"].startswith("Traceback")


def test_timestamps_are_utc_in_rfc_3339() -> None:
    response = (400, {"error": REFUSED["an e-mail address"][1]})
    lines = printed("confirm_payment", response, TZ="Asia/Kolkata")
    assert lines
    for line in lines:
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "switched_on",
    [
        # In one process, since each takes a second to start.
        {
            "STRIPE_LOG": "debug",
            "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
            "POWERTOOLS_LOGGER_LOG_EVENT": "true",
        },
        # The service names Powertools' logger, and the stack the service.
        {"POWERTOOLS_SERVICE_NAME": "stripe"},
    ],
)
def test_no_switch_makes_libraries_print_payloads(switched_on: dict[str, str]) -> None:
    status, error = REFUSED["an e-mail address"]
    assert_private(printed("create_session", (status, {"error": error}), **switched_on))

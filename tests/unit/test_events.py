"""The samples are what Lambda would be given: each is invoked by the test of its handler."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.invocations import raw_body, sample
from tests.unit.stack import EVENTS, FUNCTIONS, load_template

SAMPLES = sorted(EVENTS.rglob("*.*"))
ALWAYS = {
    "version",
    "routeKey",
    "rawPath",
    "rawQueryString",
    "headers",
    "requestContext",
    "isBase64Encoded",
}
SOMETIMES = {"body", "pathParameters"}
CONTEXT = {
    "accountId",
    "apiId",
    "domainName",
    "domainPrefix",
    "http",
    "requestId",
    "routeKey",
    "stage",
    "time",
    "timeEpoch",
}


def routes() -> set[str]:
    functions = load_template()["Resources"].values()
    events = [event for f in functions for event in f["Properties"].get("Events", {}).values()]
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for event in events
        if event["Type"] == "HttpApi"
    }


def test_every_handler_that_answers_http_has_samples() -> None:
    handlers = {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
    with_samples = {path.name for path in EVENTS.iterdir()}
    assert with_samples == handlers & {"create_session", "confirm_payment", "stripe_webhook"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_used_by_the_test_of_its_handler(path: Path) -> None:
    assert path.suffix == ".json"
    test = Path(__file__).parent / f"test_{path.parent.name}.py"
    assert f'"{path.stem}"' in test.read_text()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_in_payload_format_2(path: Path) -> None:
    invocation = sample(path.parent.name, path.stem)
    assert ALWAYS <= invocation.keys() <= ALWAYS | SOMETIMES
    context = invocation["requestContext"]
    assert context.keys() == CONTEXT
    assert context["http"].keys() == {"method", "path", "protocol", "sourceIp", "userAgent"}
    assert invocation["version"] == "2.0"
    assert invocation["routeKey"] == context["routeKey"]
    assert invocation["rawPath"] == context["http"]["path"]
    assert invocation["headers"]["host"] == context["domainName"]
    assert invocation["headers"]["user-agent"] == context["http"]["userAgent"]
    assert all(name == name.lower() for name in invocation["headers"])
    length = len(raw_body(invocation)) if "body" in invocation else 0
    assert invocation["headers"]["content-length"] == str(length)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_came_by_a_route_of_the_stack(path: Path) -> None:
    invocation = sample(path.parent.name, path.stem)
    if invocation["routeKey"] == "$default":
        assert path.parent.name == "stripe_webhook"
        assert ".lambda-url." in invocation["requestContext"]["domainName"]
    else:
        assert invocation["routeKey"] in routes()
        assert ".execute-api." in invocation["requestContext"]["domainName"]
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", invocation["routeKey"].split()[1])
        match = re.fullmatch(pattern, invocation["rawPath"])
        assert match is not None
        assert invocation.get("pathParameters", {}) == match.groupdict()


@pytest.mark.parametrize(
    "path", sorted((EVENTS / "stripe_webhook").iterdir()), ids=lambda p: p.stem
)
def test_a_delivery_is_an_event_of_stripes(path: Path) -> None:
    event = json.loads(raw_body(sample("stripe_webhook", path.stem)))
    assert event["object"] == "event"
    assert event["data"]["object"]["object"] == "checkout.session"
    assert event["type"].startswith("checkout.session.")

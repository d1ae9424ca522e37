"""The samples are what Lambda would be given: each is invoked by the test of its handler."""

import json
import re
from pathlib import Path

import pytest

from checkout.stripe.events import HANDLED_EVENTS
from tests.support.invocations import raw_body, sample
from tests.support.stack import EVENTS, FUNCTIONS, load_template

SAMPLES = sorted(EVENTS.rglob("*.*"))
# The others come from EventBridge, a schedule, a stream.
OVER_HTTP = [path for path in SAMPLES if "requestContext" in json.loads(path.read_text())]
DELIVERIES = [path for path in OVER_HTTP if path.parent.name == "stripe_webhook"]
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

# What an operator sends to see that deliveries arrive. No event that the service handles.
PING = "v2.core.event_destination.ping"

EVENT_PREFIXES = {
    "charge": "charge.",
    "checkout.session": "checkout.session.",
    "dispute": "charge.dispute.",
    "payment_intent": "payment_intent.",
    "refund": "refund.",
}


def routes() -> set[str]:
    functions = load_template()["Resources"].values()
    events = [event for f in functions for event in f["Properties"].get("Events", {}).values()]
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for event in events
        if event["Type"] == "HttpApi"
    }


def test_every_handler_has_samples() -> None:
    handlers = {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
    assert {path.name for path in EVENTS.iterdir()} == handlers


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_used_by_the_test_of_its_handler(path: Path) -> None:
    assert path.suffix == ".json"
    tests = Path(__file__).parent.glob(f"test_{path.parent.name}*.py")
    assert any(f'"{path.stem}"' in test.read_text() for test in tests)


@pytest.mark.parametrize("path", OVER_HTTP, ids=lambda path: path.stem)
def test_a_sample_is_in_payload_format_2(path: Path) -> None:
    invocation = sample(path.parent.name, path.stem)
    assert ALWAYS <= invocation.keys() <= ALWAYS | SOMETIMES
    context = invocation["requestContext"]
    assert context.keys() - {"authorizer"} == CONTEXT
    assert context["http"].keys() == {"method", "path", "protocol", "sourceIp", "userAgent"}
    assert invocation["version"] == "2.0"
    assert invocation["routeKey"] == context["routeKey"]
    assert invocation["rawPath"] == context["http"]["path"]
    assert invocation["headers"]["host"] == context["domainName"]
    assert invocation["headers"]["user-agent"] == context["http"]["userAgent"]
    assert all(name == name.lower() for name in invocation["headers"])
    length = len(raw_body(invocation)) if "body" in invocation else 0
    # A GET has no body, nor a length.
    sent = None if context["http"]["method"] == "GET" else str(length)
    assert invocation["headers"].get("content-length") == sent


@pytest.mark.parametrize("path", OVER_HTTP, ids=lambda path: path.stem)
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


def test_what_does_not_come_over_http_is_this() -> None:
    others = {f"{path.parent.name}/{path.stem}" for path in set(SAMPLES) - set(OVER_HTTP)}
    assert others == {
        "publish_changes/batch",
        "publish_changes/order_paid",
        "reconcile_orders/by_hand",
        "reconcile_orders/period",
        "reconcile_orders/schedule",
        "reconcile_orders/selected_orders",
        "stripe_webhook/event_bridge",
    }


@pytest.mark.parametrize("path", DELIVERIES, ids=lambda path: path.stem)
def test_a_delivery_is_an_event_of_stripes(path: Path) -> None:
    event = json.loads(raw_body(sample("stripe_webhook", path.stem)))
    assert event["type"].removeprefix("v1.") in {*HANDLED_EVENTS, PING}
    if event["object"] == "event":
        assert event["type"].startswith(EVENT_PREFIXES[event["data"]["object"]["object"]])
    else:
        assert event["object"] == "v2.core.event"
        assert event["type"].startswith("v1.") or event["type"] == PING
        assert event["related_object"].keys() == {"id", "type", "url"}


def test_an_envelope_of_event_bridge_has_the_event_as_its_detail() -> None:
    """https://docs.stripe.com/event-destinations/eventbridge."""
    envelope = sample("stripe_webhook", "event_bridge")
    assert envelope["source"].startswith("aws.partner/stripe.com/")
    assert envelope["detail-type"] == envelope["detail"]["type"]
    delivered = raw_body(sample("stripe_webhook", "checkout_session_completed"))
    assert envelope["detail"] == json.loads(delivered)

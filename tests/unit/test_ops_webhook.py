"""The deployed webhook, called as Stripe calls it, and what its log says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import stripe
from botocore.stub import Stubber

from ops import webhook as webhook_module
from ops.errors import OpsError
from ops.webhook import CLOCK_SKEW_SECONDS, PROBE_TYPE, Webhook
from stripe_simulator.testing import Received, Receiver, receiving
from tests.support.operating import in_aws, stack_of

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

pytestmark = pytest.mark.enable_socket

SECRET, OTHER = "whsec_stored", "whsec_other"
NOT_LONG, LONG = 0.0, 20.0
GROUP = "/aws/lambda/webhook"
SENT_AT = 1_800_000_000.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook that knows one secret."""
    with receiving() as one:
        one.respond = lambda delivery: 200 if is_authentic(delivery, SECRET) else 400
        yield one


@pytest.fixture
def client(boto3_session: None) -> "CloudWatchLogsClient":
    return boto3.client("logs")


@pytest.fixture
def logs(client: "CloudWatchLogsClient") -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def webhook(
    receiver: Receiver, client: "CloudWatchLogsClient", monkeypatch: pytest.MonkeyPatch
) -> Webhook:
    monkeypatch.setattr(webhook_module, "POLL_SECONDS", 0.0)
    return Webhook(stack_of(in_aws(logs=client), outputs={"WebhookUrl": receiver.url}), NOT_LONG)


def is_authentic(delivery: Received, secret: str) -> bool:
    try:
        stripe.Webhook.construct_event(delivery.body, delivery.signature, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


def test_a_probe_is_accepted_with_the_right_secret_alone(
    webhook: Webhook, receiver: Receiver
) -> None:
    assert webhook.accepts(SECRET)
    assert not webhook.accepts(OTHER)
    first, second = (json.loads(one.body) for one in receiver.received)
    assert (first["object"], first["type"]) == ("event", PROBE_TYPE)
    assert first["id"] != second["id"]


def test_no_other_success_is_taken_for_an_acceptance(webhook: Webhook, receiver: Receiver) -> None:
    for status in (204, 202, 403, 500):
        receiver.respond = lambda _, status=status: status  # type: ignore[misc]
        assert not webhook.accepts(SECRET)


def test_a_webhook_that_cannot_be_reached_is_reported(webhook: Webhook) -> None:
    for url in ("http://127.0.0.1:9/", "https://127.0.0.1:9/"):
        nobody = replace(webhook, stack=replace(webhook.stack, outputs={"WebhookUrl": url}))
        with pytest.raises(OpsError, match=r"The webhook can't be reached: ConnectError\."):
            nobody.accepts(SECRET)


def test_a_function_may_learn_a_secret_late(
    webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.webhook.PROBE_SECONDS", (0.001, 0.001, 0.001))
    receiver.respond = lambda _: 200 if len(receiver.received) >= 3 else 400
    assert replace(webhook, patience_seconds=LONG).wait_until_accepted(SECRET)
    assert len(receiver.received) == 4


def test_a_function_that_never_learns_a_secret_is_reported(
    webhook: Webhook, receiver: Receiver
) -> None:
    assert not webhook.wait_until_accepted(OTHER)
    assert receiver.received


def log_says(logs: Stubber, *pages: int) -> None:
    """Let each page of the log have so many events."""
    token: dict[str, str] = {}
    for number, events in enumerate(pages, 1):
        expected: dict[str, Any] = {
            "logGroupName": GROUP,
            # From shortly before, and not the whole log: a busy shop's takes minutes to read.
            "startTime": int((SENT_AT - CLOCK_SKEW_SECONDS) * 1000),
            "filterPattern": '"processed" "evt_1"',
        }
        found = [{"message": "{}", "timestamp": 1}] * events
        more = {"nextToken": f"page-{number}"} if number < len(pages) else {}
        logs.add_response("filter_log_events", {"events": found} | more, expected | token)
        token = more


def test_the_log_shows_a_processed_event(webhook: Webhook, logs: Stubber) -> None:
    log_says(logs, 0, 0, 1)
    assert webhook.wait_until_processed("evt_1", SENT_AT)


def test_an_event_may_be_logged_late(webhook: Webhook, logs: Stubber) -> None:
    log_says(logs, 0)
    log_says(logs, 1)
    assert replace(webhook, patience_seconds=LONG).wait_until_processed("evt_1", SENT_AT)


def test_an_event_that_is_not_logged_was_not_processed(webhook: Webhook, logs: Stubber) -> None:
    log_says(logs, 0, 0)
    assert not webhook.wait_until_processed("evt_1", SENT_AT)

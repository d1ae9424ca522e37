import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.support import delivering
from tests.support.aws_calls import AwsCalls
from tests.support.delivering import COMPLETED, outcome, statuses
from tests.support.environment import Log, Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.invocations import (
    REQUEST_ID,
    Context,
    Handler,
    assert_problem,
    delivered,
    raw_body,
    sample,
    sample_names,
    signed,
    with_body,
    with_headers,
)
from tests.support.stack import API_KEY, SIGNING_SECRET, TABLE
from tests.support.stripe_objects import ORDER_ID, event, session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What a first delivery of each does, and the status of its order then.
OUTCOMES = {
    "checkout_session_completed": ("applied", "paid"),
    "checkout_session_async_payment_succeeded": ("applied", "paid"),
    "checkout_session_async_payment_failed": ("applied", "failed"),
    "checkout_session_expired": ("applied", "expired"),
    "http_api": ("applied", "paid"),
    "base64_body": ("applied", "paid"),
    "foreign_session": ("ignored", None),
    # Of an ordinary payment.
    "payment_intent_succeeded": ("ignored", None),
    "thin_ping": ("ignored", None),
}
REFUSED = {"unsigned"}
# Those of test_stripe_webhook_captures.py and test_stripe_webhook_lifecycle.py.
ELSEWHERE = {
    "charge_captured",
    "charge_dispute_created",
    "charge_refunded",
    "event_bridge",
    "payment_intent_amount_capturable_updated",
    "payment_intent_canceled",
    "payment_intent_captured",
    "payment_intent_payment_failed",
    "refund_created",
    "refund_failed",
    "thin_checkout_session_completed",
    "thin_payment_intent_amount_capturable_updated",
    "thin_refund_created",
}
MAX_BODY_BYTES = 512 * 1024

pytestmark = pytest.mark.usefixtures("open_order")

handler = delivering.handler
open_order = delivering.open_order


def test_the_samples_are_these() -> None:
    assert sample_names("stripe_webhook") == OUTCOMES.keys() | REFUSED | ELSEWHERE


@pytest.mark.parametrize("name", OUTCOMES)
def test_records_what_stripe_signed(
    handler: Handler,
    dynamodb: "DynamoDBClient",
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    name: str,
) -> None:
    said, status = OUTCOMES[name]
    assert outcome(handler(delivered(name), Context())) == said
    assert statuses(dynamodb) == {ORDER_ID: status or "open"}
    assert calls.made == ["GetSecretValue", "UpdateItem"][: 2 if status else 1]
    assert fake_stripe.requests == []


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refuses_what_is_not_signed(
    handler: Handler, dynamodb: "DynamoDBClient", calls: AwsCalls, name: str
) -> None:
    assert_problem(handler(sample("stripe_webhook", name), Context()), 400, "not-authentic")
    assert statuses(dynamodb) == {ORDER_ID: "open"}
    assert calls.made == []


def test_a_warm_delivery_costs_one_write(handler: Handler, calls: AwsCalls) -> None:
    handler(delivered("checkout_session_expired"), Context())
    calls.made.clear()
    handler(delivered(COMPLETED), Context())
    assert calls.made == ["UpdateItem"]


def test_a_copy_is_a_duplicate_and_an_older_fact_is_stale(
    handler: Handler, dynamodb: "DynamoDBClient"
) -> None:
    names = (COMPLETED, "http_api", "checkout_session_expired")
    said = [outcome(handler(delivered(name), Context())) for name in names]
    assert said == ["applied", "duplicate", "stale"]
    assert statuses(dynamodb) == {ORDER_ID: "paid"}


def test_two_events_about_one_payment_pay_once(
    handler: Handler, dynamodb: "DynamoDBClient"
) -> None:
    names = (COMPLETED, "checkout_session_async_payment_succeeded")
    said = [outcome(handler(delivered(name), Context())) for name in names]
    assert said == ["applied", "duplicate"]
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert item["version"]["N"] == "2"


@pytest.mark.parametrize("event_type", ["payment_intent.created", "customer.created"])
def test_an_event_that_nobody_asked_for_is_ignored(
    handler: Handler, calls: AwsCalls, event_type: str
) -> None:
    body = json.dumps(event(event_type, session()))
    invocation = signed(with_body(sample("stripe_webhook", COMPLETED), body))
    assert outcome(handler(invocation, Context())) == "ignored"
    assert calls.made == ["GetSecretValue"]


def test_a_forged_signature_is_refused(
    handler: Handler, dynamodb: "DynamoDBClient", log: Log
) -> None:
    forged = signed(sample("stripe_webhook", COMPLETED), "whsec_guessed")
    assert_problem(handler(forged, Context()), 400, "not-authentic")
    assert statuses(dynamodb) == {ORDER_ID: "open"}
    (entry,) = log.entries
    assert (entry["level"], entry["problem"]) == ("INFO", "not-authentic")


@pytest.mark.parametrize("seconds_ago", [301, -310, 86_400])
def test_another_time_is_refused(handler: Handler, seconds_ago: int) -> None:
    replayed = signed(sample("stripe_webhook", COMPLETED), seconds_ago=seconds_ago)
    assert_problem(handler(replayed, Context()), 400, "not-authentic")


def test_the_samples_own_signature_is_too_old_by_now(handler: Handler, log: Log) -> None:
    problem = assert_problem(
        handler(sample("stripe_webhook", COMPLETED), Context()), 400, "not-authentic"
    )
    assert "timestamp" in problem["detail"]


def test_a_changed_body_is_refused(handler: Handler, dynamodb: "DynamoDBClient") -> None:
    invocation = delivered(COMPLETED)
    changed = with_body(invocation, invocation["body"].replace("4200", "4201"))
    assert_problem(handler(changed, Context()), 400, "not-authentic")
    assert statuses(dynamodb) == {ORDER_ID: "open"}


@pytest.mark.parametrize("header", ["", "t=1795000000", "v1=abc", "t=now,v1=abc", "caf\xe9", None])
def test_a_malformed_signature_is_refused_before_the_secret_is_read(
    handler: Handler, calls: AwsCalls, header: str | None
) -> None:
    invocation = with_headers(sample("stripe_webhook", COMPLETED), stripe_signature=header)
    assert_problem(handler(invocation, Context()), 400, "not-authentic")
    assert calls.made == []


def test_an_invocation_without_any_header_is_refused(handler: Handler, calls: AwsCalls) -> None:
    invocation = delivered(COMPLETED)
    del invocation["headers"]
    assert_problem(handler(invocation, Context()), 400, "not-authentic")
    assert calls.made == []


def test_an_invocation_without_a_body_is_refused(handler: Handler, calls: AwsCalls) -> None:
    invocation = delivered(COMPLETED)
    del invocation["body"]
    assert_problem(handler(invocation, Context()), 400, "not-authentic")
    assert "UpdateItem" not in calls.made


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"id": "evt_1"}', b"\xff\xfe"])
def test_a_signed_body_that_is_no_event_is_refused(handler: Handler, body: str | bytes) -> None:
    invocation = signed(with_body(sample("stripe_webhook", COMPLETED), body))
    assert_problem(handler(invocation, Context()), 400, "not-authentic")


def test_broken_base64_is_refused(handler: Handler, calls: AwsCalls) -> None:
    broken = delivered(COMPLETED) | {"body": "%%%", "isBase64Encoded": True}
    assert_problem(handler(broken, Context()), 400, "not-authentic")
    assert calls.made == []


@pytest.mark.parametrize("encode", [str, str.encode])
def test_an_oversized_body_is_refused_first(
    handler: Handler,
    calls: AwsCalls,
    encode: Callable[[str], str | bytes],
) -> None:
    sent = sample("stripe_webhook", COMPLETED)
    padded = sent["body"].ljust(MAX_BODY_BYTES)
    too_large = signed(with_body(sent, encode(padded + " ")))
    assert_problem(handler(too_large, Context()), 400, "not-authentic")
    assert calls.made == []
    largest = signed(with_body(sent, encode(padded)))
    assert outcome(handler(largest, Context())) == "applied"


def test_both_secrets_work_while_one_is_rolled(handler: Handler, secret: Secret) -> None:
    secret.roll("whsec_new", SIGNING_SECRET)
    old = signed(sample("stripe_webhook", COMPLETED))
    new = signed(sample("stripe_webhook", COMPLETED), "whsec_new")
    both = signed(sample("stripe_webhook", COMPLETED), "whsec_gone", "whsec_new")
    said = [outcome(handler(invocation, Context())) for invocation in (old, new, both)]
    assert said == ["applied", "duplicate", "duplicate"]


def test_a_secret_that_was_rolled_meanwhile_is_accepted(
    handler: Handler, secret: Secret, calls: AwsCalls
) -> None:
    handler(delivered(COMPLETED), Context())
    secret.roll("whsec_new")
    calls.made.clear()
    renewed = signed(sample("stripe_webhook", COMPLETED), "whsec_new")
    assert outcome(handler(renewed, Context())) == "duplicate"
    assert calls.made == ["GetSecretValue", "UpdateItem"]


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_log_has_ids_and_no_personal_data(
    handler: Handler, dynamodb: "DynamoDBClient", log: Log, name: str
) -> None:
    invocation = delivered(name)
    sent = json.loads(raw_body(invocation))
    handler(invocation, Context())
    said, status = OUTCOMES[name]
    *recorded, processed = log.entries
    assert (processed["level"], processed["message"]) == ("INFO", "processed")
    assert [entry["order_id"] for entry in recorded] == ([ORDER_ID] if status else [])
    for entry in log.entries:
        assert entry["outcome"] == said
        assert entry["function_request_id"] == REQUEST_ID
        assert (entry["event_id"], entry["event_type"]) == (sent["id"], sent["type"])
    stored = json.dumps(dynamodb.scan(TableName=TABLE)["Items"])
    signature = invocation["headers"]["stripe-signature"]
    for private in ("ada@", "Ada", "gift", "shop.example", API_KEY, SIGNING_SECRET, signature):
        assert private not in log.text + stored


def test_ids_do_not_leak_into_the_next_delivery(handler: Handler, log: Log) -> None:
    handler(delivered(COMPLETED), Context())
    handler(sample("stripe_webhook", "unsigned"), Context())
    *delivery, refused = log.entries
    assert all("event_id" in entry for entry in delivery)
    assert not {"event_id", "order_id", "session_id"} & refused.keys()

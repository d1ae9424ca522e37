"""The checks of what is deployed: each thing that is wrong in AWS is named, with what to do."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ops.doctor import examine
from ops.doctor.checks import CHECKS
from ops.environment import Environment
from ops.functions import FUNCTIONS
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.documents import Json
from tests.support.environment import client_of_all_tests, client_under_test
from tests.support.examining import examination, only
from tests.support.operating import in_aws

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


@pytest.fixture
def stubs(boto3_session: None) -> Iterator[dict[str, Stubber]]:
    """Clients whose responses the test gives."""
    made = {name: Stubber(boto3.client(name)) for name in ("lambda", "logs", "sns", "sts")}
    for stub in made.values():
        stub.activate()
    yield made
    for stub in made.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def dev(stubs: dict[str, Stubber]) -> Environment:
    clients = {"functions": "lambda", "topics": "sns", "identity": "sts", "logs": "logs"}
    stubbed: dict[str, Any] = {name: stubs[one].client for name, one in clients.items()}
    return in_aws(**stubbed)


def function_of(code: str, version: str = "$LATEST") -> Json:
    return {"CodeSha256": code, "Version": version}


def test_the_alias_of_every_function_is_compared(
    dev: Environment, stubs: dict[str, Stubber]
) -> None:
    for name in FUNCTIONS:
        latest, live = {"FunctionName": f"checkout-test-{name}"}, {"Qualifier": "live"}
        stubs["lambda"].add_response("get_function_configuration", function_of("same"), latest)
        stubs["lambda"].add_response(
            "get_function_configuration", function_of("same", "3"), latest | live
        )
    assert only(examination(dev), "functions").ok


def test_an_alias_at_another_version_is_named(dev: Environment, stubs: dict[str, Stubber]) -> None:
    stubs["lambda"].add_response("get_function_configuration", function_of("new"))
    stubs["lambda"].add_response("get_function_configuration", function_of("old", "7"))
    result = only(examination(dev), "functions")
    assert "alias live of CreateSessionFunction is at version 7" in result.detail
    assert "make deploy ENV=dev" in str(result.fix)


def test_a_missing_function_is_reported_as_what_aws_refuses(
    dev: Environment, stubs: dict[str, Stubber]
) -> None:
    stubs["lambda"].add_client_error("get_function_configuration", "ResourceNotFoundException")
    assert "GetFunctionConfiguration" in only(examination(dev), "functions").detail


def statement(action: str, principal: object = "*", **condition: str) -> Json:
    conditions = {
        "StringEquals" if "Type" in key else "Bool": {f"lambda:{key}": value}
        for key, value in condition.items()
    }
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": f"lambda:{action}",
        "Condition": conditions,
    }


URL = statement("InvokeFunctionUrl", FunctionUrlAuthType="NONE")
INVOKE = statement("InvokeFunction", InvokedViaFunctionUrl="true")
EVENT_BRIDGE = statement("InvokeFunction", {"Service": "events.amazonaws.com"})


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        ([URL, INVOKE], None),
        ([EVENT_BRIDGE, URL | {"Principal": {"AWS": "*"}}, INVOKE], None),
        ([], "InvokeFunctionUrl"),
        (None, "InvokeFunctionUrl"),
        ([INVOKE], "InvokeFunctionUrl"),
        ([URL], "InvokeFunction"),
        ([URL, EVENT_BRIDGE], "InvokeFunction"),
        ([URL, statement("InvokeFunction")], "InvokeFunction"),
        ([URL, INVOKE | {"Effect": "Deny"}], "InvokeFunction"),
        (
            [statement("InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM"), INVOKE],
            "InvokeFunctionUrl",
        ),
        ([URL, statement("InvokeFunction", InvokedViaFunctionUrl="false")], "InvokeFunction"),
    ],
)
def test_a_missing_permission_of_the_url_is_named(
    dev: Environment, stubs: dict[str, Stubber], statements: list[Json] | None, missing: str | None
) -> None:
    if statements is None:
        stubs["lambda"].add_client_error("get_policy", "ResourceNotFoundException")
    else:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        stubs["lambda"].add_response("get_policy", {"Policy": policy})
    result = only(examination(dev), "function URL permissions")
    assert result.ok is (missing is None)
    assert missing is None or f"lacks the permission lambda:{missing}:" in result.detail


@pytest.mark.parametrize(
    ("subscriptions", "detail"),
    [
        ([], "Nobody is notified of alarms"),
        (["PendingConfirmation"], "Nobody is notified of alarms"),
        (["Deleted", "PendingConfirmation"], "Nobody is notified of alarms"),
        (["PendingConfirmation", f"{TOPIC}:1f3d"], "confirmed subscribers: 1"),
    ],
)
def test_an_unconfirmed_subscription_fails(
    dev: Environment, stubs: dict[str, Stubber], subscriptions: list[str], detail: str
) -> None:
    # Each on a page of its own.
    for number, arn in enumerate(subscriptions or [""], 1):
        page: Json = {"Subscriptions": [{"SubscriptionArn": arn}] if arn else []}
        more = {"NextToken": "more"} if number < len(subscriptions) else {}
        stubs["sns"].add_response("list_subscriptions_by_topic", page | more, ANY_PAGE[number > 1])
    result = only(examination(dev, outputs={"AlarmsTopicArn": TOPIC}), "alarms")
    assert detail in result.detail


ANY_PAGE: dict[bool, Json] = {
    False: {"TopicArn": TOPIC},
    True: {"TopicArn": TOPIC, "NextToken": ANY},
}


@pytest.mark.parametrize("name", ["UnprocessedEvents", "UnpublishedChanges"])
def test_dead_letters_are_counted_in_both_queues(aws: None, calls: AwsCalls, name: str) -> None:
    queues = client_of_all_tests("sqs")
    names = ("UnprocessedEvents", "UnpublishedChanges")
    urls = {f"{one}QueueUrl": queues.create_queue(QueueName=one)["QueueUrl"] for one in names}
    made = examination(in_aws(queues=queues), outputs=urls)
    assert only(made, "dead-letter queues").detail == "both dead-letter queues are empty"
    for body in ("1", "2"):
        queues.send_message(QueueUrl=urls[f"{name}QueueUrl"], MessageBody=body)
    result = only(made, "dead-letter queues")
    assert result.detail == f"{name}: dead-lettered messages: 2."
    assert "run `replay`" in str(result.fix)


def test_one_call_that_aws_denies_fails_one_check(
    aws: None, calls: AwsCalls, dev: Environment, stubs: dict[str, Stubber]
) -> None:
    """The others go on."""
    denied = client_under_test("sqs")
    calls.watch(denied)
    calls.failure = refuses("AccessDeniedException")
    vars(dev.aws)["queues"] = denied
    stubs["sns"].add_response("list_subscriptions_by_topic", {"Subscriptions": []})
    made = examination(dev, outputs=dict.fromkeys(OUTPUTS, TOPIC))
    names = ("deployment", "dead-letter queues", "alarms")
    results = list(examine(made, [one for one in CHECKS if one.name in names]))
    assert [one.ok for one in results] == [True, False, False]
    assert results[1].detail.startswith("AWS refused GetQueueAttributes: AccessDenied")
    assert "permissions (docs/deploy.md)" in str(results[1].fix)


OUTPUTS = ("UnprocessedEventsQueueUrl", "UnpublishedChangesQueueUrl", "AlarmsTopicArn")


def test_the_caller_is_named_with_the_region(dev: Environment, stubs: dict[str, Stubber]) -> None:
    arn = "arn:aws:iam::123456789012:user/ops"
    stubs["sts"].add_response("get_caller_identity", {"Arn": arn})
    assert only(examination(dev), "AWS identity").detail == f"{arn} in us-east-1"


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"]
)
def test_a_deployment_that_did_not_succeed_is_named(dev: Environment, status: str) -> None:
    made = examination(dev, status=status)
    result = only(made, "deployment")
    assert result.detail == f"checkout-test is {status}."
    assert "make deploy ENV=dev" in str(result.fix)
    assert only(made, "stack").detail == made.stack.arn


def test_credentials_that_expired_end_the_examination(
    dev: Environment, stubs: dict[str, Stubber]
) -> None:
    stubs["sts"].add_client_error("get_caller_identity", "ExpiredToken")
    [result] = examine(examination(dev), CHECKS)
    assert "AWS does not accept the credentials (ExpiredToken): sign in" in result.detail
    assert result.fix


@pytest.mark.parametrize(
    ("check", "lacking"),
    [
        ("allowed origins", "parameter AllowedOrigins"),
        ("reconciliation", "resource ReconcileLogGroup"),
        ("functions", "resource CreateSessionFunction"),
        ("dead-letter queues", "output UnprocessedEventsQueueUrl"),
        ("alarms", "output AlarmsTopicArn"),
    ],
)
def test_a_stack_of_an_older_version_must_be_deployed(
    dev: Environment, check: str, lacking: str
) -> None:
    older: Json = {"parameters": {}, "outputs": {}, "resources": {}}
    result = only(examination(dev, **older), check)
    assert f"has no {lacking}: deploy this version of it" in result.detail


@pytest.mark.parametrize(
    ("report", "detail"),
    [
        ({"failed": 0, "finished": True}, "checked, 1 repaired"),
        ({"failed": 2, "finished": True}, "The last run failed for 2 orders."),
        ({"failed": 0, "finished": False}, "for 0 orders, and did not finish."),
    ],
)
def test_the_last_run_of_reconciliation_counts(
    dev: Environment, stubs: dict[str, Stubber], report: Json, detail: str
) -> None:
    now = int(datetime.now(UTC).timestamp() * 1000)
    entry = {"message": "reconciled", "oldest_pending_age": 0, "checked": 5, "repaired": 1}
    runs = [(now - 1000, entry | report), (now - 9000, entry | {"failed": 9, "finished": True})]
    # Each on a page of its own, in no order.
    for number, (timestamp, run) in enumerate(runs):
        event = {"timestamp": timestamp, "message": json.dumps(run)}
        more = {"nextToken": "more"} if number == 0 else {}
        stubs["logs"].add_response("filter_log_events", {"events": [event]} | more)
    assert detail in only(examination(dev), "reconciliation").detail


@pytest.mark.parametrize(("minutes", "ok"), [(10, True), (60, False)])
def test_no_run_is_right_only_just_after_a_deployment(
    dev: Environment, stubs: dict[str, Stubber], minutes: int, *, ok: bool
) -> None:
    stubs["logs"].add_response("filter_log_events", {"events": []})
    deployed_at = datetime.now(UTC) - timedelta(minutes=minutes)
    result = only(examination(dev, deployed_at=deployed_at), "reconciliation")
    assert result.ok is ok
    assert ok or "No run of reconciliation" in result.detail

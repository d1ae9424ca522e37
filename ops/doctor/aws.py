"""Checks of the deployed AWS resources."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from checkout.errors import OrdersUnavailable
from ops.doctor.examination import Examination, Failed
from ops.functions import ALIAS, FUNCTIONS, STRIPE_WEBHOOK

# Two versions are equal if these are: most of our code is in the layer.
DEPLOYED = ("CodeSha256", "Layers", "Environment")
WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
NO_ORDER = "doctor"
QUEUES = ("UnprocessedEventsQueueUrl", "UnpublishedChangesQueueUrl")
# Twice the schedule's 15 minutes, and the time limit of a run.
RECONCILED_WITHIN = timedelta(minutes=45)
# The permissions that a public function URL needs, with SAM's conditions.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
URL_PERMISSIONS = {
    "lambda:InvokeFunctionUrl": ("lambda:FunctionUrlAuthType", "NONE"),
    "lambda:InvokeFunction": ("lambda:InvokedViaFunctionUrl", "true"),
}


def identity(examination: Examination) -> str:
    aws = examination.environment.aws
    caller = aws.identity.get_caller_identity()
    return f"{caller['Arn']} in {aws.identity.meta.region_name}"


def stack(examination: Examination) -> str:
    return examination.stack.arn


def deployment(examination: Examination) -> str:
    found = examination.stack
    if found.status not in WELL:
        raise Failed(
            f"{found.name} is {found.status}.",
            f"See the stack's events in CloudFormation. {examination.deploy}",
        )
    version = found.outputs.get("Version", "unknown")
    return f"{found.name} is {found.status}, version {version}"


def functions(examination: Examination) -> str:
    """Check that the alias, which all callers use, points to the latest deployment."""
    client = examination.environment.aws.functions
    for logical_id in FUNCTIONS:
        name = examination.stack.function(logical_id).name
        latest = client.get_function_configuration(FunctionName=name)
        try:
            live = client.get_function_configuration(FunctionName=name, Qualifier=ALIAS)
        except client.exceptions.ResourceNotFoundException:
            raise Failed(f"{logical_id} has no alias {ALIAS}.", examination.deploy) from None
        if any(live.get(part) != latest.get(part) for part in DEPLOYED):
            raise Failed(
                f"The alias {ALIAS} of {logical_id} is at version {live['Version']}, which is not "
                "what was deployed last.",
                f"Wait for a deployment that is under way. {examination.deploy}",
            )
    return f"{len(FUNCTIONS)} functions, {ALIAS} is what was deployed last"


def url_permissions(examination: Examination) -> str:
    """Check the permissions without which the function URL responds 403 to every request."""
    client = examination.environment.aws.functions
    name = examination.stack.function(STRIPE_WEBHOOK).name
    try:
        policy = client.get_policy(FunctionName=name, Qualifier=ALIAS)["Policy"]
    except client.exceptions.ResourceNotFoundException:
        policy = '{"Statement": []}'
    allowed = [one for one in json.loads(policy)["Statement"] if _is_public(one)]
    for action, (condition, value) in URL_PERMISSIONS.items():
        if not any(
            one["Action"] == action and value in _conditions(one).get(condition, "")
            for one in allowed
        ):
            raise Failed(
                f"The function URL lacks the permission {action}: it refuses every delivery.",
                f"Somebody removed it. {examination.deploy}",
            )
    return "lambda:InvokeFunctionUrl and lambda:InvokeFunction"


def table(examination: Examination) -> str:
    """Check that the table can be read, by reading an order that does not exist."""
    try:
        examination.stack.orders().find(NO_ORDER)
    except OrdersUnavailable:
        raise Failed(
            f"The table {examination.stack.output('OrdersTableName')} can't be read: every "
            "checkout gets a 503.",
            "If it was deleted or damaged, restore it (docs/tasks.md#restore-the-orders-table).",
        ) from None
    return examination.stack.output("OrdersTableName")


def queues(examination: Examination) -> str:
    client = examination.environment.aws.queues
    for output in QUEUES:
        attributes = client.get_queue_attributes(
            QueueUrl=examination.stack.output(output),
            AttributeNames=["ApproximateNumberOfMessages"],
        )["Attributes"]
        waiting = int(attributes["ApproximateNumberOfMessages"])
        if waiting:
            name = output.removesuffix("QueueUrl")
            raise Failed(
                f"{name}: dead-lettered messages: {waiting}.",
                "See docs/runbook.md for the cause; after a fix, run `replay`.",
            )
    return "both dead-letter queues are empty"


def reconciliation(examination: Examination) -> str:
    """Check in the log that the last run was recent, finished, and had no failures."""
    found = examination.stack
    since = datetime.now(UTC) - RECONCILED_WITHIN
    pages = found.environment.aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=found.resource("ReconcileLogGroup"),
        filterPattern='"reconciled" "oldest_pending_age"',
        startTime=int(since.timestamp() * 1000),
    )
    runs = [event for page in pages for event in page["events"]]
    if not runs:
        if found.deployed_at > since:
            return "deployed just now: it runs every 15 minutes"
        raise Failed(
            f"No run of reconciliation ended since {since:%H:%M} UTC.",
            "See docs/runbook.md#reconciliation-unfinished, and run `reconcile`.",
        )
    last = max(runs, key=lambda event: event["timestamp"])
    report = json.loads(last["message"])
    if report["failed"] or not report["finished"]:
        raise Failed(
            f"The last run failed for {report['failed']} orders"
            + ("." if report["finished"] else ", and did not finish."),
            "See docs/runbook.md#reconciliation-failed, and run `reconcile`.",
        )
    at = datetime.fromtimestamp(last["timestamp"] / 1000, UTC)
    return f"at {at:%Y-%m-%dT%H:%M:%SZ}: {report['checked']} checked, {report['repaired']} repaired"


def alarms(examination: Examination) -> str:
    pages = examination.environment.aws.topics.get_paginator(
        "list_subscriptions_by_topic"
    ).paginate(TopicArn=examination.stack.output("AlarmsTopicArn"))
    confirmed = [
        one
        for page in pages
        for one in page["Subscriptions"]
        if one["SubscriptionArn"].startswith("arn:")
    ]
    if not confirmed:
        raise Failed(
            "Nobody is notified of alarms: the topic has no confirmed subscriber.",
            "Set AlarmEmail in samconfig.toml, deploy, and confirm the e-mail that AWS sends.",
        )
    return f"confirmed subscribers: {len(confirmed)}"


def _is_public(statement: Mapping[str, Any]) -> bool:
    return statement["Effect"] == "Allow" and statement["Principal"] in ("*", {"AWS": "*"})


def _conditions(statement: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys and values of a statement's conditions, for all operators."""
    operators: Mapping[str, Mapping[str, str]] = statement.get("Condition", {})
    return {key: value for keys in operators.values() for key, value in keys.items()}

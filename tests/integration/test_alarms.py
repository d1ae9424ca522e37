"""The deployed stack emits what its alarms watch, with the value that fires.

Not reached here: the API's 5xx rate (the local AWS has no metric math) and the iterator age (it
measures none).
"""

import json
import time
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud.aws import ACCESS_KEY, REGION, SECRET_KEY
from local.cloud.deploy import stack_outputs
from local.cloud.function_logs import function_logs
from local.cloud.invocations import FunctionFailed, invoke, physical_name, reconcile
from local.machine.waiting import wait_for
from local.shop.customer import pay_by_card
from tests.integration.world import WAIT_SECONDS, World
from tests.support.documents import Json
from tests.support.stack import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE = load_template()
PARAMETERS = TEMPLATE["Parameters"]
COMPLETED = "checkout.session.completed"
OUTAGE = {"method": "GET", "path": "/v1/*", "times": 100}


def values(world: World, metric: str) -> list[float]:
    """Return what was emitted so far, oldest first, as CloudWatch reads it from the logs."""
    lines = function_logs(world.stack.aws, f'"{metric}"')
    documents = [json.loads(line) for line in lines if '"_aws"' in line]
    return [value for document in documents for value in document.get(metric, [])]


def threshold(alarm: str) -> float:
    value = TEMPLATE["Resources"][f"{alarm}Alarm"]["Properties"]["Threshold"]
    return float(PARAMETERS[value["Ref"]]["Default"] if isinstance(value, dict) else value)


def cloudwatch(world: World) -> Any:  # noqa: ANN401  (a client of a service without stubs here)
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    return session.client("cloudwatch", endpoint_url=world.stack.aws.endpoint_url)


def wait_for_breach(world: World, alarm: str) -> None:
    """Wait until one of Lambda's own metrics is, as the deployed alarm asks for it, above its
    threshold. The local CloudWatch has these metrics; its alarms ignore their dimensions.
    """
    client = cloudwatch(world)
    name = physical_name(world.stack.aws, f"{alarm}Alarm")
    [described] = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    asked = ("Namespace", "MetricName", "Dimensions", "Period")
    # One slow delivery is no percentile of all tests' deliveries.
    statistic = described.get("Statistic", "Maximum")

    def breaches() -> bool:
        points = client.get_metric_statistics(
            **{field: described[field] for field in asked},
            Statistics=[statistic],
            StartTime=time.time() - 2 * described["Period"],
            EndTime=time.time() + described["Period"],
        )["Datapoints"]
        found = [point[statistic] for point in points]
        return bool(max(found, default=0.0) > described["Threshold"])

    wait_for(breaches, alarm, seconds=WAIT_SECONDS)


# Deliveries and calls


def refused_delivery(world: World) -> None:
    assert world.deliver(b"{}", world.signature(b"{}", secret="whsec_guessed")).is_client_error


def failed_delivery(world: World) -> None:
    session = {"id": "cs_test_1", "object": "checkout.session", "livemode": False}
    session["metadata"] = world.session(world.checkout()["session_id"]).to_dict()["metadata"]
    # An event is dead-lettered once.
    made = {"id": f"evt_{token_hex(8)}", "object": "event", "type": COMPLETED, "livemode": False}
    event = made | {"created": int(time.time()), "data": {"object": session}}
    assert world.redeliver(event).status_code == 500


def failed_call(world: World) -> None:
    response = world.frontend.request_checkout({"items": [world.one_mug]})
    assert response.json()["type"].endswith(":stripe-unavailable")


def refused_call(world: World) -> None:
    response = world.frontend.request_checkout({"items": [world.one_mug | {"quantity": 999999}]})
    assert response.is_client_error, response.text


@pytest.mark.parametrize(
    ("metrics", "cause", "status"),
    [
        (["SignaturesRefused"], refused_delivery, None),
        (["WebhooksFailed", "InternalErrors"], failed_delivery, None),
        (["StripeCallsFailed"], failed_call, 500),
        (["StripeCallsRefused"], refused_call, None),
    ],
)
def test_a_metric_passes_its_alarms_threshold(
    world: World, metrics: list[str], cause: "Callable[[World], None]", status: int | None
) -> None:
    if status:
        outage = {"method": "POST", "path": "/v1/checkout/sessions", "status": status}
        world.simulator.behave(faults=[outage | {"times": 100}])
    enough = {one: sum(values(world, one)) + threshold(one) for one in metrics}
    for _ in range(int(max(map(threshold, metrics))) + 1):
        cause(world)

    def emitted() -> bool:
        return all(sum(values(world, one)) > above for one, above in enough.items())

    wait_for(emitted, ", ".join(metrics), seconds=WAIT_SECONDS)


@pytest.mark.parametrize("queue", ["UnprocessedEvents", "UnpublishedChanges"])
def test_a_dead_letter_is_visible_in_its_queue(world: World, queue: str) -> None:
    aws = world.stack.aws
    url = stack_outputs(aws)[f"{queue}QueueUrl"]
    aws.queues.purge_queue(QueueUrl=url)
    if queue == "UnprocessedEvents":
        failed_delivery(world)
    else:
        invoke(aws, "PublishChangesFunction", {"Records": [unreadable_change(world)]})

    def visible() -> bool:
        described = aws.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return int(described["Attributes"]["ApproximateNumberOfMessages"]) > threshold(queue)

    wait_for(visible, queue, seconds=WAIT_SECONDS)
    aws.queues.purge_queue(QueueUrl=url)


def unreadable_change(world: World) -> Json:
    stream = world.stack.aws.dynamodb.describe_table(TableName=world.stack.facts.orders_table)
    return {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSourceARN": stream["Table"]["LatestStreamArn"],
        "dynamodb": {
            "Keys": {"order_id": {"S": "ord_1"}},
            "SequenceNumber": "1",
            "NewImage": {"order_id": {"S": "ord_1"}, "change": {"S": "unreadable"}},
        },
    }


# Functions


def test_a_function_that_raises_is_an_alarm(world: World) -> None:
    with pytest.raises(FunctionFailed, match="minimum_age_seconds"):
        invoke(world.stack.aws, "ReconcileFunction", {"minimum_age_seconds": "soon"})
    wait_for_breach(world, "ReconcileErrors")


def test_a_function_without_concurrency_is_an_alarm(world: World) -> None:
    """The local AWS (MiniStack 1.5.33) limits the unpublished version only."""
    aws = world.stack.aws
    name = physical_name(aws, "ConfirmPaymentFunction")
    aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        with pytest.raises(ClientError, match="TooManyRequestsException"):
            aws.functions.invoke(FunctionName=name, Payload=b"{}")
    finally:
        aws.functions.delete_function_concurrency(FunctionName=name)
    wait_for_breach(world, "ConfirmPaymentThrottles")


def test_a_slow_delivery_is_an_alarm(world: World) -> None:
    created = world.paid_unheard()
    refund = world.merchant.refund(created["session_id"], 500)
    event = world.simulator.event_about(refund.id, "refund.created")
    slow = {"method": "GET", "path": "/v1/refunds/*", "status": 503, "times": 2}
    world.simulator.behave(faults=[slow | {"delay_seconds": 3.0}])
    # Past HTTP, where the local AWS does not measure.
    with pytest.raises(FunctionFailed, match="Stripe did not respond"):
        world.hand_over(event)
    wait_for_breach(world, "WebhookDuration")


def test_the_dashboard_shows_this_stack(world: World) -> None:
    aws = world.stack.aws
    address, _, name = stack_outputs(aws)["DashboardUrl"].rpartition("/")
    console = f"https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}"
    assert address == f"{console}#dashboards/dashboard"
    body = cloudwatch(world).get_dashboard(DashboardName=name)["DashboardBody"]
    assert json.loads(body)["widgets"]
    assert "${" not in body
    assert physical_name(aws, "StripeWebhookFunction") in body


# Reconciliation


@pytest.mark.full  # tests/unit/test_reconcile_orders.py
def test_refused_runs_are_failed_and_unfinished(world: World) -> None:
    world.simulator.behave(faults=[OUTAGE | {"status": 401}])
    for _ in range(3):
        reconcile(world.stack.aws)

    def last_runs() -> bool:
        finished = values(world, "ReconciliationFinished")[-3:]
        failed = values(world, "ReconciliationFailed")[-2:]
        return max(finished) < threshold("ReconciliationUnfinished") and min(failed) > threshold(
            "ReconciliationFailed"
        )

    wait_for(last_runs, "three runs that failed", seconds=WAIT_SECONDS)


def test_an_order_that_stays_open_shows_its_age(world: World) -> None:
    created = world.checkout()
    since = int(time.time() - threshold("OldestPendingOrder")) - 60
    world.stack.aws.dynamodb.update_item(
        TableName=world.stack.facts.orders_table,
        Key={"order_id": {"S": created["order_id"]}},
        UpdateExpression="SET created_at = :since",
        ExpressionAttributeValues={":since": {"N": str(since)}},
    )
    try:
        reconcile(world.stack.aws)
        wait_for(
            lambda: values(world, "OldestPendingOrderAge")[-1] > threshold("OldestPendingOrder"),
            "the age of the order",
            seconds=WAIT_SECONDS,
        )
    finally:
        world.forget_order(created["order_id"])


@pytest.mark.parametrize("confirms", [True, pytest.param(False, marks=pytest.mark.full)])
def test_missing_webhooks_are_counted_until_one_comes(world: World, *, confirms: bool) -> None:
    """The endpoint is gone: the frontend's confirm must not hide it."""

    def unheard() -> float:
        created = world.checkout()
        pay_by_card(created["url"])
        if confirms:
            assert world.frontend.confirm(created["session_id"]).json()["status"] == "paid"
        return float(reconcile(world.stack.aws)["without_webhook"])

    world.simulator.behave(drop_probability=1.0)
    reconcile(world.stack.aws)
    above = threshold("OrdersWithoutWebhook")
    # What was paid in the same second as a run belongs to that run.
    wait_for(lambda: unheard() > above, "payments without webhooks", seconds=WAIT_SECONDS)
    wait_for(lambda: values(world, "OrdersWithoutWebhook")[-1] > above, "it", seconds=WAIT_SECONDS)
    world.simulator.behave(drop_probability=0.0)
    world.paid()
    assert reconcile(world.stack.aws)["without_webhook"] == 0


@pytest.mark.full  # tests/unit/test_reconcile_orders.py
def test_missed_webhooks_are_repaired_in_two_runs_in_a_row(world: World) -> None:
    world.simulator.behave(drop_probability=1.0)
    while reconcile(world.stack.aws)["repaired"]:
        """What other tests left."""
    for _ in range(2):
        pay_by_card(world.checkout()["url"])
        reconcile(world.stack.aws)

    def last_runs() -> bool:
        none, *two = values(world, "OrdersRepaired")[-3:]
        return none == 0 and len(two) == 2 and all(two)

    wait_for(last_runs, "two runs that repaired, after one that did not", seconds=WAIT_SECONDS)

"""What moves orders' events through the stack: the stream, the topic, queues, the schedule."""

import json

import pytest

from checkout.aws.orders_table import PAYMENT_INTENT_INDEX, PENDING_INDEX
from checkout.reconciliation import SECONDS_TO_STOP
from tests.support.documents import Json
from tests.support.sam import of_type, transformed_resources
from tests.support.stack import load_template

TEMPLATE = load_template()
RESOURCES: Json = TEMPLATE["Resources"]
QUEUES = ["UnprocessedEventsQueue", "UnpublishedChangesQueue"]
FOURTEEN_DAYS = 14 * 24 * 3600


@pytest.fixture(scope="module")
def transformed() -> Json:
    return transformed_resources()


# The table's stream and index


def test_the_stream_has_the_orders_as_they_are_after_each_change(transformed: Json) -> None:
    table = transformed["OrdersTable"]["Properties"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_the_stream_is_read_by_the_publisher_alone(transformed: Json) -> None:
    (mapping,) = of_type(transformed, "AWS::Lambda::EventSourceMapping").values()
    assert mapping["FunctionName"] == {"Ref": "PublishChangesFunctionAliaslive"}
    assert mapping["EventSourceArn"]["Fn::If"][-1] == {"Fn::GetAtt": ["OrdersTable", "StreamArn"]}


def test_the_stream_retries_then_dead_letters(
    transformed: Json,
) -> None:
    (mapping,) = of_type(transformed, "AWS::Lambda::EventSourceMapping").values()
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    # Tries that ran out before the age did would lose a change to a short outage; without an age,
    # one bad record would hold up all behind it until it leaves the stream after 24 hours.
    assert mapping["MaximumRetryAttempts"] == -1
    assert 3600 <= mapping["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert mapping["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": ["UnpublishedChangesQueue", "Arn"]}}
    }
    # A deploy loses nothing of what is in the stream by then.
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    # One reader a shard keeps an order's changes in order.
    assert mapping.get("ParallelizationFactor", 1) == 1


def test_the_streams_filter_is_one_that_lambda_takes(transformed: Json) -> None:
    (mapping,) = of_type(transformed, "AWS::Lambda::EventSourceMapping").values()
    (each,) = mapping["FilterCriteria"]["Filters"]
    assert len(each["Pattern"]) <= 4096
    assert json.loads(each["Pattern"])


def test_the_indexes_have_what_is_read_from_them() -> None:
    table = RESOURCES["OrdersTable"]["Properties"]
    indexes = {one["IndexName"]: one for one in table["GlobalSecondaryIndexes"]}
    keys = {
        name: [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
        for name, index in indexes.items()
    }
    assert keys == {
        PENDING_INDEX: [("pending_shard", "HASH"), ("created_at", "RANGE")],
        PAYMENT_INTENT_INDEX: [("payment_intent", "HASH")],
        # For support: a customer names the cart, not the order.
        "client_reference_id": [("client_reference_id", "HASH"), ("created_at", "RANGE")],
    }
    assert {name: index["Projection"] for name, index in indexes.items()} == {
        PENDING_INDEX: {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["session_id"]},
        PAYMENT_INTENT_INDEX: {"ProjectionType": "KEYS_ONLY"},
        "client_reference_id": {"ProjectionType": "KEYS_ONLY"},
    }
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    assert types == {
        "order_id": "S",
        "pending_shard": "S",
        "payment_intent": "S",
        "client_reference_id": "S",
        "created_at": "N",
    }


# The topic and the queues


def test_the_topic_is_encrypted_and_published_to_by_nobody_else(transformed: Json) -> None:
    topic = transformed["OrderEventsTopic"]["Properties"]
    assert topic["KmsMasterKeyId"] == "alias/aws/sns"
    assert of_type(transformed, "AWS::SNS::TopicPolicy") == {}


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_keeps_what_failed_as_long_as_sqs_does(transformed: Json, queue: str) -> None:
    assert of_type(transformed, "AWS::SQS::Queue").keys() == set(QUEUES)
    properties = transformed[queue]["Properties"]
    assert properties["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert properties["SqsManagedSseEnabled"] is True
    # No name of its own, which would keep a retained queue from being made again.
    assert "QueueName" not in properties
    assert transformed[queue]["DeletionPolicy"] == "Retain"
    assert transformed[queue]["UpdateReplacePolicy"] == "Retain"


def invoke_config(transformed: Json, function: str) -> Json:
    configs = of_type(transformed, "AWS::Lambda::EventInvokeConfig").values()
    (config,) = [one for one in configs if one["FunctionName"] == {"Ref": function}]
    # That of the alias: what is called by it has its failures kept.
    assert config["Qualifier"] == "live"
    return config


def test_events_from_event_bridge_are_retried_then_dead_lettered(transformed: Json) -> None:
    config = invoke_config(transformed, "StripeWebhookFunction")
    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"] == {
        "OnFailure": {"Destination": {"Fn::GetAtt": ["UnprocessedEventsQueue", "Arn"]}}
    }


# The schedule


def test_the_reconciliation_runs_on_a_schedule_and_one_run_at_a_time(transformed: Json) -> None:
    (schedule,) = of_type(transformed, "AWS::Scheduler::Schedule").values()
    minutes = int(schedule["ScheduleExpression"].removeprefix("rate(").removesuffix(" minutes)"))
    assert schedule["Target"]["Arn"] == {"Ref": "ReconcileFunctionAliaslive"}
    # The next run repairs what a failed one missed.
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    timeout = transformed["ReconcileFunction"]["Properties"]["Timeout"]
    assert 2 * SECONDS_TO_STOP < timeout <= 60 * minutes


def test_a_run_of_the_reconciliation_is_retried_by_nobody(transformed: Json) -> None:
    """The scheduler's call is asynchronous, and Lambda has retries of its own for those.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    (schedule,) = of_type(transformed, "AWS::Scheduler::Schedule").values()
    minutes = int(schedule["ScheduleExpression"].removeprefix("rate(").removesuffix(" minutes)"))
    config = invoke_config(transformed, "ReconcileFunction")
    assert config["MaximumRetryAttempts"] == 0
    # One that has waited until the next is due is not needed any more.
    assert config["MaximumEventAgeInSeconds"] == 60 * minutes


def test_what_the_reconciliation_remembers_can_be_lost(transformed: Json) -> None:
    table = transformed["ReconciliationTable"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Delete"
    properties = table["Properties"]
    assert properties["KeySchema"] == [{"AttributeName": "name", "KeyType": "HASH"}]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True}


# Stripe's events from EventBridge


def test_without_a_partner_event_bus_there_is_no_rule(transformed: Json) -> None:
    parameter = TEMPLATE["Parameters"]["StripeEventBusName"]
    assert parameter["Default"] == ""
    assert TEMPLATE["Conditions"]["HasEventBus"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "StripeEventBusName"}, ""]}]
    }
    conditional = {
        name for name, one in transformed.items() if one.get("Condition") == "HasEventBus"
    }
    assert conditional == {"StripeEventsRule", "StripeEventsPermission"}


def test_stripes_bus_alone_may_invoke_the_webhook_over_event_bridge(transformed: Json) -> None:
    (rule,) = of_type(transformed, "AWS::Events::Rule").values()
    assert rule["EventBusName"] == {"Ref": "StripeEventBusName"}
    assert rule["EventPattern"] == {"source": [{"prefix": "aws.partner/stripe.com"}]}
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "StripeWebhookFunctionAliaslive"}
    permission = transformed["StripeEventsPermission"]["Properties"]
    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "StripeWebhookFunctionAliaslive"},
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["StripeEventsRule", "Arn"]},
    }

"""The alarms: what they watch, whom they reach, and where the runbook says what to do."""

import re

import pytest

from checkout.metrics import Metric
from tests.support.documents import Json
from tests.support.sam import of_type, transformed_template
from tests.support.stack import HANDLERS, ROOT

TEMPLATE = transformed_template()
RESOURCES: Json = TEMPLATE["Resources"]
ALARMS = of_type(RESOURCES, "AWS::CloudWatch::Alarm")
METRIC_OF_QUEUES = "ApproximateNumberOfMessagesVisible"
OF_ONE_METRIC = {name: alarm for name, alarm in ALARMS.items() if "MetricName" in alarm}
SECTIONS = re.findall(r"^## (.+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)


def anchor(section: str) -> str:
    """Return a heading's anchor, as GitHub makes it of these few characters."""
    return section.lower().replace(" ", "-")


def watched(namespace: str, metric: str) -> list[Json]:
    """Return the values of the dimensions by which alarms watch a metric."""
    return [
        alarm["Dimensions"][0]["Value"]
        for alarm in OF_ONE_METRIC.values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
    ]


def test_each_alarm_has_a_runbook_section() -> None:
    named = [
        re.findall(r"docs/runbook\.md#([a-z0-9-]+)$", alarm["AlarmDescription"])
        for alarm in ALARMS.values()
    ]
    assert {section for sections in named for section in sections} == set(map(anchor, SECTIONS))
    assert all(len(sections) == 1 for sections in named)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_reaches_the_topic_when_it_begins_and_ends(name: str) -> None:
    topic = [{"Ref": "AlarmsTopic"}]
    assert (ALARMS[name]["AlarmActions"], ALARMS[name]["OKActions"]) == (topic, topic)


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_each_function_is_watched(metric: str) -> None:
    functions = [value["Ref"] for value in watched("AWS/Lambda", metric)]
    assert sorted(functions) == sorted(HANDLERS)


def test_each_dead_letter_queue_is_watched() -> None:
    queues = [value["Fn::GetAtt"] for value in watched("AWS/SQS", METRIC_OF_QUEUES)]
    assert sorted(queues) == sorted(
        [queue, "QueueName"] for queue in of_type(RESOURCES, "AWS::SQS::Queue")
    )


def test_our_metrics_are_the_layers() -> None:
    own = [alarm for alarm in OF_ONE_METRIC.values() if alarm["Namespace"] == "Checkout"]
    assert {alarm["MetricName"] for alarm in own} == {
        Metric.INTERNAL_ERRORS,
        Metric.OLDEST_AUTHORIZED_ORDER_AGE,
        Metric.OLDEST_PENDING_ORDER_AGE,
        Metric.ORDERS_REPAIRED,
        Metric.ORDERS_WITHOUT_WEBHOOK,
        Metric.RECONCILIATION_FAILED,
        Metric.RECONCILIATION_FINISHED,
        Metric.SIGNATURES_REFUSED,
        Metric.STRIPE_CALLS_FAILED,
        Metric.STRIPE_CALLS_REFUSED,
        Metric.WEBHOOKS_FAILED,
    }
    for alarm in own:
        assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]


def test_only_reconciliation_alarms_on_missing_data() -> None:
    breaching = {
        name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] != "notBreaching"
    }
    assert breaching == {"ReconciliationUnfinishedAlarm"}
    assert ALARMS["ReconciliationUnfinishedAlarm"]["TreatMissingData"] == "breaching"


def test_cloudwatch_may_publish_to_the_encrypted_topic() -> None:
    """The key of AWS's that SNS uses by default has a policy that lets no alarm use it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    assert RESOURCES["AlarmsTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "AlarmsKey"}
    policy = RESOURCES["AlarmsKey"]["Properties"]["KeyPolicy"]
    (cloudwatch,) = [
        statement
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert cloudwatch["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    account = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert cloudwatch["Condition"] == {"StringEquals": account}


def test_an_address_is_subscribed_only_where_one_is_given() -> None:
    subscription = RESOURCES["AlarmsSubscription"]
    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}
    empty = {"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}
    assert TEMPLATE["Conditions"]["HasAlarmEmail"] == {"Fn::Not": [empty]}

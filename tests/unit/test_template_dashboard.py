"""The dashboard: what it shows is emitted, and can be seen."""

import json
import re
from itertools import combinations

import pytest

from checkout.metrics import Metric
from tests.support.documents import Json
from tests.support.sam import transformed_template
from tests.support.stack import HANDLERS

TEMPLATE = transformed_template()
RESOURCES: Json = TEMPLATE["Resources"]
BODY: str = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
REFERENCE = re.compile(r"\$\{([^}]+)\}")
WIDGETS: list[Json] = json.loads(REFERENCE.sub(r"\1", BODY))["widgets"]
COLUMNS = 24
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
OF_AWS = {
    "AWS/Lambda": ("AWS::Lambda::Function", {"Duration", "Errors", "IteratorAge", "Throttles"}),
    "AWS/SQS": ("AWS::SQS::Queue", {"ApproximateNumberOfMessagesVisible"}),
    "AWS/ApiGateway": ("AWS::ApiGatewayV2::Api", {"Count", "4xx", "5xx"}),
}
DIMENSIONS = {"AWS/Lambda": "FunctionName", "AWS/SQS": "QueueName", "AWS/ApiGateway": "ApiId"}


def shown(widget: Json) -> list[list[str]]:
    """Return a widget's metrics whole: namespace, name, dimension, value.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    found: list[list[str]] = []
    for row in widget["properties"].get("metrics", []):
        parts = [part for part in row if isinstance(part, str)]
        if parts[0] == "...":
            rest = parts[1:]
            parts = [*found[-1][: len(found[-1]) - len(rest)], *rest]
        found.append(
            [found[-1][place] if part == "." else part for place, part in enumerate(parts)]
        )
    return found


METRICS = [metric for widget in WIDGETS for metric in shown(widget)]


@pytest.mark.parametrize("metric", METRICS, ids=" ".join)
def test_a_metric_of_the_dashboard_is_one_that_the_stack_has(metric: list[str]) -> None:
    namespace, name, dimension, value = metric
    if namespace == "Checkout":
        assert name in set(Metric)
        assert (dimension, value) == ("service", "AWS::StackName")
    else:
        kind, names = OF_AWS[namespace]
        assert name in names
        assert dimension == DIMENSIONS[namespace]
        assert RESOURCES[value.partition(".")[0]]["Type"] == kind


def test_each_of_our_metrics_is_on_the_dashboard() -> None:
    assert {name for namespace, name, *_ in METRICS if namespace == "Checkout"} == set(Metric)


@pytest.mark.parametrize("name", ["Errors", "Throttles"])
def test_each_function_is_on_the_dashboard(name: str) -> None:
    assert {metric[3] for metric in METRICS if metric[1] == name} == set(HANDLERS)


def area(widget: Json) -> set[tuple[int, int]]:
    return {
        (x, y)
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    }


def test_no_two_widgets_overlap() -> None:
    for one, other in combinations(WIDGETS, 2):
        titles = one["properties"]["title"], other["properties"]["title"]
        assert not area(one) & area(other), titles
    assert {x for widget in WIDGETS for x, _ in area(widget)} == set(range(COLUMNS))


def test_each_widget_has_a_title_a_period_and_the_stacks_region() -> None:
    titles = [widget["properties"]["title"] for widget in WIDGETS]
    assert len(titles) == len(set(titles))
    for widget in WIDGETS:
        properties = widget["properties"]
        assert properties["region"] == "AWS::Region"
        for row in properties.get("metrics", []):
            options = row[-1] if isinstance(row[-1], dict) else {}
            assert options.get("stat") or properties["stat"]
            assert properties["period"] in {300, 900, 3600}


def test_cold_starts_are_read_from_each_functions_log() -> None:
    (widget,) = [widget for widget in WIDGETS if widget["type"] == "log"]
    groups = re.findall(r"SOURCE '(\w+)'", widget["properties"]["query"])
    assert groups == [f"{name.removesuffix('Function')}LogGroup" for name in HANDLERS]
    assert "platform.report" in widget["properties"]["query"]


def test_what_it_refers_to_is_in_each_stack() -> None:
    """A resource under a condition would be missing in some."""
    for name in REFERENCE.findall(BODY):
        if not name.startswith("AWS::"):
            assert "Condition" not in RESOURCES[name.partition(".")[0]]


def test_its_address_is_in_the_console_of_the_partition() -> None:
    assert "DashboardName" not in RESOURCES["Dashboard"]["Properties"]
    address, names = TEMPLATE["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"]
    assert address == (
        "https://${AWS::Region}.${Console}/cloudwatch/home?region=${AWS::Region}"
        "#dashboards/dashboard/${Dashboard}"
    )
    domain = {"Fn::FindInMap": ["Consoles", {"Ref": "AWS::Partition"}, "Domain"]}
    assert names == {"Console": domain}
    assert TEMPLATE["Mappings"]["Consoles"] == {
        "aws": {"Domain": "console.aws.amazon.com"},
        "aws-cn": {"Domain": "console.amazonaws.cn"},
        "aws-eusc": {"Domain": "console.amazonaws-eusc.eu"},
        "aws-us-gov": {"Domain": "console.amazonaws-us-gov.com"},
    }

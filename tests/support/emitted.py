"""The metrics that an invocation wrote to its log."""

import json

import pytest

from tests.support.documents import Json


def emitted(capsys: pytest.CaptureFixture[str]) -> Json:
    """Return each metric's values by its name, as CloudWatch reads the embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found: Json = {}
    for line in capsys.readouterr().out.splitlines():
        document: Json = json.loads(line)
        (described,) = document["_aws"]["CloudWatchMetrics"]
        assert described["Namespace"] == "Checkout"
        assert described["Dimensions"] == [["service"]]
        assert document["service"] == "checkout-test"
        found |= {one["Name"]: document[one["Name"]] for one in described["Metrics"]}
    return found

"""The example's own template, and the message that it reads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checkout.domain.changes import PUBLISHED
from fulfilment.messages import HANDLED, OrderMessage
from local.paths import UV
from tests.support.documents import Json
from tests.support.fulfilling import FOLDER, TEMPLATE
from tests.support.sam import of_type
from tests.support.stack import ROOT, load_template, read_template

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
RESOURCES: Json = read_template(TEMPLATE)["Resources"]
TOPIC = {"Fn::ImportValue": {"Fn::Sub": "${CheckoutStack}-OrderEventsTopicArn"}}


# What the reader narrows: the types that it handles, and the range of a number.
NARROWED = {"enum", "exclusiveMinimum"}


def properties(name: str) -> Json:
    found: Json = RESOURCES[name]["Properties"]
    return found


def test_requirements_match_the_lock() -> None:
    done = subprocess.run(
        [
            *(UV, "export", "--quiet", "--frozen", "--only-group", "fulfilment"),
            *("--no-emit-project", "--no-annotate", "--no-header"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (FOLDER / "src" / "requirements.txt").read_text() == done.stdout


def test_a_package_without_a_hash_is_not_installed(tmp_path: Path) -> None:
    """Its Makefile runs as SAM runs it, in a copy."""
    copy = tmp_path / "src"
    shutil.copytree(FOLDER / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "requirements.txt").write_text("jmespath==1.1.0\n")
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "build-ConsumerFunction", f"ARTIFACTS_DIR={tmp_path / 'artifacts'}", f"UV={UV}"],
        cwd=copy,
        env=os.environ | {"UV_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "--require-hashes" in done.stderr
    assert "jmespath==1.1.0" in done.stderr


def test_it_subscribes_to_what_the_function_handles() -> None:
    subscription = properties("Subscription")
    assert subscription["FilterPolicy"] == {"type": [*HANDLED]}
    assert set(HANDLED) <= set(PUBLISHED)
    assert subscription["RawMessageDelivery"] is True
    assert subscription["TopicArn"] == TOPIC
    exported = load_template()["Outputs"]["OrderEventsTopicArn"]["Export"]["Name"]
    assert exported == {"Fn::Sub": "${AWS::StackName}-OrderEventsTopicArn"}


@pytest.mark.parametrize("queue", ["Queue", "DeadLetterQueue"])
def test_only_the_topic_may_send_to_a_queue(queue: str) -> None:
    policy = properties(f"{queue}Policy")
    assert policy["Queues"] == [{"Ref": queue}]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": [queue, "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }


def test_nothing_is_lost_between_the_topic_and_the_function() -> None:
    dead_letters = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    queue, function = properties("Queue"), properties("ConsumerFunction")
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": dead_letters, "maxReceiveCount": 5}
    assert properties("Subscription")["RedrivePolicy"] == {"deadLetterTargetArn": dead_letters}
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    mapping = function["Events"]["Messages"]["Properties"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    for name in ("ShipmentsTable", "DeadLetterQueue"):
        assert RESOURCES[name]["DeletionPolicy"] == "Retain"


def test_everything_stored_is_encrypted() -> None:
    for queue in of_type(RESOURCES, "AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    assert properties("ShipmentsTable")["SSESpecification"] == {"SSEEnabled": True}


def test_the_role_allows_what_the_function_does() -> None:
    (policy,) = properties("ConsumerRole")["Policies"]
    *always, with_a_secret = policy["PolicyDocument"]["Statement"]
    allowed = {json.dumps(one["Resource"]["Fn::GetAtt"][0]): one["Action"] for one in always}
    assert allowed == {
        '"ConsumerLogGroup"': ["logs:CreateLogStream", "logs:PutLogEvents"],
        '"Queue"': ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        '"ShipmentsTable"': "dynamodb:UpdateItem",
    }
    condition, statement, nothing = with_a_secret["Fn::If"]
    assert (condition, nothing) == ("HasStripeSecret", {"Ref": "AWS::NoValue"})
    assert statement == {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": {"Ref": "StripeSecretArn"},
    }


def test_the_logs_forget() -> None:
    assert properties("ConsumerLogGroup")["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_two_stacks_can_live_in_one_account() -> None:
    named = {"FunctionName", "RoleName", "QueueName", "TableName", "LogGroupName", "AlarmName"}
    assert [name for name in RESOURCES if named & properties(name).keys()] == []


def test_it_reads_the_messages_as_they_are_published() -> None:
    """Each field that it reads is always there, and of the type that the schema says."""
    schema = json.loads((ROOT / "docs" / "order-message.schema.json").read_text())
    read = OrderMessage.model_json_schema()
    assert set(read["properties"]) <= set(schema["required"])
    for name, field in read["properties"].items():
        expected = json.loads(json.dumps(schema["properties"][name]).replace("OrderItem", "Item"))
        assert loosened(field) == loosened(expected), name
    item, published = read["$defs"]["Item"], schema["$defs"]["OrderItem"]
    assert set(item["properties"]) <= set(published["required"])
    for name, field in item["properties"].items():
        assert loosened(field) == loosened(published["properties"][name]), name


def loosened(field: Json) -> Json:
    return {name: value for name, value in field.items() if name not in NARROWED}

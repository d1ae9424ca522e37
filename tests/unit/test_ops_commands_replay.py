"""`replay`: what an operator sees of it. What it does is tested in test_replay*.py."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from ops import operation
from ops.replay import replayed
from ops.stack import Stack
from tests.support.environment import client_of_all_tests
from tests.support.operating import call, in_aws, stack_of
from tests.support.stack import TABLE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUEUES = ("UnprocessedEventsQueueUrl", "UnpublishedChangesQueueUrl")
HOSTILE = '{"requestPayload": {"detail": {"id": "evt_\\u001b[31m", "type": "a"}}}'


@pytest.fixture
def urls(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the queues of a stack in moto's AWS, which is polled without waiting."""
    sqs = client_of_all_tests("sqs")
    made = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
    services = {"queues": "sqs", "functions": "lambda", "streams": "dynamodbstreams"}
    clients: Any = {name: client_of_all_tests(service) for name, service in services.items()}
    environment = in_aws(**clients)
    stack = stack_of(environment, outputs=made | {"OrdersTableName": TABLE})
    monkeypatch.setattr(operation, "environment", lambda _name, **_: environment)
    monkeypatch.setattr(Stack, "read", lambda _environment: stack)
    monkeypatch.setattr(replayed, "__kwdefaults__", {"wait_seconds": 0})
    return made


def test_empty_queues_are_exit_code_0(
    urls: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    called = call(capsys, "--env", "dev", "replay")
    assert (called.exit_code, called.printed) == (0, "0 replayed, 0 left\n")
    called = call(capsys, "--env", "dev", "replay", "--json")
    assert (called.exit_code, json.loads(called.printed)) == (0, [])


@pytest.mark.parametrize("body", ["not JSON", HOSTILE])
@pytest.mark.parametrize("queue", QUEUES)
def test_what_is_left_is_exit_code_1(
    urls: dict[str, str], capsys: pytest.CaptureFixture[str], queue: str, body: str
) -> None:
    client_of_all_tests("sqs").send_message(QueueUrl=urls[queue], MessageBody=body)
    called = call(capsys, "--env", "dev", "replay")
    first, last = called.printed.splitlines()
    assert first.startswith("left message ")
    assert ": not understood: " in first
    assert first.isprintable()
    assert (called.exit_code, last) == (1, "0 replayed, 1 left")
    called = call(capsys, "--env", "dev", "--json", "replay")
    [line] = json.loads(called.printed)
    assert line["result"] == "left"
    assert called.exit_code == 1

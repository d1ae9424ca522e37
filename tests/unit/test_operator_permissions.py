"""docs/tasks.md says which of an operator's permissions are as good as writing orders.

Each claim has a proof here: a permission is believed to be harmless only if it is listed so, and
what is said of a function is tried with its handler.
"""

import json
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.support import delivering
from tests.support.environment import Secret, client_under_test
from tests.support.fake_stripe import FakeStripe
from tests.support.handlers import handler_of
from tests.support.invocations import Context, Handler, sample, signed, with_body
from tests.support.queues import Subscriber
from tests.support.stack import ROOT, progress_table
from tests.support.stripe_objects import ORDER_ID, listed

type Stored = Callable[[], dict[str, Any] | None]

TASKS = (ROOT / "docs" / "tasks.md").read_text().partition("\n## Find an order\n")[0]
ROWS = re.findall(r"^\| (.+) \| (`\w+:.+) \| (yes|no) \|$", TASKS, re.MULTILINE)
ENVELOPE = sample("stripe_webhook", "event_bridge")
INVENTED = sample("publish_changes", "order_paid")

READING = {
    *("cloudformation:DescribeStacks", "cloudformation:ListStackResources"),
    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:ListStreams"),
    *("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"),
    *("logs:FilterLogEvents", "sqs:GetQueueAttributes", "sns:ListSubscriptionsByTopic"),
    *("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetPolicy"),
    # They lose messages or show them; a message in a queue is no order's.
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"),
    "lambda:InvokeFunction of ReconcileFunction",
}
FORGING = {
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "lambda:InvokeFunction of StripeWebhookFunction",
    "lambda:InvokeFunction of PublishChangesFunction",
}
PERSONAL = {"sqs:ReceiveMessage", "sqs:DeleteMessage"}

webhook = handler_of("stripe_webhook")
reconcile = handler_of("reconcile_orders")
open_order = delivering.open_order


def granted(permissions: str) -> Iterator[str]:
    """Yield a row's permissions, such as "lambda:InvokeFunction of ReconcileFunction"."""
    service = ""
    for name in re.findall(r"`([\w:]+)`", permissions):
        if ":" in name:
            service = name.partition(":")[0]
        if name.endswith("Function") and ":" not in name:
            yield f"lambda:InvokeFunction of {name}"
        elif name != "lambda:InvokeFunction":
            yield name if ":" in name else f"{service}:{name}"


def rows_of(command: str) -> list[tuple[str, str, str]]:
    """Return the rows that a command needs: its own, its group's, and the row for all."""
    own = {"all", f"`{command}`", f"`{command.split(maxsplit=1)[0]}`"}
    return [row for row in ROWS if own & set(row[0].split(", "))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_marks_permissions_that_forge(row: tuple[str, str, str]) -> None:
    _commands, permissions, forges = row
    allowed = set(granted(permissions))
    assert allowed
    assert allowed <= READING | FORGING, "a permission that nobody has judged"
    assert forges == ("yes" if allowed & FORGING else "no")


def test_every_forging_permission_is_explained() -> None:
    assert len(ROWS) == len(re.findall(r"^\| .+:.+ \|$", TASKS, re.MULTILINE))
    assert {one for row in ROWS for one in granted(row[1])} >= FORGING
    for permission in FORGING:
        names = [f"`{name}`" for name in permission.split(" of ")]
        assert f"\n- {' of '.join(names)} is " in TASKS, permission


def test_support_staff_get_nothing_that_forges_or_is_personal() -> None:
    [listed_] = re.findall(r"\*\*Support staff\*\*.*?they run (.*?)\. ", TASKS)
    commands = re.findall(r"`([a-z ]+)`", listed_)
    assert {"orders show", "orders find", "orders reconcile", "logs"} <= {*commands}
    assert "orders diff" not in commands
    for command in commands:
        needed = rows_of(command)
        assert len(needed) > 1 or command == "reconcile", command
        allowed = {one for row in needed for one in granted(row[1])}
        assert not allowed & (FORGING | PERSONAL), command


# The proofs


@pytest.mark.usefixtures("open_order")
def test_who_invokes_the_webhook_writes_orders(webhook: Handler, stored: Stored) -> None:
    assert webhook(ENVELOPE, Context())["outcome"] == "applied"
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


@pytest.mark.usefixtures("open_order")
def test_who_has_the_signing_secret_writes_orders(webhook: Handler, stored: Stored) -> None:
    delivery = sample("stripe_webhook", "checkout_session_completed")
    forged = signed(with_body(delivery, json.dumps(ENVELOPE["detail"])))
    assert webhook(forged, Context())["statusCode"] == 200
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


def test_who_invokes_the_publisher_publishes_what_no_table_has(
    load_function: Callable[[str], ModuleType], stored: Stored, subscriber: Subscriber
) -> None:
    handler = load_function("publish_changes").lambda_handler
    assert handler(INVENTED, Context()) == {"batchItemFailures": []}
    [message] = subscriber.messages()
    assert (message["order_id"], message["type"]) == (ORDER_ID, "order.paid")


@pytest.mark.usefixtures("open_order")
def test_invoking_reconciliation_forges_nothing(
    reconcile: Handler, secret: Secret, fake_stripe: FakeStripe, stored: Stored
) -> None:
    client_under_test("dynamodb").create_table(**progress_table())
    before = stored()
    for _ in range(4):
        fake_stripe.respond(listed())
    reconcile(ENVELOPE | INVENTED | {"minimum_age_seconds": 10**9}, Context())
    assert stored() == before

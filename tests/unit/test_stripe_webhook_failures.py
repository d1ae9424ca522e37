"""What makes Stripe send an event again: a failing table, an odd event, a bad secret."""

import json
from typing import TYPE_CHECKING

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from tests.support import delivering
from tests.support.aws_calls import AwsCalls
from tests.support.delivering import COMPLETED, outcome, statuses
from tests.support.documents import Json
from tests.support.environment import Log, Secret
from tests.support.invocations import (
    Context,
    Handler,
    assert_problem,
    delivered,
    sample,
    signed,
    with_body,
)
from tests.support.stack import API_KEY, SIGNING_SECRET, TABLE, orders_table
from tests.support.stripe_objects import event, event_of, fact, session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

handler = delivering.handler


def test_nothing_is_acknowledged_before_it_is_saved(
    handler: Handler, dynamodb: "DynamoDBClient", log: Log
) -> None:
    dynamodb.delete_table(TableName=TABLE)
    response = handler(delivered(COMPLETED), Context())
    assert_problem(response, 503, "orders-unavailable")
    assert response["headers"]["retry-after"] == "2"
    (entry,) = log.entries
    assert (entry["level"], entry["event_id"]) == ("ERROR", "evt_1completed")
    dynamodb.create_table(**orders_table())
    OrdersTable(dynamodb, TABLE).record(fact(OrderStatus.OPEN))
    assert outcome(handler(delivered(COMPLETED), Context())) == "applied"


@pytest.mark.parametrize(
    "document",
    [
        event("checkout.session.completed", None),
        event("checkout.session.completed", "cs_test_a1B2c3"),
        event("checkout.session.completed", session(status="complete", payment_status="maybe")),
        event_of(OrderStatus.PAID, amount_total="4200"),
        event_of(OrderStatus.PAID) | {"created": None},
        event_of(OrderStatus.PAID) | {"data": {}},
    ],
    ids=["null", "an id", "unknown status", "amount as text", "no time", "no object"],
)
@pytest.mark.usefixtures("dead_letters")
def test_a_signed_event_that_is_not_understood_is_asked_for_again(
    handler: Handler, dynamodb: "DynamoDBClient", log: Log, document: Json
) -> None:
    invocation = signed(with_body(sample("stripe_webhook", COMPLETED), json.dumps(document)))
    assert_problem(handler(invocation, Context()), 500, "internal-error")
    assert statuses(dynamodb) == {}
    (entry,) = log.entries
    assert (entry["level"], entry["event_id"]) == ("ERROR", "evt_1abc")


BAD_SECRETS = {
    "The secret is not a JSON object": "not json",
    "webhook_signing_secrets must be a list": {"stripe_api_key": API_KEY},
    "at least one secret": {"stripe_api_key": API_KEY, "webhook_signing_secrets": []},
    "Each of webhook_signing_secrets must start with whsec_": {
        "stripe_api_key": API_KEY,
        "webhook_signing_secrets": [SIGNING_SECRET, "leaked-value"],
    },
}


@pytest.mark.parametrize("named", BAD_SECRETS)
def test_a_bad_secret_makes_stripe_send_again_and_the_log_names_it(
    handler: Handler, secret: Secret, calls: AwsCalls, log: Log, named: str
) -> None:
    secret.put(BAD_SECRETS[named])
    problem = assert_problem(handler(delivered(COMPLETED), Context()), 500, "internal-error")
    assert "secret" not in json.dumps(problem)
    assert calls.made == ["GetSecretValue"]
    (entry,) = log.entries
    assert (entry["level"], entry["status"]) == ("ERROR", 500)
    assert named in entry["reason"]
    for value in ("leaked-value", SIGNING_SECRET, API_KEY):
        assert value not in log.text


def test_an_empty_secret_does_not_verify_what_anybody_can_sign(
    handler: Handler, dynamodb: "DynamoDBClient", secret: Secret
) -> None:
    secret.put({"stripe_api_key": API_KEY, "webhook_signing_secrets": [""]})
    forged = signed(sample("stripe_webhook", COMPLETED), "")
    assert_problem(handler(forged, Context()), 500, "internal-error")
    assert statuses(dynamodb) == {}
